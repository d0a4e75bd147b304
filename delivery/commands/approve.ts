import type { Command } from "commander";
import { ask } from "../ledger/requests.ts";
import { openSite } from "../target/site.ts";
import { identityOf } from "../wiring/identity.ts";
import { exitCodes } from "./exit-codes.ts";
import { run } from "./run.ts";
import { environmentCommand, type CommonOptions } from "./target-options.ts";

interface Options extends CommonOptions {
  readonly by?: string;
}

export function approveCommand(): Command {
  return environmentCommand(
    "approve",
    "Lets a release that waits at a step {pause: approval} go on. The guard keeps judging while it waits.",
    [["approve --stack production", "let it go on to the next weight"]],
  )
    .option("--by <name>", "who approves, for the record (default: this user, or the workflow's run)")
    .action((options: Options) =>
      run({}, async ({ any }) => {
        using site = await openSite(options);
        const { by } = identityOf(process.env, options.by);
        const { current } = await ask(site.store, { kind: "approve", by }, site.clock, any);
        const { id, state } = current ?? { id: "", state: { step: 0 } };
        if (options.json === true)
          process.stdout.write(`${JSON.stringify({ release: id, step: state.step, approvedBy: by })}\n`);
        else
          process.stdout.write(
            `Release ${id}: step ${state.step + 1} is approved by ${by}; its releaser goes on within a second.\n`,
          );
        return exitCodes.ok;
      }),
    );
}
