import { ClusterError } from "../cluster/errors.ts";
import { ToolchainError } from "../toolchain/errors.ts";
import { UserError } from "../../components/errors/user-error.ts";

/** Exit codes, the same as those of `atom`. */
const exitCodes = { userError: 12, internal: 13, interrupted: 130 } as const;

/** Errors whose message says all that a person needs; a stack would only hide it. */
const explained = [UserError, ToolchainError, ClusterError];

/**
 * Runs the body of a command: Ctrl-C and SIGTERM abort its signal, a second one ends the process at once, and an error ends it with
 * a message and an exit code.
 */
export async function runCommand(body: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const abort = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (abort.signal.aborted) process.exit(exitCodes.interrupted);
      process.stderr.write(`\n${name}: cleaning up (again to leave at once)\n`);
      abort.abort(new Error(`interrupted by ${name}`));
    });
  }
  try {
    await body(abort.signal);
  } catch (error) {
    if (abort.signal.aborted) process.exitCode = exitCodes.interrupted;
    else if (explained.some((kind) => error instanceof kind)) {
      process.stderr.write(`${(error as Error).message}\n`);
      process.exitCode = exitCodes.userError;
    } else {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exitCode = exitCodes.internal;
    }
  }
  // Keep-alive connections and signal handlers must not keep a finished command waiting.
  process.exit();
}
