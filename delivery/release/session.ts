import type { Ledger } from "../../components/ledger/ledger.ts";
import { isUnread, wordOf } from "../../components/ledger/open.ts";
import type { ReleaseUnderWay } from "../../components/ledger/release-record.ts";
import { otherSlot, type SlotName } from "../../components/names/slot-name.ts";
import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import { AutoscaledSlots, SlotAutoscalers } from "../cluster/autoscalers.ts";
import type { ClusterApi, FencedWriter, WatchApi } from "../cluster/api.ts";
import { Fence } from "../cluster/fence.ts";
import { judgedObjects } from "../cluster/judged-objects.ts";
import type { HeldLease } from "../cluster/lease.ts";
import { DeploymentSlots } from "../cluster/slots.ts";
import { LedgerJournal } from "../ledger/journal.ts";
import { LedgerApproval } from "../ledger/requests.ts";
import type { LedgerStore } from "../ledger/store.ts";
import type { QueryCounter } from "../metrics/query-counter.ts";
import { basisOf } from "./basis.ts";
import { within } from "./deadline.ts";
import {
  chooseCandidate,
  opened,
  ReleaseRefusedError,
  subjectOf,
  type ReleaseRequest,
  type SlotsFound,
} from "./opening.ts";
import type { JudgedObject } from "./judged-object.ts";
import { ConvergeError, type Clock, type ReleasePorts } from "./ports.ts";
import { unreadyReason } from "./pods.ts";
import { refuseWithoutRights } from "./rights.ts";
import { ReleaseRunner, type RunEnd, type RunStart } from "./runner.ts";
import { takeFence, type Taken } from "./shut-out.ts";
import { endOf, takeOver, type ReleaseEvent } from "./state-machine.ts";
import type { Subject } from "./subject.ts";

/** What a session has made for whoever makes the adapters. */
export interface SessionTools {
  readonly cluster: ClusterApi & WatchApi;
  readonly clock: Clock;
  /** All writes to the cluster go through it. */
  readonly writer: FencedWriter;
  readonly slots: DeploymentSlots;
  readonly plan: ReleasePlan;
}

export type Adapters = Pick<ReleasePorts, "router" | "guard" | "gate" | "smoke" | "synthetic" | "notifier">;

export interface SessionOptions {
  readonly cluster: ClusterApi & WatchApi;
  readonly clock: Clock;
  readonly store: LedgerStore;
  /** As the environment publishes it. */
  readonly plan: ReleasePlan;
  /** Unique in the world, and telling for people: `anna@laptop 4711`. */
  readonly holder: string;
  /**
   * Stages what is to be released (`pulumi up`, or a kept template), or rejects. Resolves with the plan to follow from then on: an `up` may have
   * published another one. @default it is staged already
   */
  readonly prepare?: ((tools: SessionTools, ledger: Ledger, signal: AbortSignal) => Promise<ReleasePlan>) | undefined;
  readonly adapters: (tools: SessionTools, subject: Subject) => Adapters;
  /** What a release is judged by beside counts. @default all that a plan's release rests on */
  readonly judged?: (tools: SessionTools) => readonly JudgedObject[];
  /** Told of the release that is opened or taken up, before anything is done about it. */
  readonly onRelease?: ((release: ReleaseUnderWay) => void) | undefined;
  /** What is asked of Prometheus. @default nothing is counted */
  readonly queries?: QueryCounter;
  /** Told once for each holder of the lease that is waited for. */
  readonly onWait?: (holder: string) => void;
}

export interface SessionSignals {
  /** Take the release back and end. */
  readonly abort: AbortSignal;
  /** End without acting; somebody resumes. */
  readonly leave: AbortSignal;
}

export interface SessionEnd extends RunEnd {
  readonly id: string;
}

/** A releaser with the lease in hand. */
export class Session {
  readonly #options: SessionOptions;
  readonly #held: HeldLease;
  readonly #fence: number;
  readonly #writer: Fence;
  #tools: SessionTools;
  #releaseId: string | undefined;
  /** Not told yet: there is nobody to tell before the adapters are made. */
  readonly #troubles: string[];

  private constructor(options: SessionOptions, held: HeldLease, { fence, writer, troubles }: Taken) {
    this.#options = options;
    this.#held = held;
    this.#fence = fence;
    this.#writer = writer;
    this.#troubles = [...troubles];
    this.#tools = this.#toolsFor(options.plan);
  }

