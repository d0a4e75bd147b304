import assert from "node:assert/strict";
import { mock } from "node:test";
import fc from "fast-check";
import { systemClock } from "../../../delivery/clock/system-clock.ts";
import { longestTimer, startTimer } from "../../../delivery/clock/timer.ts";

const hour = 3_600_000;
const never = new AbortController().signal;

/** Lets a promise that is settled tell so. */
const told = (): Promise<void> => new Promise(setImmediate);

describe("the system's clock", () => {
  beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout"] });
  });

  afterEach(() => {
    mock.timers.reset();
  });

  /** Whether a sleep is over, after each of these spans. */
  async function overAfter(ms: number, spans: readonly number[], signal = never): Promise<readonly boolean[]> {
    const state = { over: false };
    void systemClock.sleep(ms, signal).then(
      () => (state.over = true),
      () => undefined,
    );
    const seen: boolean[] = [];
    for (const span of spans) {
      mock.timers.tick(span);
      await told();
      seen.push(state.over);
    }
    return seen;
  }

  it("sleeps for 720 hours where it is told to, which is more than one of Node's timers can", async () => {
    const rest = 720 * hour - longestTimer;
    assert.deepEqual(await overAfter(720 * hour, [5, longestTimer - 5, rest - 1, 1]), [false, false, false, true]);
  });

  it("sleeps for exactly as long as Node's longest timer, and a millisecond longer", async () => {
    assert.deepEqual(await overAfter(longestTimer, [longestTimer - 1, 1]), [false, true]);
    assert.deepEqual(await overAfter(longestTimer + 1, [longestTimer, 1]), [false, true]);
  });

  it("sleeps for ever where it is told to", async () => {
    assert.deepEqual(await overAfter(Infinity, [longestTimer, 2 * longestTimer, 1]), [false, false, false]);
  });

  it("wakes at once where there is nothing to wait for", async () => {
    for (const ms of [0, -1, Number.NaN]) assert.deepEqual(await overAfter(ms, [1]), [true], String(ms));
  });

  it("rejects with the signal's reason in a later slice too, and then waits no more", async () => {
    const caller = new AbortController();
    const sleeping = systemClock.sleep(720 * hour, caller.signal);
    mock.timers.tick(700 * hour);
    const reason = new Error("enough");
    caller.abort(reason);
    await assert.rejects(sleeping, (error) => error === reason);
    await assert.rejects(systemClock.sleep(1, caller.signal), (error) => error === reason);
  });
});

describe("a timer", () => {
  it("never asks Node for longer than it can wait, and for all of it together", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9_999 * hour }), (ms) => {
        const slices: number[] = [];
        const setTimeout = mock.method(globalThis, "setTimeout", (action: () => void, slice: number) => {
          slices.push(slice);
          action();
        });
        try {
          let fired = 0;
          startTimer(ms, () => (fired += 1));
          assert.equal(fired, 1);
        } finally {
          setTimeout.mock.restore();
        }
        assert.ok(slices.every((slice) => slice <= longestTimer));
        assert.equal(
          slices.reduce((sum, slice) => sum + slice, 0),
          ms,
        );
      }),
    );
  });

  it("that is called off in a later slice does not fire", () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      let fired = 0;
      const cancel = startTimer(720 * hour, () => (fired += 1));
      mock.timers.tick(700 * hour);
      cancel();
      mock.timers.tick(100 * hour);
      assert.equal(fired, 0);
    } finally {
      mock.timers.reset();
    }
  });
});
