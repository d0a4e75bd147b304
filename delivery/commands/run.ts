import { UserError } from "../../components/errors/user-error.ts";
import type { SessionSignals } from "../release/session.ts";
import { exitCodes, type ExitCode } from "./exit-codes.ts";

/** What a signal to this process means to the release that it runs. */
export type OnTerminate = "abort" | "leave";

export interface RunSignals extends SessionSignals {
  /** Either of them: for whatever is no release. */
  readonly any: AbortSignal;
}

export interface RunOptions {
  /** `leave`: somebody resumes, as when a pod is moved. @default "abort" */
  readonly onTerminate?: OnTerminate;
  /** Whether there may be something to take back. @default false */
  readonly releases?: boolean;
}

/**
 * Runs the body of a command and ends the process with its exit code. The first SIGINT or SIGTERM is passed to the body, a second one ends
 * the process at once: whatever the journal holds can be resumed.
 */
export async function run(
  { onTerminate = "abort", releases = false }: RunOptions,
  body: (signals: RunSignals) => Promise<ExitCode>,
): Promise<never> {
  const abort = new AbortController();
  const leave = new AbortController();
  const any = AbortSignal.any([abort.signal, leave.signal]);
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (any.aborted) process.exit(exitCodes.interrupted);
      const leaves = onTerminate === "leave" && name === "SIGTERM";
      if (releases)
        process.stderr.write(
          leaves
            ? `\n${name}: leaving the release to whoever resumes it\n`
            : `\n${name}: taking the release back (again to leave at once; then \`atom release\` resumes, and \`atom abort\` takes it back)\n`,
        );
      (leaves ? leave : abort).abort(new Error(`interrupted by ${name}`));
    });
  }
  let code: ExitCode;
  try {
    code = await body({ abort: abort.signal, leave: leave.signal, any });
  } catch (error) {
    code = any.aborted ? exitCodes.interrupted : await explain(error);
  }
  // Keep-alive connections must not keep a finished command waiting.
  process.exit(code);
}

/** Errors whose message says all that a person needs; a stack would only hide it. Loaded where there is one, for each brings its module. */
async function plainErrors(): Promise<readonly (abstract new (...values: never[]) => Error)[]> {
  const [cluster, drift, push, channel, ports] = await Promise.all([
    import("../cluster/errors.ts"),
    import("../drift/drift.ts"),
    import("../metrics/push.ts"),
    import("../notify/channel.ts"),
    import("../release/ports.ts"),
  ]);
  const { ClusterError, LeaseLostError } = cluster;
  const { RefusedError, UndeliveredError } = channel;
  return [
    ports.ConvergeError,
    ClusterError,
    LeaseLostError,
    drift.LookError,
    push.PushError,
    RefusedError,
    UndeliveredError,
  ];
}

async function explain(error: unknown): Promise<ExitCode> {
  if (error instanceof UserError) {
    process.stderr.write(`${error.message}\n`);
    return exitCodes.refused;
  }
  const plain = (await plainErrors()).some((kind) => error instanceof kind);
  if (plain && error instanceof Error) {
    process.stderr.write(`${error.message}\n`);
    return exitCodes.internal;
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return exitCodes.internal;
}
