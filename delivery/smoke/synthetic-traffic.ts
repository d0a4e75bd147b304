import type { SmokeStep } from "../../components/smoke-steps/smoke-step.ts";
import { isCounted } from "../guard/counters.ts";
import { connectionsTo } from "../http/request.ts";
import type { Clock, Synthetic } from "../release/ports.ts";
import type { Credentials } from "./credentials.ts";
import { Session, type Door } from "./session.ts";

/** The most that is ever driven, whatever a plan says: this is a trickle to judge by and no load test. */
export const syntheticLimits = { requests: 10_000, perSecond: 100 } as const;

export interface SyntheticTrafficOptions {
  readonly steps: readonly SmokeStep[];
  /** The candidate's, which is never crowded out by the active slot. */
  readonly door: Door;
  /** How many to send at a time; at most `syntheticLimits.requests` are. */
  readonly requests: number;
  /** How many a second; at most `syntheticLimits.perSecond`. */
  readonly perSecond: number;
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly ca?: string | undefined;
  /** Deadline of each request, in milliseconds. @default 10000 */
  readonly requestTimeoutMs?: number;
}

export interface SyntheticResult {
  readonly sent: number;
  readonly failed: number;
  /** Why nothing, or less than asked for, was sent. */
  readonly problem?: string;
}

/** Requests that change nothing, for a service that is too quiet to be judged. What they show, the pods' counters count. */
export class SyntheticTraffic implements Synthetic {
  readonly #options: SyntheticTrafficOptions;

  constructor(options: SyntheticTrafficOptions) {
    this.#options = options;
  }

  /** Logs in, then sends the repeatable steps in turn, but for probes, which nobody counts, at a steady rate. Rejects only with the signal's reason. */
  async drive(signal: AbortSignal): Promise<SyntheticResult> {
    const { steps, door, credentials, clock, ca, requestTimeoutMs: stepTimeoutMs = 10_000 } = this.#options;
    const repeatable = steps.filter((step) => step.repeatable === true && isCounted(step.path.split("?")[0] ?? ""));
    if (repeatable.length === 0)
      return { sent: 0, failed: 0, problem: "no smoke step that counts is repeatable, so there is nothing to send" };
    const perSecond = Math.min(this.#options.perSecond, syntheticLimits.perSecond);
    const requests = Math.min(this.#options.requests, syntheticLimits.requests);
    // As many connections as a service that takes its whole deadline for each answer would need, within reason.
    const agent = connectionsTo(door.url, { ca, maxSockets: 16 });
    try {
      const session = new Session({ door, credentials, clock, stepTimeoutMs, agent });
      for (const step of steps.filter(({ take }) => take !== undefined)) {
        const { passed, detail } = await session.perform(step, signal);
        if (!passed) return { sent: 0, failed: 0, problem: detail ?? step.name };
      }
      const start = clock.monotonic();
      const underWay: Promise<boolean>[] = [];
      for (let sent = 0; sent < requests; sent += 1) {
        const wait = start + (sent * 1000) / perSecond - clock.monotonic();
        if (wait > 0) await clock.sleep(wait, signal);
        const step = repeatable[sent % repeatable.length];
        if (step !== undefined) underWay.push(passes(session, step, signal));
      }
      const passed = await Promise.all(underWay);
      signal.throwIfAborted();
      return { sent: passed.length, failed: passed.filter((one) => !one).length };
    } finally {
      agent.destroy();
    }
  }
}

/** Never rejects, so that a request under way when the signal fires is not an unhandled rejection. */
async function passes(session: Session, step: SmokeStep, signal: AbortSignal): Promise<boolean> {
  try {
    return (await session.perform(step, signal)).passed;
  } catch {
    return false;
  }
}
