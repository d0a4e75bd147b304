import type { Action, Judged } from "../gate/policy.ts";
import { ActiveSlot } from "./active-slot.ts";
import type { ReadyPods } from "./capacity.ts";
import {
  addSnapshot,
  describeJudged,
  describePods,
  judgeGuard,
  noEvidence,
  reasonOf,
  type GuardEvidence,
} from "./judging.ts";
import type { GuardSnapshot, PodSignal, ReleasePorts } from "./ports.ts";
import type { ReleaseEvent } from "./state-machine.ts";
import { messageOf } from "./persist.ts";
import { Problems } from "./problems.ts";
import type { Subject } from "./subject.ts";

type GuardPorts = Pick<ReleasePorts, "guard" | "clock" | "notifier" | "slots">;

/** A reading of the pods that is older is not moved traffic by, in milliseconds. */
const freshFor = 3_000;
/** A candidate that gives no counters for so long while the active slot gives its own is out, in milliseconds. */
const silenceLimit = 6_000;
/** The active slot's counters are there unless they have been missing for so long, in milliseconds. */
const othersReport = 2_000;
/** Between two tries to give the active slot its pods again, in milliseconds. */
const restoreEvery = 1_000;

/** The fast lane at work: watches while there is traffic on the candidate, and tells of what calls for an answer. */
export class GuardTask {
  readonly #subject: Subject;
  readonly #ports: GuardPorts;
  readonly #tell: (event: ReleaseEvent) => void;
  #stop: AbortController | undefined;
  #done: Promise<void> = Promise.resolve();
  #percent = 0;
  #moving = false;
  #latest: GuardSnapshot | undefined;
  #activeSlot: ActiveSlot;
  #first = Promise.withResolvers<undefined>();

  constructor(subject: Subject, ports: GuardPorts, tell: (event: ReleaseEvent) => void) {
    this.#subject = subject;
    this.#ports = ports;
    this.#tell = tell;
    this.#activeSlot = new ActiveSlot(subject);
  }

  /** The last snapshot of the watch that is on. */
  get latest(): GuardSnapshot | undefined {
    return this.#latest;
  }

  /** Ready pods by the last reading, also of a watch that has ended; `undefined` where that is too old to move traffic by. */
  get readyPods(): ReadyPods | undefined {
    const { podsAt = null, active, candidate } = this.#latest ?? {};
    if (podsAt === null || active === undefined || candidate === undefined) return undefined;
    const age = this.#ports.clock.now() - podsAt;
    return age < 0 || age > freshFor ? undefined : { active: active.ready, candidate: candidate.ready };
  }

  /** What the last reading said of pods is known to be wrong by now. */
  forgetPods(): void {
    this.#latest = undefined;
  }

  /** There is nothing to roll back to at the moment. */
  get isActiveSlotEmpty(): boolean {
    return this.#activeSlot.isEmpty;
  }

