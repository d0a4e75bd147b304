/** The newest migration of a service in the cluster. */
export interface LiveMigration {
  /** Digest of the template that it belongs to. */
  readonly digest: string;
  readonly uid: string;
  /** What {@link MigrationPlan.attempt} was when it was made. */
  readonly attempt: string | undefined;
  readonly failed: boolean;
  /** Its pod template, as the API server holds it. */
  readonly template?: unknown;
}

/** What to declare. */
export interface MigrationPlan {
  /** Digest of the template that the migrations belong to. */
  readonly digest: string;
  /** `false` leaves the last Job alone: nothing runs again and nothing is deleted. */
  readonly run: boolean;
  /** The failed Job that this one follows, by its UID: a Job that failed stays so, and only another one can succeed. */
  readonly attempt: string | undefined;
}

/**
 * Decides which migrations to declare; `undefined` is none. They run when a version comes up or is staged, anew after a failure. In
 * between, a Job that succeeded stays, and one that failed goes: the engine would wait for its success at every `up`.
 */
export function planMigration(
  run: boolean,
  digest: string,
  live: LiveMigration | undefined,
): MigrationPlan | undefined {
  if (run) return { run, digest, attempt: live?.digest === digest ? attemptAfter(live) : undefined };
  return live === undefined || live.failed ? undefined : { run, digest: live.digest, attempt: live.attempt };
}

function attemptAfter({ failed, uid, attempt }: LiveMigration): string | undefined {
  return failed ? uid : attempt;
}
