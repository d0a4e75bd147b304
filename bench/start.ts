// `npm run bench:start`: how soon `atom` is there, from its source and from its bundle.
import { writeFile } from "node:fs/promises";
import { Command, InvalidArgumentError } from "commander";
import { runCommand } from "../platform/commands/run-command.ts";
import { startTables } from "./start/report.ts";
import { measureStarts } from "./start/measure.ts";

const { rounds, json } = new Command("npm run bench:start --")
  .description(
    "Measures `atom --version`, and `atom rollback` up to its first request to an API server that is played on loopback.\n" +
      "Prints a table with the project's bars. Ends with 0 unless it could not measure: timings decide nothing.",
  )
  .option("--rounds <n>", "starts of each kind, whose median counts", count, 20)
  .option("--json <file>", "write every start's figures to a file")
  .parse()
  .opts<{ readonly rounds: number; readonly json?: string }>();

await runCommand(async (signal) => {
  const measured = await measureStarts(rounds, signal);
  console.log(startTables(measured));
  if (json !== undefined) await writeFile(json, `${JSON.stringify(measured, undefined, 2)}\n`);
});

function count(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError("It must be a whole number from 1 to 9999.");
  return Number(text);
}
