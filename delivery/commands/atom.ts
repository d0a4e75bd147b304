import { Command } from "commander";
import manifest from "../../package.json" with { type: "json" };
import { abortCommand } from "./abort.ts";
import { approveCommand } from "./approve.ts";
import { driftCommand } from "./drift.ts";
import { exitCodes, exitCodesHelp } from "./exit-codes.ts";
import { explainCommand } from "./explain.ts";
import { historyCommand } from "./history.ts";
import { metricsCommand } from "./metrics.ts";
import { notifyCommand } from "./notify.ts";
import { previewCommand } from "./preview.ts";
import { quarantineCommand } from "./quarantine.ts";
import { releaseCommand } from "./release.ts";
import { replayCommand } from "./replay.ts";
import { resumeCommand } from "./resume.ts";
import { rollbackCommand } from "./rollback.ts";
import { statusCommand } from "./status.ts";

const commands = [
  releaseCommand,
  statusCommand,
  abortCommand,
  rollbackCommand,
  approveCommand,
  resumeCommand,
  historyCommand,
  explainCommand,
  replayCommand,
  quarantineCommand,
  metricsCommand,
  notifyCommand,
  previewCommand,
  driftCommand,
];

/** The `atom` command, with all that belongs to it. */
export function atomCommand(): Command {
  const atom = new Command("atom")
    .description("Puts new versions of a web service into its environments without hurting users.")
    .version(manifest.version, "--version", "print the version")
    .addHelpText(
      "after",
      "\nA release: `pulumi up` stages the new version at 0 %; atom smoke-tests it through a header, moves traffic step by step, judges each\n" +
        "step on evidence, and goes back in one patch where something fails. All that happens is kept in the environment's ledger.\n" +
        exitCodesHelp,
    )
    .showHelpAfterError("(atom --help explains)");
  for (const command of commands) atom.addCommand(command());
  refuseMistakes(atom);
  return atom;
}

/** A mistake on the command line is a refusal like any other. */
function refuseMistakes(command: Command): void {
  command.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? exitCodes.ok : exitCodes.refused));
  for (const each of command.commands) refuseMistakes(each);
}
