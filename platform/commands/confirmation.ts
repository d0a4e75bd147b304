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
