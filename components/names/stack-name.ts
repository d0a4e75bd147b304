import { UserError } from "../errors/user-error.ts";

/** What Pulumi takes for a stack's name; it does not begin with what a command line or a path takes for something else. */
const stackName = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/;

/** A stack is asked for by a name that none can have. */
export class StackNameError extends UserError {
  override readonly name = "StackNameError";
  readonly stackName: string;

  constructor(stackName: string) {
    super(
      `${JSON.stringify(stackName.slice(0, 120))} is not the name of a stack: up to 100 letters, digits, dots, hyphens and underscores, of which ` +
        "the first is a letter, a digit or an underscore. Give the name of the environment, as in Pulumi.<name>.yaml.",
    );
    this.stackName = stackName;
  }
}

/**
 * The file with a stack's configuration: `Pulumi.staging.yaml`.
 *
 * @throws StackNameError for a name that could lead to a file elsewhere
 */
export function stackFileName(stack: string): string {
  if (!stackName.test(stack)) throw new StackNameError(stack);
  return `Pulumi.${stack}.yaml`;
}
