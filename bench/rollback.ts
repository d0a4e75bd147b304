// `npm run bench:rollback`: how fast a bad release is seen and taken back, on real traffic through Envoy.
import { writeFile } from "node:fs/promises";
import { Command } from "commander";
import { runCommand } from "../platform/commands/run-command.ts";
import { readOptions } from "./options.ts";
import { tables } from "./report.ts";
import { measure } from "./run.ts";
import { sections } from "./sections.ts";

const { amount, json } = readOptions(new Command("npm run bench:rollback --"));

await runCommand(async (signal) => {
  const measurements = await measure({ sections: sections(amount), barePatches: amount.barePatches, signal });
  console.log(tables(measurements));
  if (json !== undefined) await writeFile(json, `${JSON.stringify(measurements, undefined, 2)}\n`);
});
