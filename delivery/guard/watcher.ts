import { labelKeys } from "../../components/names/labels.ts";
import type { Pod } from "../cluster/resources.ts";
import type { Clock, GuardSnapshot, Slot, SlotSnapshot } from "../release/ports.ts";
import { quantile, type Quantile } from "../gate/quantile.ts";
import { readCounters, slowerThan, type Counts } from "./counters.ts";
import { ExpositionError } from "./exposition.ts";
import { PodSilentError, type PodSource } from "./pod-source.ts";
import { endsOf, signalsBetween, type PodSignal } from "./signals.ts";
import { Tally } from "./tally.ts";

type Group = "candidate" | "active";

/** A slot's counts, and what people want to see beside them. */
export interface WatchedSlot extends SlotSnapshot {
  /** For people: 95 % of the watch's requests took at most this long; `null` without any. */
  readonly p95: Quantile | null;
  /** What happened to its pods, the newest last; at most 20. */
  readonly signals: readonly PodSignal[];
}

export interface WatchedSnapshot extends GuardSnapshot {
  readonly candidate: WatchedSlot;
  readonly active: WatchedSlot;
  /** Why a count may be missing, for people. */
  readonly problems: readonly string[];
}

/** Whose pods are watched. */
export interface Watched {
  /** Without a template every pod in the slot is the candidate's. */
  readonly candidate: { readonly slot: Slot; readonly template?: string };
  readonly active: Slot;
  /** In seconds: a request that took longer is slow. Infinity: durations do not matter. */
  readonly slowAbove: number;
}

interface WatchedPod {
  readonly group: Group;
  pod: Pod;
  /** A read is under way. */
  reading: boolean;
  /** It answered since the last snapshot. */
  answered: boolean;
  /** Since when it has given no page, on the monotonic clock. */
  silentSince: number | undefined;
  silence: PodSignal | undefined;
  /** Why its last read failed. */
  problem: string | undefined;
}

/** A pod that misses a read or two is no news. */
const hiccupMs = 1_000;
const mostSignals = 20;

/** Lists and reads the pods of both slots when it is told to, and adds up what they show. */
export class Watcher {
  readonly #source: PodSource;
  readonly #clock: Clock;
  readonly #watch: Watched;
  readonly #tally = new Tally();
  readonly #signals: Record<Group, PodSignal[]> = { candidate: [], active: [] };
  #pods = new Map<string, WatchedPod>();
  #listed = false;
  #listProblem: string | undefined;

  constructor(source: PodSource, clock: Clock, watch: Watched) {
    this.#source = source;
    this.#clock = clock;
    this.#watch = watch;
  }

  /** Pods that are read. */
  get pods(): number {
    return this.#pods.size;
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
    const known = this.#pods;
    this.#pods = new Map();
    for (const pod of list) {
      const uid = pod.metadata.uid ?? pod.metadata.name;
      const group = this.#groupOf(pod);
      if (group === undefined) continue;
      const before = known.get(uid);
      // What happened before the first list happened before the watch.
      if (this.#listed) this.#tell(group, signalsBetween(before?.pod, pod));
      this.#tally.meet(uid, group, endsOf(pod), this.#listed);
      if (hasEnded(pod)) continue;
      const fresh: WatchedPod = {
        group,
        pod,
        reading: false,
        answered: false,
        silentSince: undefined,
        silence: undefined,
        problem: undefined,
      };
      this.#pods.set(uid, before === undefined ? fresh : Object.assign(before, { pod }));
    }
    this.#listed = true;
  }

  /**
   * Reads all pods once. Waits for their answers until `budgetMs` has passed; those that come later count in the next round,
   * and a pod is not asked again before it has answered.
   */
  async round(budgetMs: number, signal: AbortSignal): Promise<WatchedSnapshot> {
    const reads = [...this.#pods]
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

  async #read(uid: string, pod: WatchedPod, signal: AbortSignal): Promise<void> {
    pod.reading = true;
    try {
      const page = await this.#source.read(pod.pod, signal);
      this.#tally.record(uid, readCounters(page));
      pod.answered = true;
      pod.silentSince = undefined;
      pod.silence = undefined;
      pod.problem = undefined;
    } catch (error) {
      if (!signal.aborted) this.#noteSilence(pod, error);
    } finally {
      pod.reading = false;
    }
  }

  #noteSilence(pod: WatchedPod, error: unknown): void {
    const { name } = pod.pod.metadata;
    pod.problem = `${name}: ${messageOf(error)}`;
    const blamed = error instanceof PodSilentError || error instanceof ExpositionError;
    // A pod that is told to end stops answering, as it should.
    if (!blamed || isLeaving(pod.pod)) return;
    const now = this.#clock.monotonic();
    pod.silentSince ??= now;
    if (pod.silence !== undefined || now - pod.silentSince < hiccupMs) return;
    const kind = error instanceof PodSilentError && error.unreachable ? "unreachable" : "unreadable";
    pod.silence = { kind, pod: name, detail: messageOf(error) };
    this.#tell(pod.group, [pod.silence]);
  }

  #tell(group: Group, signals: readonly PodSignal[]): void {
    this.#signals[group] = [...this.#signals[group], ...signals].slice(-mostSignals);
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
    const problems = [this.#listProblem, ...[...this.#pods.values()].map(({ problem }) => problem)].filter(
      (problem) => problem !== undefined,
    );
    const slot = (group: Group): WatchedSlot => {
      const counts = this.#tally.counts(group);
      const slow = this.#watch.slowAbove === Infinity ? 0 : slowerThan(counts, this.#watch.slowAbove);
      if (slow === undefined)
        problems.push(
          `no histogram bucket of the ${group} pods ends at ${this.#watch.slowAbove} s: latency is not guarded`,
        );
      const present = [...this.#pods.values()].filter(({ group: of, pod }) => of === group && !isLeaving(pod));
      return {
        requests: counts.requests,
        errors: counts.errors,
        slow: slow ?? 0,
        read: present.filter(({ answered }) => answered).length,
        pods: present.length,
        restarts: this.#tally.restarts(group),
        p95: p95Of(counts),
        signals: this.#signals[group],
      };
    };
    const snapshot = { at: this.#clock.now(), candidate: slot("candidate"), active: slot("active"), problems };
    for (const pod of this.#pods.values()) pod.answered = false;
    return snapshot;
  }
}

function p95Of({ timed, within }: Counts): Quantile | null {
  const edges = [...within].map(([le, count]) => ({ le, count }));
  return quantile(0.95, [...edges, { le: Infinity, count: timed }]);
}

function hasEnded({ status }: Pod): boolean {
  return status?.phase === "Failed" || status?.phase === "Succeeded";
}

function isLeaving({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
