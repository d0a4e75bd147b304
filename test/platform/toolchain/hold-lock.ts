// Takes the lock that is named, says so, and holds it until its input ends. Run as a process of its own by the tests.
import { once } from "node:events";
import { withLock } from "../../../platform/toolchain/lock.ts";

const [path = ""] = process.argv.slice(2);
await withLock(path, { pollMs: 5 }, async () => {
  process.stdout.write("held\n");
  await once(process.stdin.resume(), "end");
});
process.stdout.write("given back\n");
