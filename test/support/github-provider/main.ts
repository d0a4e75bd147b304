// A test double of the plugin `pulumi-resource-github`, as Pulumi starts it. It prints its port, as every plugin does.
import { serveGithubProvider } from "./serve.ts";

const { port } = await serveGithubProvider();
process.stdout.write(`${port}\n`);

// An engine that was killed cannot end its plugins.
const parent = process.ppid;
setInterval(() => process.ppid === parent || process.exit(), 2_000).unref();
