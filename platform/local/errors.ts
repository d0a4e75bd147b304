import { UserError } from "../../components/errors/user-error.ts";

/** The cluster and the stack are up, but Atom does not do what it should. */
export class LocalStartError extends UserError {
  override readonly name = "LocalStartError";

  constructor(why: string) {
    super(`The local environment does not work: ${why}.`);
  }
}
