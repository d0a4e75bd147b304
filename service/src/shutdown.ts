import { setTimeout as delay } from "node:timers/promises";
import { within } from "./deadline.ts";

export interface ShutdownSteps {
  /** From here on readiness fails and answers carry `Connection: close`. */
  readonly beginDrain: () => void;
  /** Stops listening and resolves when the requests in flight are answered. */
  readonly close: () => Promise<void>;
  /** Lets go of the stores, after the last request. */
  readonly release: () => Promise<void>;
}

export interface ShutdownTimes {
  /** How long to answer on while load balancers take notice, in milliseconds. */
  readonly drainMs: number;
  /** Longest wait for requests in flight, in milliseconds. */
  readonly closeMs: number;
}

/** Longest wait for the stores to let go, in milliseconds. */
const releaseMs = 2_000;

/**
 * Leaves without failing a request: not ready, drain, close, release. Bounded by the times and by nothing else.
 * Rejects with a `DeadlineError` when requests in flight had to be given up, after everything was released.
 */
export async function shutDown(steps: ShutdownSteps, { drainMs, closeMs }: ShutdownTimes): Promise<void> {
  steps.beginDrain();
  await delay(drainMs);
  try {
    await within(closeMs, steps.close());
  } finally {
    // A store that hangs is no reason to fail: the process ends next, and its connections with it.
    await within(releaseMs, steps.release()).catch(() => undefined);
  }
}
