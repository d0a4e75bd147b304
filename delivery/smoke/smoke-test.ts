import type { SmokeStep } from "../../components/smoke-steps/smoke-step.ts";
import { connectionsTo, type HttpFailure } from "../http/request.ts";
import type { Clock, Smoke, SmokeResult } from "../release/ports.ts";
import type { Credentials } from "./credentials.ts";
import { Session, type Door, type StepOutcome } from "./session.ts";

/** How a smoke test goes in: as the candidate's guest, or as any user. */
export type Through = "candidate" | "public";

export interface SmokeTestOptions {
  readonly steps: readonly SmokeStep[];
  readonly doors: Readonly<Record<Through, Door>>;
  readonly credentials: Credentials;
  readonly clock: Clock;
  /** PEM of the authorities to trust for `https:`. @default Node's own */
  readonly ca?: string | undefined;
  /** Deadline of each step, in milliseconds. @default 10000 */
  readonly stepTimeoutMs?: number;
  /**
   * How long the first step is repeated while the gateway has no pod to hand it to, in milliseconds: pods are ready some tenths of a
   * second before every proxy knows. @default 5000
   */
  readonly routedWithinMs?: number;
  /**
   * How long answers by somebody else, or none, are waited out in all, where a door has a proof, in milliseconds: every proxy has to hear of a
   * route first. @default 5000
   */
  readonly provenWithinMs?: number;
  /** Told of each step at its end. @default nobody is */
  readonly onStep?: (through: Through, outcome: StepOutcome) => void;
}

const repeatEveryMs = 100;
/** How often a step that somebody else answered is repeated, since it may change something there; pauses in milliseconds, each twice the one before. */
const strays = { most: 4, firstPause: 500 };

/** How long a run may wait for proxies, and still may, in milliseconds. */
interface Patience {
  readonly total: number;
  left: number;
}

/** Runs the steps in order and stops at the first that fails. */
export class SmokeTest implements Smoke {
  readonly #options: SmokeTestOptions;

  constructor(options: SmokeTestOptions) {
    this.#options = options;
  }

  async run(through: Through, signal: AbortSignal): Promise<SmokeResult> {
    const {
      steps,
      doors,
      credentials,
      clock,
      ca,
      stepTimeoutMs = 10_000,
      provenWithinMs = 5_000,
      onStep,
    } = this.#options;
    const door = doors[through];
    const agent = connectionsTo(door.url, { ca });
    try {
      const session = new Session({ door, credentials, clock, stepTimeoutMs, agent });
      const start = clock.monotonic();
      const patience = { total: provenWithinMs, left: provenWithinMs };
      const lost = door.proof && (await this.#awaitProof(session, door.proof, patience, signal));
      const outcomes: StepOutcome[] = lost === undefined ? [] : [lost];
      if (lost !== undefined) onStep?.(through, lost);
      for (const step of lost === undefined ? steps : []) {
        const visit = { session, proof: door.proof, patience, isFirst: outcomes.length === 0 };
        const outcome = await this.#perform(step, visit, signal);
        outcomes.push(outcome);
        onStep?.(through, outcome);
        if (!outcome.passed) break;
      }
      return {
        passed: outcomes.every(({ passed }) => passed),
        ...(outcomes.some(({ strayed }) => strayed) ? { strayed: true } : {}),
        duration: clock.monotonic() - start,
        steps: outcomes.map(({ name, passed, duration, detail }) => ({
          name,
          passed,
          duration,
          ...(detail === undefined ? {} : { detail }),
        })),
      };
    } finally {
      agent.destroy();
    }
  }

  /** Before anything is asked that may change something: it would be done by whoever serves. Resolves with why it is not proven. */
  async #awaitProof(
    session: Session,
    { header, value }: NonNullable<Door["proof"]>,
    patience: Patience,
    signal: AbortSignal,
  ): Promise<StepOutcome | undefined> {
    const { steps, clock, stepTimeoutMs = 10_000 } = this.#options;
    const path = steps.find(({ method }) => method === "GET")?.path ?? "/";
    const start = clock.monotonic();
    const { total, left } = patience;
    for (;;) {
      const answer = await session.probe(path, stepTimeoutMs, signal);
      const duration = clock.monotonic() - start;
      patience.left = left - duration;
      if (answer === "reached") return undefined;
      if (duration + repeatEveryMs > left) {
        const within = `within ${total / 1000} s`;
        const failed = { name: header, passed: false, unrouted: false, duration };
        return answer === "strayed"
          ? {
              ...{ ...failed, strayed: true },
              detail: `requests did not reach ${value} ${within}: they are answered without ${header}: ${value}`,
            }
          : { ...failed, strayed: isNobodys(answer), detail: `requests got no answer ${within}: ${answer.message}` };
      }
      await clock.sleep(repeatEveryMs, signal);
    }
  }

  /**
   * A step that somebody else answered is repeated once the door leads where it should: of several proxies one may hear of the route later. The
   * first step is while nobody is there to answer.
   */
  async #perform(
    step: SmokeStep,
    { session, proof, patience, isFirst }: Visit,
    signal: AbortSignal,
  ): Promise<StepOutcome> {
    const { clock, routedWithinMs = 5_000 } = this.#options;
    const start = clock.monotonic();
    for (let strayed = 0; ;) {
      const outcome = await session.perform(step, signal);
      const duration = clock.monotonic() - start;
      if (outcome.strayed && proof !== undefined) {
        const pause = strays.firstPause * 2 ** strayed;
        strayed += 1;
        if (strayed > strays.most || pause > patience.left) return { ...outcome, duration };
        patience.left -= pause;
        await clock.sleep(pause, signal);
        if ((await this.#awaitProof(session, proof, patience, signal)) !== undefined) return { ...outcome, duration };
      } else {
        const isAwaited = isFirst && outcome.unrouted && duration + repeatEveryMs <= routedWithinMs;
        if (!isAwaited) return { ...outcome, duration };
        await clock.sleep(repeatEveryMs, signal);
      }
    }
  }
}

/** What a step is performed with. */
interface Visit {
  readonly session: Session;
  readonly proof: Door["proof"];
  readonly patience: Patience;
  readonly isFirst: boolean;
}

/** The gateway itself is not there: no version has seen the request. */
function isNobodys({ kind }: HttpFailure): boolean {
  return kind === "refused" || kind === "unreachable" || kind === "tls";
}
