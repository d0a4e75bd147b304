import type { Dependency } from "./api-error.ts";
import { DeadlineError, within } from "./deadline.ts";

/** R1: how long each endpoint may take, and from when a query counts as slow, in milliseconds. */
export interface HealthLimits {
  readonly liveMs: number;
  readonly readyMs: number;
  readonly databaseMs: number;
  readonly slowQueryMs: number;
}

export const healthLimits: HealthLimits = { liveMs: 2_000, readyMs: 5_000, databaseMs: 5_000, slowQueryMs: 100 };

/** What a check found. `reason` is fit for strangers; `cause` is for the log. */
export type CheckResult =
  | { readonly ok: true; readonly durationMs: number }
  | { readonly ok: false; readonly durationMs: number; readonly reason: string; readonly cause: unknown };

/** Runs one check to its end or to the limit; never throws. */
export async function runCheck(check: () => Promise<void>, limitMs: number): Promise<CheckResult> {
  const start = performance.now();
  const durationMs = (): number => Math.round((performance.now() - start) * 100) / 100;
  try {
    await within(limitMs, check());
    return { ok: true, durationMs: durationMs() };
  } catch (cause) {
    const reason = cause instanceof DeadlineError ? cause.message : "not available";
    return { ok: false, durationMs: durationMs(), reason, cause };
  }
}

export type DependencyChecks = Readonly<Record<Dependency, () => Promise<void>>>;

/** Checks all dependencies at the same time, each with the whole limit for itself. */
export async function checkDependencies(
  checks: DependencyChecks,
  limitMs: number,
): Promise<Readonly<Record<Dependency, CheckResult>>> {
  const [database, redis, vectorStore] = await Promise.all([
    runCheck(checks.database, limitMs),
    runCheck(checks.redis, limitMs),
    runCheck(checks.vector_store, limitMs),
  ]);
  return { database, redis, vector_store: vectorStore };
}
