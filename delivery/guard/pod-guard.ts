import type { Clock, Guard, GuardWatch, Slot, Split } from "../release/ports.ts";
import type { PodSource } from "./pod-source.ts";
import { readSchedule, type ReadSchedule } from "./schedule.ts";
import type { ServedReading, ServedRequests } from "./served.ts";
import { Watcher, type WatchedSnapshot } from "./watcher.ts";

export interface PodGuardOptions {
  readonly source: PodSource;
  readonly clock: Clock;
  /** Time from one round of reads to the next where the pods are few, in milliseconds. @default 250 */
  readonly everyMs?: number;
  /** The most requests a second, lists and reads together. @default 20, which is for reads through the API server */
  readonly requestsPerSecond?: number;
}

/** Who is read, and what was. */
interface Served {
  readonly candidate: Slot;
  readonly active: Slot;
  readonly readings: ServedReading[];
}

/** Times are those of the monotonic clock. */
interface Looked extends Served {
  readonly watcher: Watcher;
  nextList: number;
  nextRound: number;
}

/** Readings that are kept for whoever asks how requests were shared out: five minutes of them. */
const keptReadings = 1_200;

/** The guard that reads the pods' own counters. It needs neither Prometheus nor a mesh. */
export class PodGuard implements Guard, ServedRequests {
  readonly #options: PodGuardOptions;
  #schedule: ReadSchedule;
  /** Of the watch that is on. */
  #watched: Served | undefined;
  /** Of the looks that were taken while no watch was on. */
  #looked: Looked | undefined;

  constructor(options: PodGuardOptions) {
    this.#options = options;
    this.#schedule = this.#scheduleFor(0);
  }

  /** How often the pods are read now; the bound on the time until a fault is seen follows from it. */
  get schedule(): ReadSchedule {
    return this.#schedule;
  }

  async *watch(watch: GuardWatch, signal: AbortSignal): AsyncGenerator<WatchedSnapshot, void, undefined> {
    const { source, clock } = this.#options;
    const watcher = new Watcher(source, clock, watch);
    const watched: Served = { candidate: watch.candidate.slot, active: watch.active, readings: [] };
    this.#watched = watched;
    let refreshing: Promise<void> | undefined;
    let nextList = -Infinity;
    try {
      while (!signal.aborted) {
        const start = clock.monotonic();
        if (refreshing === undefined && start >= nextList) {
          nextList = start + this.#schedule.listIntervalMs;
          refreshing = watcher.refresh(signal).finally(() => (refreshing = undefined));
          // Nobody may be waiting for it when the signal fires.
          refreshing.catch(() => undefined);
        }
        // Without any pod there is nothing to read before the list is there.
        if (watcher.pods === 0) await refreshing;
        this.#schedule = this.#scheduleFor(watcher.pods);
        const snapshot = await watcher.round(this.#schedule.intervalMs, signal);
        keep(watched, snapshot);
        yield snapshot;
        await clock.sleep(Math.max(0, start + this.#schedule.intervalMs - clock.monotonic()), signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      if (this.#watched === watched) this.#watched = undefined;
    }
  }

  /**
   * From the watch that is on; without one it looks for itself each time it is asked, as often as the schedule allows, and then
   * only knows what it saw itself.
   */
  async servedSince(split: Split, since: number, signal: AbortSignal): Promise<readonly ServedReading[]> {
    const { source, clock } = this.#options;
    if (this.#watched !== undefined && isOf(this.#watched, split)) return from(this.#watched, since);
    if (this.#looked === undefined || !isOf(this.#looked, split)) {
      const { candidate, active } = split;
      const watcher = new Watcher(source, clock, { candidate: { slot: candidate }, active, slowAbove: Infinity });
      this.#looked = { candidate, active, watcher, readings: [], nextList: -Infinity, nextRound: -Infinity };
    }
    const looked = this.#looked;
    const early = looked.nextRound - clock.monotonic();
    if (early > 0) await clock.sleep(early, signal);
    const now = clock.monotonic();
    if (now >= looked.nextList) {
      await looked.watcher.refresh(signal);
      looked.nextList = now + this.#scheduleFor(looked.watcher.pods).listIntervalMs;
    }
    const { intervalMs } = this.#scheduleFor(looked.watcher.pods);
    looked.nextRound = now + intervalMs;
    keep(looked, await looked.watcher.round(intervalMs, signal));
    return from(looked, since);
  }

  #scheduleFor(pods: number): ReadSchedule {
    const { everyMs, requestsPerSecond } = this.#options;
    return readSchedule(pods, everyMs, requestsPerSecond);
  }
}

function keep({ readings }: Served, { at, candidate, active }: WatchedSnapshot): void {
  const unread = candidate.read === 0 && ({ candidateUnread: true } as const);
  readings.push({ at, candidate: candidate.requests, active: active.requests, ...unread });
  if (readings.length > keptReadings) readings.shift();
}

function isOf(record: Served, split: Split): boolean {
  return record.candidate === split.candidate && record.active === split.active;
}

function from({ readings }: Served, since: number): readonly ServedReading[] {
  return readings.filter(({ at }) => at >= since);
}
