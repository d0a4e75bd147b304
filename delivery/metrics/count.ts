// From records of releases to totals that only grow.
import {
  bucketEdges,
  merged,
  noQueries,
  observed,
  type Histogram,
  type QueryTotals,
} from "../../components/ledger/counts.ts";
import type { PastRelease } from "../../components/ledger/release-record.ts";
import { noTotals, type Totals } from "../../components/ledger/totals.ts";
import { evidenceOf } from "../report/evidence.ts";

/** The totals with a release that is over. To be stored in the write that ends it: then it counts once, whoever ends it. */
export function withRelease(before: Totals = noTotals(), release: PastRelease): Totals {
  const { outcome, state, startedAt, endedAt, journal, queries = noQueries() } = release;
  const tests = smokeTestsOf(release);
  const reachedUsers = journal.some(({ percent }) => percent > 0);
  const status = outcome === "released" ? "success" : reachedUsers ? "rolled_back" : "failed";
  const reason = outcome === "released" ? undefined : (state.cause?.reason ?? "internal_error");
  // A clock that was set back meanwhile must not make a sum smaller.
  const seconds = Math.max(0, (Date.parse(endedAt) - Date.parse(startedAt)) / 1000);
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
  };
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
