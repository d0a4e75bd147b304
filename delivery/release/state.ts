// The state of a release: small, plain data. Acting on a state is idempotent, so a release resumes by acting on its state again.

export const phases = [
  "preparing",
  "waiting-ready",
  "smoking",
  "shifting",
  "confirming",
  "measuring",
  "awaiting-approval",
  "smoking-public",
  "soaking",
  "finishing",
  "stepping-back",
  "held",
  "returning",
  "confirming-return",
  "quarantining",
  "scaling-down",
  "released",
  "rolled-back",
  "aborted",
] as const;

export type Phase = (typeof phases)[number];

/** Phases after which a release is over. */
export const finalPhases = ["released", "rolled-back", "aborted"] as const satisfies readonly Phase[];

/** Why a release was taken back or is held; the label `reason` of `deployment_rollback_total`. */
export const reasons = [
  "smoke_test_failed",
  "high_error_rate",
  "high_latency",
  "metric_breached",
  "pods_restarted",
  "not_ready",
  "metrics_unavailable",
  "no_traffic",
  "too_few_requests",
  "shared_fault",
  "shift_not_confirmed",
  "approval_timeout",
  "converge_failed",
  "deadline_exceeded",
  "manual",
  "superseded",
  "releaser_lost",
  "internal_error",
] as const;

export type Reason = (typeof reasons)[number];

/** Why, for machines (`reason`) and for people (`detail`). */
export interface Cause {
  readonly reason: Reason;
  readonly detail: string;
}

export interface ReleaseState {
  readonly phase: Phase;
  /** Index of the step under way in the plan's steps. */
  readonly step: number;
  /** Percent of traffic that may be on the candidate: what was last decided, whether or not it was carried out. */
  readonly percent: number;
  /** Percent of the last step whose verdict allowed going on; a hold returns to it. */
  readonly judged: number;
  /** Set from the failure or hold on. */
  readonly cause?: Cause;
  /** The return was never seen in effect: the candidate must be left running. */
  readonly unconfirmedReturn?: boolean;
  /** Metrics that breached under a policy `warn`, each once. */
  readonly warned: readonly string[];
}

/** One line of a release's journal: the transition that was decided, before it was acted on. */
export interface JournalEntry {
  /** 1, 2, 3 … without a gap. */
  readonly seq: number;
  /** Instant, milliseconds since the Unix epoch. */
  readonly at: number;
  /** The phase that this entry leads to. */
  readonly phase: Phase;
  readonly step: number;
  readonly percent: number;
  readonly event: string;
  /** For people. */
  readonly detail: string;
  /** Compact JSON: counts, verdicts, e-values. Dropped first when the ledger grows. */
  readonly evidence?: unknown;
}
