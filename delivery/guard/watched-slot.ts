import type { PodSignal } from "../release/ports.ts";
import { Lasting, type WatchedPod } from "./watched-pod.ts";

const mostSignals = 20;

/** The pods of one slot as the guard knows them. */
export class WatchedSlot {
  readonly #barren = new Lasting();
  #pods = new Map<string, WatchedPod>();
  #signals: readonly PodSignal[] = [];
  #excused = 0;

  /** All that are read, by their UID: those that are told to end may still serve. */
  get pods(): ReadonlyMap<string, WatchedPod> {
    return this.#pods;
  }

  /** Those that are meant to serve. */
  get present(): readonly WatchedPod[] {
    return [...this.#pods.values()].filter(({ isLeaving }) => !isLeaving);
  }

  /** What happened, the newest last. */
  get signals(): readonly PodSignal[] {
    return this.#signals;
  }

  /** Takes in who there is at `now`. */
  see(pods: Map<string, WatchedPod>, now: number): void {
    this.#pods = pods;
    this.#barren.see(!this.present.some(({ isReady }) => isReady), now);
  }

  /** Whoever should serve and does not, for longer than a hiccup; the slot as a whole where nobody does. */
  get down(): readonly PodSignal[] {
    const pods = this.present;
    const down = pods.map((pod) => pod.down).filter((signal) => signal !== undefined);
    if (down.length > 0 || !this.#barren.is) return down;
    const detail = pods.length === 0 ? "it has no pods" : `none of its ${pods.length} pods is ready`;
    // No pod is known to have become unready by itself: they were taken away, or start.
    return [{ kind: "unready", pod: "", detail, platform: true }];
  }

  /** Ends of containers that were not the version's doing. */
  get excused(): number {
    return this.#excused;
  }

  excuse(ends: number): void {
    this.#excused += ends;
  }

  /** The longest that one of them has given no page, in milliseconds. */
  get silentMs(): number {
    return Math.max(0, ...this.present.map(({ silentMs }) => silentMs));
  }

  tell(signals: readonly PodSignal[]): void {
    this.#signals = [...this.#signals, ...signals].slice(-mostSignals);
  }
}
