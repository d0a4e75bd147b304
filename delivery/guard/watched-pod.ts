import { foreignFault, ownContainers } from "../cluster/own-containers.ts";
import type { Pod } from "../cluster/resources.ts";
import type { PodSignal } from "../release/ports.ts";
import { containersAreReady, isDisrupted } from "./disruption.ts";
import { ExpositionError } from "./exposition.ts";
import { PodSilentError } from "./pod-source.ts";

/**
 * What lasts no longer is no news, in milliseconds. It is also the time in which the kubelet tells of a container's end, which
 * shows first as a pod that does not answer.
 */
export const hiccupMs = 3_000;

/** Whether something has lasted for longer than a hiccup, by what was seen of it. Times are those of the monotonic clock. */
export class Lasting {
  #since: number | undefined;
  #last = 0;

  see(is: boolean, now: number): void {
    this.#since = is ? (this.#since ?? now) : undefined;
    this.#last = now;
  }

  get is(): boolean {
    return this.#since !== undefined && this.ms >= hiccupMs;
  }

  /** For how long, in milliseconds. */
  get ms(): number {
    return this.#since === undefined ? 0 : this.#last - this.#since;
  }
}

/** A pod as the guard knows it: what the cluster says of it, and how its reads went. */
export class WatchedPod {
  pod: Pod;
  /** A read is under way. */
  reading = false;
  /** It answered since the last snapshot. */
  answered = false;
  /** Why its last read failed. */
  problem: string | undefined;
  readonly #unready = new Lasting();
  /** It is to blame for giving no page. */
  readonly #silent = new Lasting();
  /** It gives no page, whoever is to blame. */
  readonly #mute = new Lasting();
  /** A pod that has yet to become ready for the first time is one that starts. */
  #wasReady = false;
  #silence: PodSignal | undefined;
  #told: PodSignal["kind"] | undefined;

  constructor(pod: Pod) {
    this.pod = pod;
  }

  /** Somebody wants it to end. */
  get isLeaving(): boolean {
    return this.pod.metadata.deletionTimestamp !== undefined || isDisrupted(this.pod);
  }

  /** For how long it has given no page, in milliseconds. */
  get silentMs(): number {
    return this.isLeaving ? 0 : this.#mute.ms;
  }

  get isReady(): boolean {
    const { phase, conditions } = this.pod.status ?? {};
    return phase === "Running" && conditions?.find(({ type }) => type === "Ready")?.status !== "False";
  }

  /** Takes in what the cluster says of it at `now`. */
  see(pod: Pod, now: number): void {
    this.pod = pod;
    this.#wasReady ||= this.isReady;
    this.#unready.see(this.#wasReady && !this.isReady, now);
  }

  /** It gave a page that could be read, at `now`. */
  answer(now: number): void {
    this.answered = true;
    this.problem = undefined;
    this.#silent.see(false, now);
    this.#mute.see(false, now);
  }

  /** It gave none, at `now`. */
  fail(error: unknown, now: number): void {
    const detail = error instanceof Error ? error.message : String(error);
    const { name } = this.pod.metadata;
    this.problem = `${name}: ${detail}`;
    this.#mute.see(this.#wasReady, now);
    // What fails on the way to a pod is not the pod's fault.
    if (!(error instanceof PodSilentError || error instanceof ExpositionError)) return;
    const kind = error instanceof PodSilentError && error.unreachable ? "unreachable" : "unreadable";
    // A port that refuses is the process's; what does not answer at all may have lost its node, which the cluster notices much later.
    const unknown = kind === "unreachable" && !/refused|reset/i.test(detail) && this.isReady;
    this.#silence = { kind, pod: name, detail, ...(unknown && { platform: true as const }) };
    this.#silent.see(this.#wasReady, now);
  }

  /** What it suffers from for longer than a hiccup. A pod that is told to end stops answering, as it should. */
  get down(): PodSignal | undefined {
    if (this.isLeaving) return undefined;
    const { name } = this.pod.metadata;
    // A port that is reached by way of somebody else's container goes with that one.
    const foreign = ownContainers(this.pod).every(({ ready }) => ready === true) ? foreignFault(this.pod) : undefined;
    if (this.#silent.is) {
      if (this.#silence === undefined || foreign === undefined) return this.#silence;
      return { ...this.#silence, detail: `${this.#silence.detail}; ${foreign}`, platform: true };
    }
    if (!this.#unready.is) return undefined;
    if (foreign !== undefined) return { kind: "unready", pod: name, detail: foreign, platform: true };
    if (containersAreReady(this.pod)) {
      const detail = "its node is not heard of, and reported its containers as ready before";
      return { kind: "unready", pod: name, detail, platform: true };
    }
    const why = this.pod.status?.conditions?.find(({ type }) => type === "Ready")?.message ?? "no reason given";
    return { kind: "unready", pod: name, detail: `it is not ready any more: ${why}` };
  }

  /** What it suffers from, once for as long as it does. */
  news(): readonly PodSignal[] {
    const { down } = this;
    const isNews = down !== undefined && down.kind !== this.#told;
    this.#told = down?.kind;
    return isNews ? [down] : [];
  }
}
