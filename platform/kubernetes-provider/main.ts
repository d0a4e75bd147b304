/** The stand-in as Pulumi starts it: `pulumi-resource-kubernetes [options] <engine address>`. Prints the port that it listens on. */
import { flushCompileCache } from "node:module";
import { serveProvider } from "./serve.ts";

const engine = process.argv.slice(2).findLast((argument) => !argument.startsWith("-")) ?? "";
const { port } = await serveProvider(engine);
process.stdout.write(`${port}\n`);
// The engine ends its plugins before they could write what they have compiled.
flushCompileCache();

// An engine that was killed cannot end its plugins.
const parent = process.ppid;
setInterval(() => process.ppid === parent || process.exit(), 2_000).unref();
