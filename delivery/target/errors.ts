import { UserError } from "../../components/errors/user-error.ts";

/** It is not clear which environment or service a command is about. */
export class TargetError extends UserError {
  override readonly name = "TargetError";
}
