// Brings the tool "saw" into the folder that is named, with the programs on PATH, as `npm start` does: SIGINT ends it. Run as a process of its own.
import { silentReporter } from "../../../platform/progress.ts";
import { ensure } from "../../../platform/toolchain/ensure.ts";
import { ToolchainError } from "../../../platform/toolchain/errors.ts";
import { thisMachine } from "../../../platform/toolchain/machine.ts";
import { toolWith } from "./bench.ts";

const [cacheDir = ""] = process.argv.slice(2);
const interrupt = new AbortController();
process.once("SIGINT", () => {
  interrupt.abort(new Error("interrupted"));
});
const source = { kind: "go-module", module: "example.org/saw", version: "v2.5.0" } as const;
const saw = toolWith({
  executables: ["saw", "sawdust"],
  sources: [{ ...source, programs: { saw: "example.org/saw/cmd/main", sawdust: "example.org/saw/cmd/sawdust" } }],
});
try {
  const toolchain = await ensure(
    [saw],
    { reporter: silentReporter, cacheDir, signal: interrupt.signal },
    { machine: thisMachine(), disk: () => Promise.resolve({ id: 1, freeMegabytes: 99 }) },
  );
  process.stdout.write(toolchain.path("saw"));
} catch (error) {
  process.stdout.write(error instanceof ToolchainError ? `${error.name}: ${error.message}` : String(error));
  process.exitCode = 1;
}
