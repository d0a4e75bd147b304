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

/** An error among the engine's diagnostics, with the lines that are indented below it. */
const errorBlock = /^ *error: (.+(?:\n *\t.+)*)$/gm;

/** A policy that something violates: its name, what violates it, its description, and what is wrong and what to do. */
const violationBlock = /^ *- \[mandatory\] +(\S+) +\((.+)\)\n *.+\n *(.+)$/gm;

/** Errors that only follow from another one. */
const aftermath = /^(update|preview) failed$|: context canceled$/;

/** What the API server says of an object that it does not have. */
const absent = /\b[a-z0-9.-]+ "[^"]+" not found/;

const refreshAdvice = "If that object was deleted by hand: `up --refresh` makes it again. The state still has it.";

/** The engine failed. The message has the errors that it reported, or the policies that it refused; its whole output was shown. */
export class StackCommandError extends UserError {
  override readonly name = "StackCommandError";

  constructor(stack: string, command: string, cause: unknown) {
    const text = cause instanceof Error ? cause.message : String(cause);
    const errors = [...text.matchAll(errorBlock)].map(([, message = ""]) => message.trim());
    const violations = [...text.matchAll(violationBlock)].map(
      ([, policy = "", resource = "", message = ""]) => `policy ${policy} (${resource}): ${message}`,
    );
    const reasons = [...errors.filter((error) => !aftermath.test(error)), ...violations];
    const shown = reasons.length > 0 ? [...new Set(reasons)] : [text.trim()];
    const advice = reasons.some((reason) => absent.test(reason)) ? `\n${refreshAdvice}` : "";
    super(
      `\`${command}\` of the stack "${stack}" failed:\n${shown.map((reason) => `  ${reason}`).join("\n")}${advice}`,
      {
        cause,
      },
    );
  }
}
