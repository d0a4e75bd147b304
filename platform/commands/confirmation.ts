import { createInterface } from "node:readline/promises";
import { UserError } from "../../components/errors/user-error.ts";

/** A command that changes an environment was not confirmed. */
export class ConfirmationNeededError extends UserError {
  override readonly name = "ConfirmationNeededError";

  constructor(command: string, answer?: string) {
    super(
      answer === undefined
        ? `\`${command}\` changes the environment, and there is no terminal to ask at. Nothing was changed. Say --yes if that is meant.`
        : "Nothing was changed.",
    );
  }
}

export interface Confirmation {
  /** The command that asks, for the error. */
  readonly command: string;
  readonly question: string;
  /** Whether the user has said so beforehand. */
  readonly yes: boolean | undefined;
  readonly signal: AbortSignal;
}

/** Asks at the terminal. Throws a {@link ConfirmationNeededError} on any answer but "yes", and where there is no terminal. */
export async function confirm({ command, question, yes = false, signal }: Confirmation): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) throw new ConfirmationNeededError(command);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} (yes/no) `, { signal });
    if (answer.trim() !== "yes") throw new ConfirmationNeededError(command, answer);
  } finally {
    terminal.close();
  }
}
