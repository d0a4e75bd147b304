import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../release/ports.ts";

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    // Node wraps the reason in an AbortError; whoever waits wants the reason itself.
    await delay(ms, undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  },
};
