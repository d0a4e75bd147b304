import { LedgerStore } from "../../../delivery/ledger/store.ts";
import { ask, type Ask } from "../../../delivery/ledger/requests.ts";
import { stageAtFullCapacity } from "../../../delivery/release/kept.ts";
import { virtualServices, type VirtualService } from "../../../delivery/cluster/resources.ts";
import type { ClusterApi, WatchApi } from "../../../delivery/cluster/api.ts";
import { judgedObjects, type RouteKind } from "../../../delivery/cluster/judged-objects.ts";
import { observeRelease, type Observation } from "../../../delivery/release/observer.ts";
import type { ReleaseRequest } from "../../../delivery/release/opening.ts";
import type { SlotName } from "../../../components/names/slot-name.ts";
import type { Clock, GuardSnapshot, GuardWatch, StepMeasurement } from "../../../delivery/release/ports.ts";
import { rollBackNow, runRelease, takeBack } from "../../../delivery/release/releaser.ts";
import type { Adapters, SessionEnd, SessionOptions, SessionTools } from "../../../delivery/release/session.ts";
import type { Subject } from "../../../delivery/release/subject.ts";
import { slotSnapshot } from "../support/snapshots.ts";
import type { World } from "./world.ts";

const name = { namespace: "atom-staging", name: "atom" };
const guardEvery = 500;
/** A slot without ready pods is told of after so long, in milliseconds. */
const hiccup = 3_000;

/** An end that the test asks for later, and that may have come by then. */
function kept(end: Promise<SessionEnd>): Promise<SessionEnd> {
  end.catch(() => undefined);
  return end;
}

/** One process that releases. All that it does passes through {@link Releaser.alive}. */
export class Releaser {
  readonly #world: World;
  readonly #abort = new AbortController();
  readonly #leave = new AbortController();
  readonly holder: string;
  readonly clock: Clock;
  readonly cluster: ClusterApi & WatchApi;
  #dead = false;
  /** The slot that is released. */
  #stopped: Promise<void> = Promise.resolve();

  constructor(world: World, holder: string) {
    this.#world = world;
    this.holder = holder;
    this.cluster = world.cluster.client(holder, () => this.alive());
    this.clock = {
      now: () => world.clock.now(),
      monotonic: () => world.clock.monotonic(),
      sleep: async (ms, signal) => {
        try {
          await world.clock.sleep(ms, signal);
        } finally {
          await this.alive();
        }
      },
    };
  }

  /** SIGKILL: nothing that it began goes on. */
  kill(): void {
    this.#dead = true;
  }

  /** SIGSTOP; what is answered is SIGCONT. */
  stop(): () => void {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#stopped = promise.then(() => undefined);
    return () => {
      resolve(undefined);
    };
  }

  /** SIGTERM. */
  abort(): void {
    this.#abort.abort(new Error("SIGTERM"));
  }

  get isAborted(): boolean {
    return this.#abort.signal.aborted;
  }

  /** The pod is moved. */
  leave(): void {
    this.#leave.abort(new Error("leaving"));
  }

