import { locate } from "./locate.ts";
import { defaultCacheFolder, thisMachine } from "./machine.ts";
import { ToolStore } from "./store.ts";
import { toolNamed, toolNames } from "./tools.ts";
import { costTable } from "./cost.ts";

/** Prints the table of tools and where each of them is; `--json` for programs, `--costs` for what it took to bring them. Changes nothing. */
const machine = thisMachine();
const store = new ToolStore(defaultCacheFolder(machine));
const rows = await Promise.all(
  toolNames.map(async (name) => {
    const tool = toolNamed(name);
    const located = await locate(tool, store, machine);
    const version = located.files?.version ?? tool.version;
    const where = located.files ?? { reason: located.reason, estimateSeconds: tool.estimateSeconds };
    return { name, version, neededFor: tool.neededFor, state: located.state, ...where };
  }),
);
if (process.argv.includes("--json")) {
  process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`);
} else if (process.argv.includes("--costs")) {
  process.stdout.write(`${costTable(rows).join("\n")}\n`);
} else {
  for (const { name, version, state, neededFor, ...where } of rows) {
    const origin = "origin" in where && where.origin !== undefined ? `; from ${where.origin}` : "";
    process.stdout.write(`${name.padEnd(25)} ${version.padEnd(24)} ${state.padEnd(15)} ${neededFor}${origin}\n`);
  }
}
