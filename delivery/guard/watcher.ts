import { labelKeys } from "../../components/names/labels.ts";
import type { Pod } from "../cluster/resources.ts";
import { quantile, type Quantile } from "../gate/quantile.ts";
import type { Clock, GuardSnapshot, Slot, SlotSnapshot } from "../release/ports.ts";
import { readCounters, slowerThan, type Counts } from "./counters.ts";
import type { PodSource } from "./pod-source.ts";
import { endsByNode, isDisrupted } from "./disruption.ts";
import { endsOf, signalsBetween } from "./signals.ts";
import { Tally } from "./tally.ts";
import { WatchedPod } from "./watched-pod.ts";
import { WatchedSlot } from "./watched-slot.ts";

const groups = ["candidate", "active"] as const;
type Group = (typeof groups)[number];

/** A slot's snapshot, and what people want to see beside it. */
export interface WatchedSlotSnapshot extends SlotSnapshot {
  /** For people: 95 % of the watch's requests took at most this long; `null` without any. */
  readonly p95: Quantile | null;
}

export interface WatchedSnapshot extends GuardSnapshot {
  readonly candidate: WatchedSlotSnapshot;
  readonly active: WatchedSlotSnapshot;
}

/** Whose pods are watched. */
export interface Watched {
  /** Without a template every pod in the slot is the candidate's. */
  readonly candidate: { readonly slot: Slot; readonly template?: string };
  readonly active: Slot;
  /** In seconds: a request that took longer is slow. Infinity: durations do not matter. */
  readonly slowAbove: number;
}

/** Lists and reads the pods of both slots when it is told to, and adds up what they show. */
export class Watcher {
  readonly #source: PodSource;
  readonly #clock: Clock;
  readonly #watch: Watched;
  readonly #tally = new Tally();
  readonly #slots: Readonly<Record<Group, WatchedSlot>> = { candidate: new WatchedSlot(), active: new WatchedSlot() };
  /** UIDs of pods whose end was told. */
  readonly #ended = new Set<string>();
  #listed = false;
  /** Instant of the last list. */
  #listedAt: number | null = null;
  #listProblem: string | undefined;

  constructor(source: PodSource, clock: Clock, watch: Watched) {
    this.#source = source;
    this.#clock = clock;
    this.#watch = watch;
  }

  /** Pods that are read. */
  get pods(): number {
    return groups.reduce((sum, group) => sum + this.#slots[group].pods.size, 0);
  }

  /** Looks which pods there are. A list that fails leaves the pods as they were. */
  async refresh(signal: AbortSignal): Promise<void> {
    let list: readonly Pod[];
    try {
      list = await this.#source.list(signal);
      this.#listProblem = undefined;
    } catch (error) {
      signal.throwIfAborted();
      this.#listProblem = `the pods cannot be listed: ${messageOf(error)}`;
      return;
    }
    const now = this.#clock.monotonic();
    for (const group of groups) {
      const slot = this.#slots[group];
      const pods = new Map<string, WatchedPod>();
      for (const pod of list) {
        const uid = pod.metadata.uid ?? pod.metadata.name;
        if (this.#groupOf(pod) !== group || this.#ended.has(uid)) continue;
        const known = slot.pods.get(uid);
        // A pod that is told to end ends, as it should: the replica router takes pods away while others of theirs serve.
        const isLeaving = pod.metadata.deletionTimestamp !== undefined;
        // What happened before the first list happened before the watch.
        if (this.#listed && (!isLeaving || isDisrupted(pod))) {
          slot.tell(signalsBetween(known?.pod, pod));
          slot.excuse(isDisrupted(pod) ? 0 : endsByNode(known?.pod, pod));
        }
        this.#tally.meet(uid, group, isLeaving ? 0 : endsOf(pod), this.#listed);
        if (hasEnded(pod)) {
          this.#ended.add(uid);
          continue;
        }
        const watched = known ?? new WatchedPod(pod);
        watched.see(pod, now);
        pods.set(uid, watched);
      }
      slot.see(pods, now);
    }
    this.#listed = true;
    this.#listedAt = this.#clock.now();
  }

  /**
   * Reads all pods once. Waits for their answers until `budgetMs` has passed; those that come later count in the next round,
   * and a pod is not asked again before it has answered.
   */
  async round(budgetMs: number, signal: AbortSignal): Promise<WatchedSnapshot> {
    const reads = groups
      .flatMap((group) => [...this.#slots[group].pods])
      .filter(([, { reading }]) => !reading)
      .map(([uid, pod]) => this.#read(uid, pod, signal));
    const done = new AbortController();
    await Promise.race([
      Promise.all(reads),
      this.#clock.sleep(budgetMs, AbortSignal.any([signal, done.signal])).catch(() => undefined),
    ]);
    done.abort();
    signal.throwIfAborted();
    return this.#snapshot();
  }

  async #read(uid: string, watched: WatchedPod, signal: AbortSignal): Promise<void> {
    watched.reading = true;
    try {
      const page = await this.#source.read(watched.pod, signal);
      this.#tally.record(uid, readCounters(page));
      watched.answer(this.#clock.monotonic());
    } catch (error) {
      if (!signal.aborted) watched.fail(error, this.#clock.monotonic());
    } finally {
      watched.reading = false;
    }
  }

  #groupOf({ metadata: { labels = {} } }: Pod): Group | undefined {
    const { candidate, active } = this.#watch;
    const slot = labels[labelKeys.slot];
    // The slot alone is not enough: pods of an earlier candidate may still be on their way out.
    if (slot === candidate.slot)
      return [undefined, labels[labelKeys.template]].includes(candidate.template) ? "candidate" : undefined;
    return slot === active ? "active" : undefined;
  }

  #snapshot(): WatchedSnapshot {
    const problems: string[] = this.#listProblem === undefined ? [] : [this.#listProblem];
    const [candidate, active] = [this.#slotSnapshot("candidate", problems), this.#slotSnapshot("active", problems)];
    return { at: this.#clock.now(), podsAt: this.#listedAt, candidate, active, problems };
  }

  #slotSnapshot(group: Group, problems: string[]): WatchedSlotSnapshot {
    const slot = this.#slots[group];
    const counts = this.#tally.counts(group);
    const { slowAbove } = this.#watch;
    const slow = slowAbove === Infinity ? 0 : slowerThan(counts, slowAbove);
    for (const { problem } of slot.pods.values()) if (problem !== undefined) problems.push(problem);
    if (slow === undefined)
      problems.push(`no histogram bucket of the ${group} pods ends at ${slowAbove} s: latency is not guarded`);
    for (const pod of slot.pods.values()) slot.tell(pod.news());
    const present = slot.present;
    const snapshot = {
      requests: counts.requests,
      errors: counts.errors,
      slow: slow ?? 0,
      slowKnown: slow !== undefined,
      read: present.filter(({ answered }) => answered).length,
      pods: present.length,
      ready: present.filter(({ isReady }) => isReady).length,
      restarts: this.#tally.restarts(group) - slot.excused,
      silentMs: slot.silentMs,
      down: slot.down,
      signals: slot.signals,
      p95: p95Of(counts),
    };
    for (const pod of slot.pods.values()) pod.answered = false;
    return snapshot;
  }
}

function p95Of({ timed, within }: Counts): Quantile | null {
  const edges = [...within].map(([le, count]) => ({ le, count }));
  return quantile(0.95, [...edges, { le: Infinity, count: timed }]);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function hasEnded({ status }: Pod): boolean {
  return status?.phase === "Failed" || status?.phase === "Succeeded";
}
