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
  return environmentCommand("list", "Shows what is quarantined, and why.", [
    ["quarantine list --stack production", "what was rolled back, when and by which release"],
  ]).action((options: CommonOptions) =>
    run({}, async ({ any }) => {
      using site = await openSite(options);
      const { quarantine, lifted = [] } = await site.store.read(any);
      if (options.json === true) process.stdout.write(`${JSON.stringify({ quarantine, lifted })}\n`);
      else if (quarantine.length === 0) process.stdout.write("Nothing is quarantined.\n");
      for (const { template, reason, at, release } of options.json === true ? [] : quarantine)
        process.stdout.write(`${template}  ${at}  release ${release}: ${reason}\n`);
      return exitCodes.ok;
    }),
  );
}

function liftCommand(): Command {
  return environmentCommand("lift", "Lets a quarantined template be staged and released again.", [
    ["quarantine lift 4f2a9c01d3be --stack production --reason 'the database was at fault'", "give it another chance"],
  ])
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
