import type { Command } from "commander";
import { historyOf, historyText } from "../report/history.ts";
import { openSite } from "../target/site.ts";
import { exitCodes } from "./exit-codes.ts";
import { run } from "./run.ts";
import { environmentCommand, type CommonOptions } from "./target-options.ts";
import { terminalOf } from "./terminal.ts";

export function historyCommand(): Command {
  return environmentCommand(
    "history",
    "Lists the releases that the ledger keeps, the newest first, and where a rollback can go.",
    [["history --stack production", "what was released, when, by whom, and how it ended"]],
  ).action((options: CommonOptions) =>
    run({}, async ({ any }) => {
      using site = await openSite(options);
      const ledger = await site.store.read(any);
      if (options.json === true) process.stdout.write(`${JSON.stringify(historyOf(ledger))}\n`);
      else process.stdout.write(historyText(ledger, terminalOf(process.stdout)));
      return exitCodes.ok;
    }),
  );
}
