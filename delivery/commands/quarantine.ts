import { Command } from "commander";
import { liftQuarantine } from "../ledger/quarantine.ts";
import { openSite } from "../target/site.ts";
import { identityOf } from "../wiring/identity.ts";
import { exitCodes } from "./exit-codes.ts";
import { run } from "./run.ts";
import { environmentCommand, type CommonOptions } from "./target-options.ts";

interface LiftOptions extends CommonOptions {
  readonly reason: string;
  readonly by?: string;
}

export function quarantineCommand(): Command {
  return new Command("quarantine")
    .description("Templates that were rolled back, and are neither staged nor released again.")
    .addCommand(listCommand())
    .addCommand(liftCommand());
}

function listCommand(): Command {
  return environmentCommand("list", "Shows what is quarantined, or was rolled back by users, and why.", [
    ["quarantine list --stack production", "what was rolled back, when and by which release"],
  ]).action((options: CommonOptions) =>
    run({}, async ({ any }) => {
      using site = await openSite(options);
      const { quarantine, withdrawn = [], lifted = [] } = await site.store.read(any);
      const entries = [...quarantine, ...withdrawn];
      if (options.json === true) process.stdout.write(`${JSON.stringify({ quarantine, withdrawn, lifted })}\n`);
      else if (entries.length === 0) process.stdout.write("Nothing is quarantined.\n");
      for (const { template, reason, at, release } of options.json === true ? [] : entries)
        process.stdout.write(`${template}  ${at}  release ${release}: ${reason}\n`);
      return exitCodes.ok;
    }),
  );
}

function liftCommand(): Command {
  return environmentCommand(
    "lift",
    "Lets a template be staged and released again that is quarantined, or that users rolled back.",
    [
      [
        "quarantine lift 4f2a9c01d3be --stack production --reason 'the database was at fault'",
        "give it another chance",
      ],
    ],
  )
    .argument("<template>", "its digest, as `atom quarantine list` shows it")
    .requiredOption("--reason <text>", "why, for the record")
    .option("--by <name>", "who lifts it, for the record (default: this user, or the workflow's run)")
    .action((template: string, options: LiftOptions) =>
      run({}, async ({ any }) => {
        using site = await openSite(options);
        const { by } = identityOf(process.env, options.by);
        await liftQuarantine(site.store, { template, by, why: options.reason }, site.clock, any);
        if (options.json === true)
          process.stdout.write(`${JSON.stringify({ lifted: template, by, why: options.reason })}\n`);
        else process.stdout.write(`Template ${template} may be staged again: bring the environment up, or release.\n`);
        return exitCodes.ok;
      }),
    );
}
