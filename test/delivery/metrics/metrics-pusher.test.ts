import assert from "node:assert/strict";
import { MetricsPusher } from "../../../delivery/metrics/metrics-pusher.ts";
import { ledgerWith } from "../ledger/ledgers.ts";

const { signal } = new AbortController();

/** A place to push to that takes each push when it is told to. */
class SlowPlace {
  readonly taken: number[] = [];
  readonly waiting: (() => void)[] = [];
  sequence = 0;

  readonly pusher = new MetricsPusher({
    read: () => Promise.resolve(ledgerWith({ sequence: this.sequence })),
    push: ({ sequence }) =>
      new Promise((resolve) => {
        this.waiting.push(() => {
          this.taken.push(sequence);
          resolve(true);
        });
      }),
  });

  /** The push that waits, or comes with what is under way now. */
  async take(): Promise<void> {
    await new Promise(setImmediate);
    this.waiting.shift()?.();
    await new Promise(setImmediate);
  }
}

describe("the metrics of a release under way", () => {
  it("are pushed as they are by then, however often there was news meanwhile", async () => {
    const place = new SlowPlace();
    place.sequence = 1;
    place.pusher.wake();
    await place.take();
    place.pusher.wake();
    await new Promise(setImmediate);
    for (const sequence of [2, 3, 4]) {
      place.sequence = sequence;
      place.pusher.wake();
    }
    await place.take();
    await place.take();
    assert.deepEqual([place.taken, place.waiting.length], [[1, 1, 4], 0]);
  });

  it("are never followed by older ones at the end", async () => {
    const place = new SlowPlace();
    place.pusher.wake();
    place.pusher.wake();
    const last = place.pusher.last(ledgerWith({ sequence: 9 }), signal);
    await place.take();
    await place.take();
    assert.equal(await last, true);
    assert.deepEqual([place.taken, place.waiting.length], [[0, 9], 0]);
  });

  it("that cannot be pushed are no news until the last push", async () => {
    let pushes = 0;
    const pusher = new MetricsPusher({
      read: () => Promise.resolve(ledgerWith()),
      push: () => {
        pushes += 1;
        return Promise.reject(new Error("away"));
      },
    });
    pusher.wake();
    await assert.rejects(pusher.last(ledgerWith(), signal), /away/);
    assert.equal(pushes, 2);
  });
});