  /** Resolves while the process runs, later when it is stopped, and never when it is dead. */
  async alive(): Promise<void> {
    if (this.#dead) await new Promise(() => undefined);
    await this.#stopped;
    if (this.#dead) await new Promise(() => undefined);
  }

  release(request: Partial<ReleaseRequest> = {}, options: Partial<SessionOptions> = {}): Promise<SessionEnd> {
    return kept(runRelease(this.#options(options), { by: this.holder, ...request }, this.#signals()));
  }

  takeBack(why: string, withdraws = false): Promise<SessionEnd> {
    return kept(takeBack(this.#options({}), why, this.#signals(), withdraws));
  }

  rollBackNow(to?: string): Promise<SessionEnd> {
    const options = this.#options({ prepare: stageAtFullCapacity(to) });
    return kept(rollBackNow(options, { by: this.holder, rollback: "logins fail" }, this.#signals()));
  }

  observe(request: Partial<ReleaseRequest> = {}, options: Partial<SessionOptions> = {}): Promise<Observation> {
    return observeRelease(this.#options(options), { by: this.holder, ...request }, this.#signals());
  }

  async ask(request: Ask): Promise<void> {
    await ask(this.#store(), request, this.clock, new AbortController().signal);
  }

  #signals(): { readonly abort: AbortSignal; readonly leave: AbortSignal } {
    return { abort: this.#abort.signal, leave: this.#leave.signal };
  }

  #store(): LedgerStore {
    return new LedgerStore({ cluster: this.cluster, clock: this.clock, namespace: "atom-staging", service: "atom" });
  }

  #options(options: Partial<SessionOptions>): SessionOptions {
    return {
      cluster: this.cluster,
      clock: this.clock,
      store: this.#store(),
      plan: this.#world.plan,
      holder: this.holder,
      adapters: (tools, subject) => this.adapters(tools, subject),
      judged: (tools) => judgedObjects({ ...tools, route: this.#route() }),
      ...options,
    };
  }

  /** The route of this world, whose one weight is that of green. */
  #route(): RouteKind {
    const weightOf = ({ spec }: VirtualService): number | undefined =>
      (spec?.http?.[0] as { readonly percent?: number }).percent;
    return {
      resource: virtualServices,
      judged: ({ spec }) => ({
        ...spec,
        http: spec?.http?.map((route) => ({ ...(route as object), percent: 0, canary: 0 })),
      }),
      moved: (live) => ({ percent: weightOf(live) }),
      movedFor: ({ candidate, percent }) => ({ percent: candidate === "green" ? percent : 100 - percent }),
    };
  }

  /** What a release meets in this world. */
  adapters({ writer }: SessionTools, subject?: Pick<Subject, "candidate">): Adapters {
    const released = subject?.candidate.slot ?? "green";
    const world = this.#world;
    world.released = released;
    return {
      router: {
        shift: async ({ candidate, percent: share, withoutCanaryRoute }, signal) => {
          // The candidate serves at the end, when the other slot is where the next one will be: the route has the share of green.
          const percent = candidate === "green" ? share : 100 - share;
          await writer.write(
            virtualServices,
            name,
            ({ spec }) => {
              const { canary: live, ...route } = spec?.http?.[0] as {
                readonly percent: number;
                readonly canary?: SlotName;
              };
              const canary = withoutCanaryRoute === true ? undefined : candidate;
              if (route.percent === percent && live === canary) return undefined;
              return { spec: { http: [{ ...route, percent, ...(canary && { canary }) }] } };
            },
            { signal },
          );
        },
        confirm: async (_split, since) => {
          await this.alive();
          const detail = `the data plane is ${world.confirms}`;
          if (world.lateGateway === undefined) return { status: world.confirms, detail };
          return { status: world.confirms, detail, candidateServed: world.servedSince(since).candidate.requests };
        },
        selectSlot: async (slot, signal) => {
          await this.alive();
          return world.selectSlot(slot, writer, signal);
        },
        weight: async () => {
          await this.alive();
          return world.percent;
        },
      },
      guard: { watch: (watch, signal) => this.#watch(watch, signal) },
      gate: world.prometheus === null ? null : { measure: ({ since, percent }) => this.#measure(since, percent) },
      smoke: {
        run: async (through, signal) => {
          await this.clock.sleep(100, signal);
          const strayed = through === "candidate" && world.strays;
          if (through === "candidate") world.smoked.push(world.canary);
          const passed = world.smokePasses[through] && !strayed;
          const step = { name: "login", passed, duration: 100, ...(passed ? {} : { detail: "login: 401" }) };
          return { passed, duration: 100, steps: [step], ...(strayed && { strayed }) };
        },
      },
      synthetic: null,
      notifier: {
        notify: () => undefined,
        trouble: (detail) => {
          world.troubles.push(detail);
        },
      },
    };
  }

  async *#watch(watch: GuardWatch, signal: AbortSignal): AsyncIterable<GuardSnapshot> {
    const world = this.#world;
    let readAt = world.clock.monotonic();
    let readyAt = readAt;
    const since = world.counters().at;
    while (!signal.aborted) {
      const { at, candidate, active } = world.servedSince(since);
      const { restarts, guardProblems: problems } = world;
      const pods = (slot: SlotName): { pods: number; ready: number } => ({
        pods: Math.min(world.replicas(slot), world.quota[slot]),
        ready: world.ready(slot),
      });
      const read = world.readable ? Math.max(0, world.replicas(watch.candidate.slot) - world.down.length) : 0;
      if (world.readable) readAt = world.clock.monotonic();
      const silentMs = world.clock.monotonic() - readAt;
      const ours = pods(watch.candidate.slot);
      if (ours.ready > 0 || ours.pods === 0) readyAt = world.clock.monotonic();
      const without = world.clock.monotonic() - readyAt;
      const down =
        without < hiccup
          ? world.down
          : [{ kind: "unready", pod: "", detail: "none is ready", platform: true } as const];
      const theirs = pods(watch.active);
      yield {
        at,
        podsAt: at,
        candidate: slotSnapshot({ ...candidate, ...ours, read, restarts, silentMs, down, signals: world.signals }),
        active: slotSnapshot({ ...active, ...theirs, read: theirs.ready }),
        problems,
      };
      await this.clock.sleep(guardEvery, signal).catch(() => undefined);
    }
  }

  async #measure(since: number, percent: number): Promise<StepMeasurement> {
    await this.alive();
    if (this.#world.prometheus === "down") {
      const problem = { kind: "unreachable", detail: "connection refused" } as const;
      return { errorRate: { status: "unavailable", problem }, latency: { status: "unavailable", problem }, custom: {} };
    }
    const { candidate, active } = this.#world.servedSince(since);
    const measured = (kind: "errors" | "slow"): StepMeasurement["errorRate"] => ({
      status: "read",
      periods: [
        {
          candidate: { total: candidate.requests, bad: candidate[kind] },
          active: percent === 100 ? null : { total: active.requests, bad: active[kind] },
        },
      ],
      coverage: { pods: 2, podsRead: 2 },
    });
    return { errorRate: measured("errors"), latency: measured("slow"), custom: {} };
  }
}
