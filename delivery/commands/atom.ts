import { Command } from "commander";
import { exitCodes, exitCodesHelp } from "./exit-codes.ts";
import { releaseCommand } from "./release.ts";

/** The `atom` command, with all that belongs to it. */
export function atomCommand(): Command {
  const atom = new Command("atom")
    .description("Puts new versions of a web service into its environments without hurting users.")
    .addHelpText(
      "after",
      "\nA release: `pulumi up` stages the new version at 0 %; atom smoke-tests it through a header, moves traffic step by step, judges each\n" +
        "step on evidence, and goes back in one patch where something fails. All that happens is kept in the environment's ledger.\n" +
        exitCodesHelp,
    )
    .showHelpAfterError("(atom --help explains)");
  for (const command of [releaseCommand()]) atom.addCommand(command);
  for (const command of [atom, ...atom.commands])
    command.exitOverride((end) => process.exit(end.exitCode === 0 ? 0 : exitCodes.refused));
  return atom;
}