  #toolsFor(plan: ReleasePlan): SessionTools {
    const { cluster, clock } = this.#options;
    const writer = this.#writer;
    const { namespace, service, replicas } = plan;
    const slots = new DeploymentSlots({ cluster, writer, namespace, service, replicas });
    return { cluster, clock, plan, writer, slots };
  }

  /** Shuts out earlier releasers: first in the ledger, then at everything that a release moves. */
  static async begin(options: SessionOptions, held: HeldLease, signal: AbortSignal): Promise<Session> {
    const { cluster, clock, store, plan } = options;
    const check = (): void => {
      held.check();
    };
    const writerOf = (fence: number): Fence => new Fence({ cluster, clock, fence, check });
    const taken = await takeFence({ store, plan, writerOf }, AbortSignal.any([signal, held.lost]));
    held.holdWhile(async (renewing) => (await store.read(renewing)).fence === taken.fence);
    return new Session(options, held, taken);
  }

  /** The release that this session was, or is, at. */
  get releaseId(): string | undefined {
    return this.#releaseId;
  }

  ledger(): Promise<Ledger> {
    return this.#options.store.read(this.#held.lost);
  }

  /** Stages, chooses and opens a release, and runs it. */
  async open(request: ReleaseRequest, signals: SessionSignals): Promise<SessionEnd> {
    const { store, clock, prepare } = this.#options;
    const stop = AbortSignal.any([signals.abort, signals.leave, this.#held.lost]);
    // An `up` declares the role; where none comes first, nothing is staged that could not be released.
    if (request.rollback !== undefined && request.emergency !== true) await refuseWithoutRights(this.#judged(), stop);
    const broken = await this.#prepare(stop);
    const { plan } = this.#tools;
    const ledger = await store.read(stop);
    const found = await lookAtSlots(this.#tools.slots, ledger.active, stop);
    const isStaged = prepare !== undefined && broken === undefined;
    const candidate = unless(broken, () => chooseCandidate(ledger, found, request, isStaged));
    const basis = await basisOf(this.#judged(), { found, active: ledger.active, request }, stop);
    const opening = { candidate, found, plan, request, basis, at: new Date(clock.now()).toISOString() };
    stop.throwIfAborted();
    // A signal that comes while this is written has a release to take back, or to leave, and must not miss it.
    const { current } = await store.update(
      // An earlier try may have got through unanswered.
      (live) => (live.current?.startedAt === opening.at ? undefined : opened(live, opening)),
      { signal: this.#held.lost, fence: this.#fence },
    );
    if (current === null) throw new Error("the release was opened and is not in the ledger");
    if (broken === undefined) return this.#run(current, signals);
    const { ready, stuck } = found.idle;
    const reason = ready ? "converge_failed" : unreadyReason(stuck);
    return this.#run(current, signals, { type: "failed", reason, detail: stuck?.detail ?? broken.message });
  }

  /** @param end what leads to its end, where it is not to go on */
  async resume(current: ReleaseUnderWay, signals: SessionSignals, end?: ReleaseEvent): Promise<SessionEnd> {
    if (end === undefined && isUnread(current.state, "phase"))
      throw new ReleaseRefusedError(
        "different_release",
        `Release ${current.id} is ${wordOf(current.state, "phase")}, a phase that this version of atom does not know.\n` +
          "Go on with the newer version that began it, or take it back with this one: atom abort.",
      );
    const { plan } = subjectOf(current, this.#tools.plan);
    const goOn = takeOver(current.state, this.#held.deadFor, plan);
    return this.#run(current, signals, end === undefined ? goOn : endOf(current.state, end, goOn));
  }

  async #run(current: ReleaseUnderWay, { abort, leave }: SessionSignals, first?: ReleaseEvent): Promise<SessionEnd> {
    const { store, clock, adapters, queries } = this.#options;
    const { plan } = this.#tools;
    const { id, state } = current;
    queries?.begin(current.queries);
    this.#releaseId = id;
    this.#options.onRelease?.(current);
    const subject = subjectOf(current, plan);
    const journal = new LedgerJournal({
      ...{ store, fence: this.#fence, id, keep: plan.keep },
      queries: queries && (() => queries.counts),
    });
    const { cluster, writer, slots } = this.#tools;
    const autoscalers = new SlotAutoscalers({
      ...{ cluster, writer, namespace: plan.namespace, service: plan.service, held: current.minima ?? [] },
      save: (minima, signal) => journal.hold(minima, signal),
    });
    const made = adapters(this.#tools, subject);
    for (const trouble of this.#troubles.splice(0)) made.notifier.trouble(trouble);
    const ports: ReleasePorts = {
      ...made,
      clock,
      slots: new AutoscaledSlots(slots, autoscalers, plan.replicas, (note) => {
        made.notifier.trouble(note);
      }),
      autoscalers,
      judged: this.#judged(),
      journal,
      approval: new LedgerApproval(store, clock, id),
    };
    const start: RunStart = { state, journal: current.journal, first };
    const end = await new ReleaseRunner(subject, ports, start).run({ abort, leave, lost: this.#held.lost });
    return { ...end, id };
  }

  #judged(): readonly JudgedObject[] {
    return (this.#options.judged ?? judgedObjects)(this.#tools);
  }

  /** Resolves with what went wrong: what is staged all the same decides what comes of it. */
  async #prepare(stop: AbortSignal): Promise<Error | undefined> {
    const { prepare, store, clock, plan } = this.#options;
    if (prepare === undefined) return undefined;
    const ledger = await store.read(stop);
    try {
      const next = await within(clock, plan.deadlines.converge, stop, (signal) => prepare(this.#tools, ledger, signal));
      this.#tools = this.#toolsFor(next);
      return undefined;
    } catch (error) {
      stop.throwIfAborted();
      if (error instanceof ConvergeError) return error;
      throw error;
    }
  }
}

/** What is in both slots. */
export async function lookAtSlots(slots: DeploymentSlots, active: SlotName, signal: AbortSignal): Promise<SlotsFound> {
  const [idle, serving] = await Promise.all([
    slots.lookInto(otherSlot(active), signal),
    slots.lookInto(active, signal),
  ]);
  return {
    idle: idle.health,
    active: serving.health,
    templates: { idle: idle.template, active: serving.template },
  };
}

/** A candidate that cannot be chosen after a failed preparation is that failure's fault. */
function unless<T>(broken: Error | undefined, choose: () => T): T {
  try {
    return choose();
  } catch (error) {
    if (broken !== undefined && error instanceof ReleaseRefusedError) throw broken;
    throw error;
  }
}
