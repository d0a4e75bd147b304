import { Command } from "commander";
import manifest from "../../package.json" with { type: "json" };
import { exitCodes, exitCodesHelp } from "./exit-codes.ts";

/** A command, and the module that has it: loaded when it is asked for, so that a rollback does not wait for what a preview needs. */
interface CommandEntry {
  /** What `atom --help` and completion say of it. */
  readonly summary: string;
  readonly load: () => Promise<Command>;
  /** Whether help leaves it out. @default false */
  readonly hidden?: boolean;
}

const commands: Readonly<Record<string, CommandEntry>> = {
  release: {
    summary: "Releases a new version as a canary that is judged on evidence, and rolls it back where it fails.",
    load: async () => (await import("./release.ts")).releaseCommand(),
  },
  status: {
    summary: "Shows what serves, what is staged, the release under way, and what to do next.",
    load: async () => (await import("./status.ts")).statusCommand(),
  },
  abort: {
    summary: "Rolls the release under way back at once, whoever runs it. Needs a kubeconfig and nothing else.",
    load: async () => (await import("./abort.ts")).abortCommand(),
  },
  rollback: {
    summary: "Goes back to the version before, during a release or after it. Needs a kubeconfig and nothing else.",
    load: async () => (await import("./rollback.ts")).rollbackCommand(),
  },
  approve: {
    summary: "Lets a release that waits for an approval continue.",
    load: async () => (await import("./approve.ts")).approveCommand(),
  },
  resume: {
    summary: "Lets a held release continue, and resumes one whose process is gone.",
    load: async () => (await import("./resume.ts")).resumeCommand(),
  },
  history: {
    summary: "Lists the releases that the ledger keeps, and where a rollback can go.",
    load: async () => (await import("./history.ts")).historyCommand(),
  },
  explain: {
    summary: "Explains a release: what happened, why, on what evidence, and what to do next.",
    load: async () => (await import("./explain.ts")).explainCommand(),
  },
  replay: {
    summary: "Judges a recorded release again under other limits and policies.",
    load: async () => (await import("./replay.ts")).replayCommand(),
  },
  quarantine: {
    summary: "Templates that were rolled back, and are neither staged nor released again.",
    load: async () => (await import("./quarantine.ts")).quarantineCommand(),
  },
  metrics: {
    summary: "Counts of an environment's releases, for Prometheus.",
    load: async () => (await import("./metrics.ts")).metricsCommand(),
  },
  notify: {
    summary: "Notifications of releases that were not delivered yet.",
    load: async () => (await import("./notify.ts")).notifyCommand(),
  },
  preview: {
    summary: "Says what a change does to the stacks, and changes nothing.",
    load: async () => (await import("./preview.ts")).previewCommand(),
  },
  drift: {
    summary: "Looks for what was changed in an environment outside Pulumi.",
    load: async () => (await import("./drift.ts")).driftCommand(),
  },
};

/** What a shell needs to complete the others. */
const shellCommands: Readonly<Record<string, CommandEntry>> = {
  completion: {
    summary: "Prints a script that lets bash, zsh or fish complete commands, options and environments.",
    load: async () => (await import("./completion.ts")).completionCommand(),
  },
  complete: {
    summary: "Prints what a word may be, for a shell.",
    load: async () => (await import("./completion.ts")).completeCommand(() => assemble(commands, () => true)),
    hidden: true,
  },
};

/**
 * The `atom` command for a command line: the command that it names is loaded, the others are there by name and summary, as far as help shows them.
 *
 * @param words what follows `atom` on the command line
 * @param called as what its help names it
 */
export async function atomCommandFor(words: readonly string[], called = "atom"): Promise<Command> {
  const named = words.filter((word) => !word.startsWith("-")).slice(0, 2);
  // `atom help release` asks for the second.
  const name = named[0] === "help" ? named[1] : named[0];
  return assemble({ ...commands, ...shellCommands }, (each) => each === name, called);
}

/** The `atom` command with all that belongs to it. */
export async function atomCommand(): Promise<Command> {
  return assemble({ ...commands, ...shellCommands }, () => true);
}

async function assemble(
  entries: Readonly<Record<string, CommandEntry>>,
  isNeeded: (name: string) => boolean,
  called = "atom",
): Promise<Command> {
  const atom = new Command(called)
    .description("Puts new versions of a web service into its environments without hurting users.")
    .version(manifest.version, "--version", "print the version")
    .addHelpText(
      "after",
      "\nA release: `pulumi up` stages the new version at 0 %; atom smoke-tests it through a header, moves traffic step by step, judges each\n" +
        "step on evidence, and goes back in one patch where something fails. All that happens is kept in the environment's ledger.\n" +
        exitCodesHelp,
    )
    .showHelpAfterError("(atom --help explains)");
  for (const [name, { summary, load, hidden = false }] of Object.entries(entries)) {
    const command = isNeeded(name) ? await load() : new Command(name);
    atom.addCommand(command.summary(summary), { hidden });
  }
  refuseMistakes(atom);
  return atom;
}

/** A mistake on the command line is a refusal like any other. */
function refuseMistakes(command: Command): void {
  command.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? exitCodes.ok : exitCodes.refused));
  for (const each of command.commands) refuseMistakes(each);
}
