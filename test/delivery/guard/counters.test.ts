import assert from "node:assert/strict";
import fc from "fast-check";
import { add, noCounts, readCounters, slowerThan, subtract } from "../../../delivery/guard/counters.ts";
import { ExpositionError } from "../../../delivery/guard/exposition.ts";
import { metricsPage, type Served } from "../support/metrics-page.ts";

export const anyServed: fc.Arbitrary<Served> = fc.record({
  count: fc.nat(1_000),
  status: fc.constantFrom(200, 201, 404, 499, 500, 503),
  route: fc.constantFrom("/api/skills", "/api/agents/execute"),
  seconds: fc.constantFrom(0.05, 0.2, 0.3, 3),
});

/** A histogram with edges at 0.1 s, 0.2 s and so on. */
function histogram(buckets: readonly number[], count: number | undefined): string {
  const name = "http_request_duration_seconds";
  const lines = buckets.map((value, index) => `${name}_bucket{route="/",le="${(index + 1) / 10}"} ${value}\n`);
  return `${lines.join("")}${count === undefined ? "" : `${name}_count{route="/"} ${count}\n`}`;
}

describe("a pod's counters", () => {
  it("are requests, those answered with 5xx, and durations by edge", () => {
    const { counts, processStart } = readCounters(
      metricsPage([{ count: 90 }, { count: 7, status: 503, seconds: 0.3 }, { count: 3, status: 499, seconds: 4 }], {
        processStart: 1_700_000_000.25,
      }),
    );
    assert.deepEqual(
      { ...counts, within: Object.fromEntries(counts.within) },
      { requests: 100, errors: 7, timed: 100, within: { 0.1: 90, 0.2: 90, 0.5: 97, 1: 97 } },
    );
    assert.equal(processStart, 1_700_000_000.25);
  });

  it("leave out probes and scrapes, but no route that only begins like them", () => {
    const served = ["/health/live", "/health", "/metrics", "/healthy", "/metrics-of-users", "/api/health"].map(
      (route, index) => ({ route, count: 10 ** index, status: 500 }),
    );
    const { counts } = readCounters(metricsPage(served));
    assert.equal(counts.requests, 111_000);
    assert.equal(counts.errors, 111_000);
    assert.equal(counts.timed, 111_000);
  });

  it("know classes of status as well", () => {
    const page = 'http_requests_total{route="/",status="5xx"} 3\nhttp_requests_total{route="/",status="2xx"} 4\n';
    assert.deepEqual([readCounters(page).counts.errors, readCounters(page).counts.requests], [3, 7]);
  });

  it("are nothing on a page without them", () => {
    assert.deepEqual(readCounters("").counts, noCounts);
    assert.deepEqual(readCounters("process_start_time_seconds NaN\nup 1\n").processStart, undefined);
  });

  for (const [what, page] of Object.entries({
    "a fraction": 'http_requests_total{route="/",status="200"} 1.5\n',
    "a negative count": 'http_requests_total{route="/",status="200"} -1\n',
    NaN: 'http_requests_total{route="/",status="200"} NaN\n',
    infinity: 'http_request_duration_seconds_count{route="/"} +Inf\n',
    "no status": 'http_requests_total{route="/"} 1\n',
    "no route": 'http_requests_total{status="200"} 1\n',
    "no edge": 'http_request_duration_seconds_bucket{route="/"} 1\n',
    "an edge that is no number": 'http_request_duration_seconds_bucket{route="/",le="x"} 1\n',
    "a bucket above its count": histogram([5, 999_999_999], 7),
    "a bucket below the one before it": histogram([5, 4], 7),
    "buckets and no count": histogram([5, 7], undefined),
  }))
    it(`are refused with ${what}: half a truth is not counted`, () => {
      assert.throws(() => readCounters(page), ExpositionError);
    });
});

describe("slow requests", () => {
  const { counts } = readCounters(metricsPage([{ count: 60 }, { count: 40, seconds: 0.3 }]));

  it("are those beyond the bucket that ends at the threshold", () => {
    assert.equal(slowerThan(counts, 0.2), 40);
    assert.equal(slowerThan(counts, 0.5), 0);
  });

  it("are unknown where no bucket ends there, and none where there were no requests", () => {
    assert.equal(slowerThan(counts, 0.25), undefined);
    assert.equal(slowerThan(noCounts, 0.25), 0);
  });
});

describe("sums of counts", () => {
  it("are undone by differences, whatever edges each has", () => {
    fc.assert(
      fc.property(fc.array(anyServed), fc.array(anyServed), (left, right) => {
        const [a, b] = [left, right].map((served) => readCounters(metricsPage(served)).counts);
        assert.ok(a && b);
        const back = subtract(add(a, b), b);
        assert.deepEqual([back.requests, back.errors, back.timed], [a.requests, a.errors, a.timed]);
        for (const [edge, count] of back.within) assert.equal(count, a.within.get(edge) ?? 0);
      }),
    );
  });
});
