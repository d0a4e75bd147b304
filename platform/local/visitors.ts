import type { SmokeStep } from "../../components/smoke-steps/smoke-step.ts";
import { systemClock } from "../../delivery/clock/system-clock.ts";
import { isCounted } from "../../delivery/guard/counters.ts";
import { connectionsTo } from "../../delivery/http/request.ts";
import { Credentials } from "../../delivery/smoke/credentials.ts";
import { Session } from "../../delivery/smoke/session.ts";
import type { KnownUser } from "./curl-lines.ts";

/** What the visitors met. */
export interface Visits {
  readonly requests: number;
  /** Requests that were not answered as they should be. */
  readonly failed: number;
}

export interface VisitorsOptions {
  /** Where requests go in. */
  readonly gateway: string;
  /** The service's smoke steps: they log in as these do, and repeat those that may be repeated. */
  readonly steps: readonly SmokeStep[];
  readonly user: KnownUser;
  readonly signal: AbortSignal;
}

/** Between two visits, in milliseconds. */
const every = 25;
/** They go home by themselves, should nobody send them: after half an hour at this pace. */
const most = (30 * 60_000) / every;
const timeout = 10_000;

/** A steady trickle of requests to a service of this machine, so that a release in front of the user has something to be judged by. */
export class Visitors implements AsyncDisposable {
  readonly #session: Session;
  readonly #agent: ReturnType<typeof connectionsTo>;
  readonly #steps: readonly SmokeStep[];
  readonly #signal = new AbortController().signal;
  readonly #underWay = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #requests = 0;
  #failed = 0;

  private constructor({ gateway, steps, user }: VisitorsOptions) {
    const url = new URL(gateway);
    this.#agent = connectionsTo(url, { maxSockets: 16 });
    this.#session = new Session({
      door: { url, headers: {} },
      credentials: new Credentials(user.username, user.password),
      clock: systemClock,
      stepTimeoutMs: timeout,
      agent: this.#agent,
    });
    this.#steps = steps.filter(({ repeatable, path }) => repeatable === true && isCounted(path));
  }

  /** Logs in, and begins. */
  static async arrive(options: VisitorsOptions): Promise<Visitors> {
    const visitors = new Visitors(options);
    for (const step of options.steps.filter(({ take }) => take !== undefined))
      await visitors.#session.perform(step, options.signal);
    visitors.#timer = setInterval(() => {
      if (visitors.#requests >= most) clearInterval(visitors.#timer);
      else visitors.#visit();
    }, every);
    return visitors;
  }

  get visits(): Visits {
    return { requests: this.#requests, failed: this.#failed };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#underWay);
    this.#agent.destroy();
  }

  #visit(): void {
    const step = this.#steps[this.#requests % this.#steps.length];
    if (step === undefined) return;
    this.#requests += 1;
    const visit = this.#session.perform(step, this.#signal).then(({ passed }) => {
      if (!passed) this.#failed += 1;
      this.#underWay.delete(visit);
    });
    this.#underWay.add(visit);
  }
}
