// The load as a process of its own: what the bench does beside it must not delay a request, or the look at a clock.
import { OpenLoop, type OpenLoopOptions } from "./open-loop.ts";

const loop = new OpenLoop(JSON.parse(process.argv[2] ?? "") as OpenLoopOptions);
process.on("message", () => process.send?.(loop.take()));
process.on("disconnect", () => {
  loop.stop();
  process.exit();
});
