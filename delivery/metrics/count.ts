// From records of releases to totals that only grow.
import {
  bucketEdges,
  merged,
  noQueries,
  observed,
  type Histogram,
  type QueryTotals,
} from "../../components/ledger/counts.ts";
import type { PastRelease, Reason } from "../../components/ledger/release-record.ts";
import { noTotals, type dashboardResults, type Totals } from "../../components/ledger/totals.ts";
import { notificationsOf } from "../../components/release-plan/notifications.ts";
import { blamesCandidate } from "../release/state-machine.ts";
import { evidenceOf } from "../report/evidence.ts";
import { restorationOf } from "../report/restoration.ts";

/** The totals with a release that is over. To be stored in the write that ends it: then it counts once, whoever ends it. */
export function withRelease(before: Totals = noTotals(), release: PastRelease): Totals {
  const { outcome, state, startedAt, endedAt, journal, queries = noQueries() } = release;
  const tests = smokeTestsOf(release);
  const lead = leadOf(release);
  const restored = restorationOf(journal);
  const dashboards = dashboardsOf(release);
  const reachedUsers = journal.some(({ percent }) => percent > 0);
  const status = outcome === "released" ? "success" : reachedUsers ? "rolled_back" : "failed";
  const reason = outcome === "released" ? undefined : (state.cause?.reason ?? "internal_error");
  const seconds = secondsFrom(startedAt, endedAt);
  return {
    releases: { ...before.releases, [status]: before.releases[status] + 1 },
    seconds: observed(before.seconds, bucketEdges.deployments, seconds),
    rollbacks:
      reason === undefined ? before.rollbacks : { ...before.rollbacks, [reason]: (before.rollbacks[reason] ?? 0) + 1 },
    smokeTests: {
      passed: before.smokeTests.passed + tests.filter(({ passed }) => passed).length,
      failed: before.smokeTests.failed + tests.filter(({ passed }) => !passed).length,
    },
    smokeSeconds: tests.reduce<Histogram>(
      (sum, test) => observed(sum, bucketEdges.smokeTests, test.seconds),
      before.smokeSeconds,
    ),
    queries: added(before.queries, queries),
    changeFailures: before.changeFailures + (reachedUsers && failedItsUsers(reason) ? 1 : 0),
    aborted: before.aborted + (reason === "manual" ? 1 : 0),
    superseded: before.superseded + (reason === "superseded" ? 1 : 0),
    dashboards:
      dashboards === undefined
        ? before.dashboards
        : { ...before.dashboards, [dashboards]: before.dashboards[dashboards] + 1 },
    leadSeconds: lead === undefined ? before.leadSeconds : observed(before.leadSeconds, bucketEdges.leads, lead),
    returnSeconds:
      restored?.result === "verified"
        ? observed(before.returnSeconds, bucketEdges.returns, restored.seconds)
        : before.returnSeconds,
  };
}

/** Whether the version had to be taken from its users: a releaser or a Prometheus that was away says nothing about it. */
function failedItsUsers(reason: Reason | undefined): boolean {
  return reason !== undefined && (reason === "manual" || blamesCandidate(reason));
}

/** A plan names the dashboards that the `up` which published it was to bring; undefined where the environment has none. */
function dashboardsOf({ plan, state }: PastRelease): (typeof dashboardResults)[number] | undefined {
  const grafana = notificationsOf(plan)?.grafana ?? null;
  if (grafana === null) return undefined;
  if (grafana.dashboards.length === 0) return "skipped";
  return state.cause?.reason === "converge_failed" ? "failed" : "updated";
}

/** Seconds from a commit to the end of the release that brought it to all users. Undefined where the commit is not known, or not new. */
function leadOf({ outcome, change, endedAt }: PastRelease): number | undefined {
  if (outcome !== "released" || change?.committedAt === undefined) return undefined;
  return secondsFrom(change.committedAt, endedAt);
}

/** A clock that was set back meanwhile must not make a sum smaller. */
function secondsFrom(start: string, end: string): number {
  return Math.max(0, (Date.parse(end) - Date.parse(start)) / 1000);
}

interface CountedTest {
  readonly passed: boolean;
  readonly seconds: number;
}

/** Every run of the smoke test. One whose evidence is gone took an unknown time, which counts as none. */
function smokeTestsOf({ journal }: PastRelease): readonly CountedTest[] {
  return journal.flatMap((entry) => {
    const { smoke } = evidenceOf(entry);
    if (smoke !== undefined) return [{ passed: smoke.passed, seconds: smoke.duration / 1000 }];
    return entry.event === "smoke-passed" ? [{ passed: true, seconds: 0 }] : [];
  });
}

/** Both counts of queries together. */
export function added(left: QueryTotals, right: QueryTotals): QueryTotals {
  const results = {
    success: left.results.success + right.results.success,
    failed: left.results.failed + right.results.failed,
    timeout: left.results.timeout + right.results.timeout,
  };
  return { results, seconds: merged(left.seconds, right.seconds) };
}
