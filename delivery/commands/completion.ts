import { readdirSync } from "node:fs";
import { script } from "@bomb.sh/tab";
import completed from "@bomb.sh/tab/commander";
import { Argument, Command } from "commander";

const shells = ["bash", "zsh", "fish"] as const;

/** Prints what a shell has to read once, so that it asks {@link completeCommand} from then on. */
export function completionCommand(): Command {
  return new Command("completion")
    .description("Prints a script that lets a shell complete the commands, options and environments of `atom`.")
    .addArgument(new Argument("<shell>", "the shell").choices(shells))
    .addHelpText(
      "after",
      `
It asks the \`atom\` that is in PATH. Once and for all:
  bash  atom completion bash > ~/.local/share/bash-completion/completions/atom   (with the package bash-completion)
  zsh   atom completion zsh > "\${fpath[1]}/_atom"
  fish  atom completion fish > ~/.config/fish/completions/atom.fish`,
    )
    .action((shell: string) => {
      script(shell, "atom", "atom");
    });
}

/**
 * Prints what the last word may be, given those before it: a shell asks it.
 *
 * @param tree the command with all that belongs to it
 */
export function completeCommand(tree: () => Promise<Command>): Command {
  return new Command("complete").argument("[words...]").action(async (words: string[]) => {
    const atom = await tree();
    // What a shell shows of a command is on one line.
    for (const command of atom.commands) command.description(command.summary());
    const root = completed(atom, { completionCommandName: "completion" });
    // The library's own command of that name, which knows a shell more, takes the place of ours.
    root.commands.get("completion")?.argument("shell", (complete) => {
      for (const shell of shells) complete(shell, "");
    });
    for (const { options } of root.commands.values()) {
      const stack = options.get("stack");
      if (stack === undefined) continue;
      stack.handler = (complete) => {
        for (const name of stackNames()) complete(name, `Pulumi.${name}.yaml`);
      };
    }
    root.parse(words);
  });
}

/** The environments whose files are here. */
function stackNames(): readonly string[] {
  return readdirSync(".").flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
}
