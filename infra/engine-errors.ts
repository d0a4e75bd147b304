import { UserError } from "../components/errors/user-error.ts";

/** Another command is at work on the stack, or was killed while it was. */
export class StackLockedError extends UserError {
  override readonly name = "StackLockedError";

  constructor(stack: string, options?: ErrorOptions) {
    super(
      `The stack "${stack}" is locked: another command is at work on it, or was killed in the middle of one.\n` +
        `Wait for it; if there is none any more: pulumi cancel --stack ${stack}`,
      options,
    );
  }
}

/** There is no such stack in the backend. */
export class StackAbsentError extends UserError {
  override readonly name = "StackAbsentError";

  constructor(stack: string, options?: ErrorOptions) {
    super(`The stack "${stack}" does not exist in this backend yet; \`up\` makes it.`, options);
  }
}

/** The command was interrupted. What it had finished stays, and is in the state. */
export class StackInterruptedError extends UserError {
  override readonly name = "StackInterruptedError";

  constructor(stack: string, command: string, options?: ErrorOptions) {
    super(
      `\`${command}\` of the stack "${stack}" was interrupted. What it had finished stays; run it again to go on.`,
      options,
    );
  }
}

/** The engine failed; its output, which was shown, says why. */
export class StackCommandError extends UserError {
  override readonly name = "StackCommandError";

  constructor(stack: string, command: string, cause: unknown) {
    super(
      `\`${command}\` of the stack "${stack}" failed:\n${cause instanceof Error ? cause.message.trim() : String(cause)}`,
      {
        cause,
      },
    );
  }
}
