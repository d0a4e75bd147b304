import type { SmokeStep } from "../../components/smoke-steps/smoke-step.ts";
import { connectionsTo } from "../http/request.ts";
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
   * How long answers by somebody else are waited out, where a door has a proof, in milliseconds: every proxy has to hear of a route first.
   * @default 5000
   */
  readonly provenWithinMs?: number;
  /** Told of each step at its end. @default nobody is */
  readonly onStep?: (through: Through, outcome: StepOutcome) => void;
}

const repeatEveryMs = 100;

/** Runs the steps in order and stops at the first that fails. */
export class SmokeTest implements Smoke {
  readonly #options: SmokeTestOptions;

  constructor(options: SmokeTestOptions) {
    this.#options = options;
  }

  async run(through: Through, signal: AbortSignal): Promise<SmokeResult> {
    const { steps, doors, credentials, clock, ca, stepTimeoutMs = 10_000, onStep } = this.#options;
    const door = doors[through];
    const agent = connectionsTo(door.url, { ca });
    try {
      const session = new Session({ door, credentials, clock, stepTimeoutMs, agent });
      const start = clock.monotonic();
      const lost = door.proof && (await this.#awaitProof(session, door.proof, signal));
      const outcomes: StepOutcome[] = lost === undefined ? [] : [lost];
      if (lost !== undefined) onStep?.(through, lost);
      for (const step of lost === undefined ? steps : []) {
        const outcome =
          outcomes.length === 0 ? await this.#first(session, step, signal) : await session.perform(step, signal);
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
    signal: AbortSignal,
  ): Promise<StepOutcome | undefined> {
    const { steps, clock, stepTimeoutMs = 10_000, provenWithinMs = 5_000 } = this.#options;
    const path = steps.find(({ method }) => method === "GET")?.path ?? "/";
    const start = clock.monotonic();
    while (await session.strays(path, stepTimeoutMs, signal)) {
      const duration = clock.monotonic() - start;
      if (duration + repeatEveryMs > provenWithinMs) {
        const detail = `requests did not reach ${value} within ${provenWithinMs / 1000} s: they are answered without ${header}: ${value}`;
        return { name: header, passed: false, unrouted: false, strayed: true, duration, detail };
      }
      await clock.sleep(repeatEveryMs, signal);
    }
    return undefined;
  }

  async #first(session: Session, step: SmokeStep, signal: AbortSignal): Promise<StepOutcome> {
    const { clock, routedWithinMs = 5_000 } = this.#options;
    const start = clock.monotonic();
    for (;;) {
      const outcome = await session.perform(step, signal);
      const passed = clock.monotonic() - start;
      if (!outcome.unrouted || passed + repeatEveryMs > routedWithinMs) return { ...outcome, duration: passed };
      await clock.sleep(repeatEveryMs, signal);
    }
  }
}
