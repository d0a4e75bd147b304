import type http from "node:http";
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
  /**
   * `candidate` is never crowded out by the active slot. Each request is sent through `public` as well, as a user's: the slots are compared, so
   * what the one is asked the other must be asked too.
   */
  readonly doors: { readonly candidate: Door; readonly public: Door };
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
    const { steps, doors, credentials, clock, ca, requestTimeoutMs: stepTimeoutMs = 10_000 } = this.#options;
    const repeatable = steps.filter((step) => step.repeatable === true && isCounted(step.path.split("?")[0] ?? ""));
    if (repeatable.length === 0)
      return { sent: 0, failed: 0, problem: "no smoke step that counts is repeatable, so there is nothing to send" };
    const perSecond = Math.min(this.#options.perSecond, syntheticLimits.perSecond);
    const requests = Math.min(this.#options.requests, syntheticLimits.requests);
    const visit = (door: Door): Visit => {
      // As many connections as a service that takes its whole deadline for each answer would need, within reason.
      const agent = connectionsTo(door.url, { ca, maxSockets: 16 });
      return { agent, session: new Session({ door, credentials, clock, stepTimeoutMs, agent }) };
    };
    const [candidate, user] = [visit(doors.candidate), visit(doors.public)];
    try {
      const problem = await logIn(candidate.session, steps, signal);
      if (problem !== undefined) return { sent: 0, failed: 0, problem };
      await logIn(user.session, steps, signal);
      const start = clock.monotonic();
      const underWay: Promise<boolean>[] = [];
      const beside: Promise<boolean>[] = [];
      for (let sent = 0; sent < requests; sent += 1) {
        const wait = start + (sent * 1000) / perSecond - clock.monotonic();
        if (wait > 0) await clock.sleep(wait, signal);
        const step = repeatable[sent % repeatable.length];
        if (step === undefined) continue;
        underWay.push(passes(candidate.session, step, signal));
        beside.push(passes(user.session, step, signal));
      }
      const [passed] = await Promise.all([Promise.all(underWay), Promise.all(beside)]);
      signal.throwIfAborted();
      return { sent: passed.length, failed: passed.filter((one) => !one).length };
    } finally {
      candidate.agent.destroy();
      user.agent.destroy();
    }
  }
}

interface Visit {
  readonly session: Session;
  readonly agent: http.Agent;
}

/** Resolves with why it did not succeed, if it did not. */
async function logIn(session: Session, steps: readonly SmokeStep[], signal: AbortSignal): Promise<string | undefined> {
  for (const step of steps.filter(({ take }) => take !== undefined)) {
    const { passed, detail } = await session.perform(step, signal);
    if (!passed) return detail ?? step.name;
  }
  return undefined;
}

/** Never rejects, so that a request under way when the signal fires is not an unhandled rejection. */
async function passes(session: Session, step: SmokeStep, signal: AbortSignal): Promise<boolean> {
  try {
    return (await session.perform(step, signal)).passed;
  } catch {
    return false;
  }
}