  /**
   * Watches from now on, or goes on watching, with this share of the traffic on the candidate.
   *
   * @param moving whether that share is still to come, so that the active slot may have more than the rest
   */
  watch(percent: number, moving = false): void {
    this.#percent = percent;
    this.#moving = moving;
    if (this.#stop !== undefined) return;
    const stop = new AbortController();
    this.#stop = stop;
    this.#first = Promise.withResolvers();
    this.#latest = undefined;
    this.#activeSlot = new ActiveSlot(this.#subject);
    this.#done = this.#run(stop.signal).catch((error: unknown) => {
      if (stop.signal.aborted) return;
      // Traffic must not stay on a candidate that nobody watches.
      this.#tell({ type: "failed", reason: "internal_error", detail: `the guard broke down: ${messageOf(error)}` });
    });
  }

  /** Stops watching. What was counted is forgotten: the next watch begins anew. */
  async end(): Promise<void> {
    this.#stop?.abort();
    this.#stop = undefined;
    await this.#done;
  }

  /** Resolves when the first snapshot is there: what comes after it is the release's doing. */
  started(): Promise<undefined> {
    return this.#first.promise;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { candidate, active, plan, emergency = false } = this.#subject;
    const { guard, clock, notifier } = this.#ports;
    const problems = new Problems((problem) => {
      notifier.trouble(`guard: ${problem}`);
    });
    const disruptions = new Disruptions();
    const restore = this.#restorer(signal);
    let evidence: GuardEvidence = noEvidence;
    let percent = this.#percent;
    let seenAt = clock.monotonic();
    const watch = { candidate, active, slowAbove: plan.thresholds.latency.seconds };
    for await (const snapshot of guard.watch(watch, signal)) {
      if (signal.aborted) return;
      // What a broken version did to users before is what the kept one is compared with, also at 100 %.
      const compared = emergency ? Math.min(this.#percent, 99) : this.#percent;
      evidence = addSnapshot(evidence, snapshot, compared, percent !== this.#percent);
      percent = this.#percent;
      this.#latest = snapshot;
      this.#first.resolve(undefined);
      problems.see(snapshot.problems, clock.monotonic());
      const { action, judged } = judgeGuard(evidence, snapshot, plan);
      const pods = describePods(snapshot.candidate);
      const told = `guard: ${describeJudged(judged)}${pods === "" ? "" : `; ${pods}`}`;
      for (const event of disruptions.see(snapshot.candidate.signals)) this.#tell(event);
      if (emergency) for (const event of sharedFaults(judged)) this.#tell(event);
      // There must be pods to go back to, and pods of a version that is broken are not missed.
      if (!emergency || snapshot.active.ready > 0) this.#answer(action, told, judged);
      if (emergency) continue;

      const share = this.#moving ? Math.min(percent, 99) : percent;
      const { events, restoreTo } = this.#activeSlot.see(snapshot, share, clock.monotonic());
      for (const event of events) this.#tell(event);
      if (restoreTo !== undefined) restore(restoreTo);

      if (snapshot.candidate.read > 0) seenAt = clock.monotonic();
      this.#answerSilence(snapshot, clock.monotonic() - seenAt);
    }
    if (!signal.aborted) throw new Error("it ended by itself");
  }

  /** @param blindFor milliseconds since any of the candidate's pods gave its counters */
  #answerSilence({ candidate, active, problems }: GuardSnapshot, blindFor: number): void {
    const { plan } = this.#subject;
    if (candidate.silentMs >= silenceLimit && active.pods > 0 && active.silentMs < othersReport) {
      const why = candidate.down[0]?.detail ?? problems[0];
      const detail = `guard: the candidate has given no counters for ${(candidate.silentMs / 1000).toFixed(0)} s, and ${this.#subject.active} gives its own`;
      const cause = { metric: "guard", reason: "metrics_unavailable", response: "rollback" } as const;
      this.#answer({ kind: "rollback", causes: [cause] }, why === undefined ? detail : `${detail}: ${why}`);
    } else if (blindFor > plan.resumeWithin) {
      const response = plan.policies.metricsUnavailable.policy;
      const cause = { metric: "guard", reason: "metrics_unavailable", response };
      const detail = `guard: none of the candidate's ${candidate.pods} pods answered for ${(blindFor / 1000).toFixed(0)} s`;
      this.#answer({ kind: response === "warn" ? "proceed" : response, causes: [cause] }, detail);
    }
  }

  /** Gives the active slot its pods again, one request at a time. What does not succeed is tried again at a later reading. */
  #restorer(signal: AbortSignal): (replicas: number) => void {
    const { slots, clock, notifier } = this.#ports;
    const { active } = this.#subject;
    let next = -Infinity;
    const restore = async (replicas: number): Promise<void> => {
      try {
        const { desired } = await slots.count(active, signal);
        if (desired < replicas) await slots.scale(active, replicas, signal);
      } catch (error) {
        if (!signal.aborted) notifier.trouble(`guard: ${active} cannot be given its pods: ${messageOf(error)}`);
      }
      next = clock.monotonic() + restoreEvery;
    };
    return (replicas) => {
      if (clock.monotonic() < next) return;
      next = Infinity;
      void restore(replicas);
    };
  }

  #answer(action: Action, detail: string, evidence?: unknown): void {
    for (const event of eventsOf(action, detail, evidence)) this.#tell(event);
  }
}

/** What a candidate's pods suffered from the platform: said once each, since the release goes on where they are replaced in time. */
class Disruptions {
  readonly #told = new Set<string>();

  see(signals: readonly PodSignal[]): readonly ReleaseEvent[] {
    return signals.flatMap(({ kind, pod, detail }): readonly ReleaseEvent[] => {
      const line = `guard: ${pod}: ${detail}`;
      if (kind !== "disrupted" || this.#told.has(line)) return [];
      this.#told.add(line);
      return [{ type: "noted", detail: `${line}; not the version's doing, another pod is waited for` }];
    });
  }
}

/** A kept version above a limit that is not told apart from what it took over from: users hear of it, and it stays. */
function sharedFaults(judged: readonly Judged[]): readonly ReleaseEvent[] {
  return judged.flatMap(({ metric, verdict }): readonly ReleaseEvent[] => {
    const isShared = verdict.kind === "HOLD" || (verdict.kind === "TOO_FEW" && verdict.reason === "comparison_pending");
    const detail = `guard: ${describeJudged(judged)}; no worse than what served before`;
    return isShared ? [{ type: "warned", metric, detail, evidence: judged }] : [];
  });
}

/** What an action amounts to for the release: warnings first, then what is decided. Waiting and proceeding are nothing to tell. */
export function eventsOf(action: Action, detail: string, evidence?: unknown): readonly ReleaseEvent[] {
  const warnings = action.causes
    .filter(({ response }) => response === "warn")
    .map(({ metric }): ReleaseEvent => ({ type: "warned", metric, detail, evidence }));
  if (action.kind === "wait" || action.kind === "proceed") return warnings;
  const type = action.kind === "rollback" ? "failed" : "held";
  return [...warnings, { type, reason: reasonOf(action), detail, evidence }];
}
