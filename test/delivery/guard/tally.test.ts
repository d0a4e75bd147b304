import assert from "node:assert/strict";
import fc from "fast-check";
import { readCounters, type PodCounters } from "../../../delivery/guard/counters.ts";
import { Tally } from "../../../delivery/guard/tally.ts";
import { metricsPage, type PageOptions, type Served } from "../support/metrics-page.ts";

function page(served: readonly Served[], options: PageOptions = {}): PodCounters {
  return readCounters(metricsPage(served, options));
}

function totals(tally: Tally, group = "green"): [number, number] {
  const { requests, errors } = tally.counts(group);
  return [requests, errors];
}

const bad = (count: number): Served => ({ count, status: 500 });

describe("the tally of pods", () => {
  it("counts from a known pod's first page, and all of a pod that was born since", () => {
    const tally = new Tally();
    tally.meet("old", "green", 0, false);
    tally.record("old", page([{ count: 100 }]));
    assert.deepEqual(totals(tally), [0, 0]);
    tally.record("old", page([{ count: 107 }, bad(2)]));
    tally.meet("new", "green", 0, true);
    tally.record("new", page([bad(5)]));
    assert.deepEqual(totals(tally), [14, 7]);
  });

  it("keeps groups apart", () => {
    const tally = new Tally();
    tally.meet("a", "green", 0, true);
    tally.meet("b", "blue", 0, true);
    tally.record("a", page([{ count: 1 }]));
    tally.record("b", page([bad(2)]));
    assert.deepEqual(
      [totals(tally), totals(tally, "blue"), totals(tally, "red")],
      [
        [1, 0],
        [2, 2],
        [0, 0],
      ],
    );
  });

  it("adds up the processes of a pod that restarts", () => {
    const tally = new Tally();
    tally.meet("pod", "green", 0, false);
    tally.record("pod", page([{ count: 50 }]));
    tally.record("pod", page([{ count: 50 }, bad(200)]));
    tally.record("pod", page([bad(90)]));
    tally.record("pod", page([bad(95)]));
    assert.deepEqual(totals(tally), [295, 295]);
  });

  it("knows a restart by the start of the process where the counters do not tell", () => {
    const tally = new Tally();
    tally.meet("pod", "green", 0, true);
    tally.record("pod", page([bad(3)], { processStart: 1_000 }));
    tally.record("pod", page([bad(3)], { processStart: 1_005 }));
    assert.deepEqual(totals(tally), [6, 6]);
  });

  it("takes no wobble of the start time for a restart", () => {
    const tally = new Tally();
    tally.meet("pod", "green", 0, true);
    tally.record("pod", page([bad(3)], { processStart: 1_000 }));
    tally.record("pod", page([bad(4)], { processStart: 1_000.9 }));
    assert.deepEqual(totals(tally), [4, 4]);
  });

  it("knows a restart by a series that vanished", () => {
    const tally = new Tally();
    tally.meet("pod", "green", 0, true);
    tally.record("pod", page([bad(3)]));
    tally.record("pod", page([{ count: 10 }]));
    assert.deepEqual(totals(tally), [13, 3]);
  });

  it("refuses a page on which a counter fell or vanished in the same process, and goes on from the one before", () => {
    const tally = new Tally();
    const processStart = 1_000;
    tally.meet("pod", "green", 0, true);
    tally.record("pod", page([{ count: 10 }, bad(3)], { processStart }));
    for (const served of [[{ count: 10 }, bad(2)], [{ count: 10 }], [{ count: 9 }, bad(30)]])
      assert.throws(() => {
        tally.record("pod", page(served, { processStart }));
      }, /^ExpositionError: the metrics page has http_requests_total\{.*, which was at \d+, and its process is the same$/);
    tally.record("pod", page([{ count: 11 }, bad(3)], { processStart }));
    assert.deepEqual(totals(tally), [14, 3]);
  });

  it("takes a container's end for a restart, also within a second of the process's start", () => {
    const tally = new Tally();
    tally.meet("pod", "green", 0, true);
    tally.record("pod", page([bad(3)], { processStart: 1_000 }));
    tally.meet("pod", "green", 1, true);
    tally.record("pod", page([bad(2)], { processStart: 1_000.8 }));
    assert.deepEqual(totals(tally), [5, 5]);
  });

  it("keeps the last counts of a pod that is gone", () => {
    const tally = new Tally();
    tally.meet("pod", "green", 0, true);
    tally.record("pod", page([bad(9)]));
    tally.meet("next", "green", 0, true);
    assert.deepEqual(totals(tally), [9, 9]);
  });

  it("counts all of a known pod that restarted before its first page", () => {
    const tally = new Tally();
    tally.meet("pod", "green", 1, false);
    tally.meet("pod", "green", 2, false);
    tally.record("pod", page([bad(4)]));
    assert.deepEqual(totals(tally), [4, 4]);
    assert.equal(tally.restarts("green"), 1);
  });

  it("counts restarts since the watch began, and all of those of younger pods", () => {
    const tally = new Tally();
    tally.meet("old", "green", 7, false);
    tally.meet("new", "green", 2, true);
    tally.meet("old", "green", 8, false);
    // A look that comes late takes nothing back.
    tally.meet("old", "green", 7, false);
    assert.equal(tally.restarts("green"), 3);
    assert.equal(tally.restarts("blue"), 0);
  });

  it("refuses a page of a pod that it never met", () => {
    assert.throws(() => {
      new Tally().record("pod", page([]));
    }, /not met/);
  });

  it("never goes down, and equals what was served, whatever happens to the pods", () => {
    const event = fc.record({
      pod: fc.nat(2),
      happens: fc.constantFrom("serves", "serves", "serves", "restarts", "is replaced"),
      count: fc.nat(50),
      isBad: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const tally = new Tally();
        const pods = [0, 1, 2].map((index) => ({ uid: `pod-${index}`, ends: 0, start: 1_000, good: 5, bad: 1 }));
        let requests = 0;
        let errors = 0;
        const read = (pod: (typeof pods)[number]): void => {
          tally.record(pod.uid, page([{ count: pod.good }, bad(pod.bad)], { processStart: pod.start }));
        };
        for (const pod of pods) {
          tally.meet(pod.uid, "green", 0, false);
          read(pod);
        }
        for (const [index, { pod: which, happens, count, isBad }] of events.entries()) {
          const pod = pods[which]!;
          if (happens === "serves") {
            if (isBad) pod.bad += count;
            else pod.good += count;
            requests += count;
            errors += isBad ? count : 0;
          } else {
            Object.assign(pod, { good: 0, bad: 0, ends: pod.ends + 1, start: pod.start + 10 });
            if (happens === "is replaced") Object.assign(pod, { uid: `pod-${which}-${index}`, ends: 0 });
            tally.meet(pod.uid, "green", pod.ends, happens === "is replaced");
          }
          const before = totals(tally);
          read(pod);
          const after = totals(tally);
          assert.ok(after[0] >= before[0] && after[1] >= before[1]);
          assert.deepEqual(after, [requests, errors]);
        }
      }),
      { numRuns: 200 },
    );
  });
});
