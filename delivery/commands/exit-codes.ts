import type { SessionEnd } from "../release/session.ts";

/** What `atom` ends with, for scripts. */
export const exitCodes = {
  ok: 0,
  rolledBack: 10,
  held: 11,
  refused: 12,
  internal: 13,
  drifted: 14,
  /** By a second Ctrl-C, or before there was anything to take back. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** For the help of every command. */
export const exitCodesHelp = `
Exit codes:
  0   released, or done as asked
  10  the release went back: rolled back or aborted
  11  the release is held, and waits for a person
  12  refused before anything was changed: a mistake in what was asked, a lock, a quarantine, a preview that fails.
      Also an abort that came after the soak: the release ends as released, and the old slot's pods stay
  13  a failure of atom or of the cluster
  14  the environment is not as it was left (atom drift)
  130 interrupted by a second Ctrl-C`;

/** How an abort is told to scripts: what it asked for is what became of the release, or it came too late for that. */
export function exitCodeOfAbort(end: Pick<SessionEnd, "end" | "state">): ExitCode {
  if (end.end !== "over") return exitCodeOf(end);
  return end.state.phase === "released" ? exitCodes.refused : exitCodes.ok;
}

/** How a release that ended, or that this process left, is told to scripts. */
export function exitCodeOf({ end, state }: Pick<SessionEnd, "end" | "state">): ExitCode {
  if (end === "held") return exitCodes.held;
  if (end === "left") return exitCodes.interrupted;
  return state.phase === "released" ? exitCodes.ok : exitCodes.rolledBack;
}
