import { add, noCounts, subtract, type Counts, type PodCounters } from "./counters.ts";
import { ExpositionError } from "./exposition.ts";

/** Seconds that a process may seem to have moved its own start by (some clients compute it anew for each page). */
const startJitter = 1;

interface PodTally {
  readonly group: string;
  /** Count from zero, because the pod was born while we watched. */
  readonly fresh: boolean;
  /** Ends of its containers when the pod was first seen. */
  readonly endsAtFirst: number;
  ends: number;
  /** What processes of this pod that are gone had counted. */
  past: Counts;
  /** What does not count: what was there when the watch began. */
  before: Counts;
  latest: PodCounters | undefined;
  /** Ends of its containers when `latest` was read. */
  endsAtLatest: number;
}

/**
 * Adds up the counters of many pods, in groups (the slots), since the watch began. Exact across what happens to pods: a restarted process
 * begins at zero and its forerunner's last counts stay; a pod that is gone keeps its last counts; a pod that appears later counts
 * from zero; what a pod had counted before the watch does not count.
 */
export class Tally {
  readonly #pods = new Map<string, PodTally>();

  /**
   * Makes a pod known, or updates how often its containers have ended. `fresh`: it was born after the watch began, so all that it
   * counted is ours; else its first page is where counting starts.
   */
  meet(uid: string, group: string, ends: number, fresh: boolean): void {
    const known = this.#pods.get(uid);
    if (known === undefined) {
      this.#pods.set(uid, {
        group,
        fresh,
        endsAtFirst: ends,
        ends,
        past: noCounts,
        before: noCounts,
        latest: undefined,
        endsAtLatest: ends,
      });
    } else known.ends = Math.max(known.ends, ends);
  }

  /**
   * Takes in a page of a pod that was met before. Pages of one pod must come in their order. Throws an ExpositionError, and takes nothing in,
   * where a counter fell in a process that says that it is the one of before.
   */
  record(uid: string, page: PodCounters): void {
    const pod = this.#pods.get(uid);
    if (pod === undefined) throw new Error(`the pod ${uid} was not met before its counters were read`);
    if (pod.latest === undefined) {
      // Restarted between the first look and the first page: its process is younger than the watch.
      if (!pod.fresh && pod.ends === pod.endsAtFirst) pod.before = page.counts;
    } else if (isAnotherProcess(pod.latest, page, pod.ends > pod.endsAtLatest))
      pod.past = add(pod.past, pod.latest.counts);
    pod.latest = page;
    pod.endsAtLatest = pod.ends;
  }

  /** What the group's pods have counted since the watch began, those that are gone included. */
  counts(group: string): Counts {
    let sum = noCounts;
    for (const pod of this.#pods.values())
      if (pod.group === group && pod.latest !== undefined)
        sum = add(sum, subtract(add(pod.past, pod.latest.counts), pod.before));
    return sum;
  }

  /** Ends of containers in the group since the watch began. */
  restarts(group: string): number {
    let sum = 0;
    for (const pod of this.#pods.values()) if (pod.group === group) sum += pod.ends - (pod.fresh ? 0 : pod.endsAtFirst);
    return sum;
  }
}

/**
 * Counters never fall and never vanish while a process lives: where one did, and the process does not say when it started, it is another.
 *
 * @param ended a container of the pod ended in between
 */
function isAnotherProcess(earlier: PodCounters, later: PodCounters, ended: boolean): boolean {
  const [before, now] = [earlier.processStart, later.processStart];
  const moved = before === undefined || now === undefined ? undefined : now - before;
  if (moved !== undefined && moved > startJitter) return true;
  for (const [key, counted] of earlier.series) {
    const counts = later.series.get(key);
    if (counts !== undefined && counts >= counted) continue;
    if (moved === undefined || ended) return true;
    const fell = `has ${key} at ${counts ?? "nothing"}, which was at ${counted}`;
    throw new ExpositionError(0, `${fell}, and its process is the same`);
  }
  return false;
}
