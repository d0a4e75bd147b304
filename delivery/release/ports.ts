// What a release needs from the world: one-verb interfaces, so that each can be faked in a test and exchanged in a command.
// Every method takes an AbortSignal: when it fires, the method rejects with the signal's reason as soon as it can. A method that
// changes something must reject with LeaseLostError (delivery/cluster/errors.ts) once another releaser has taken over.
// Times are milliseconds of the injected Clock; instants are milliseconds since the Unix epoch.

import type { PersonsRequest } from "../../components/ledger/release-record.ts";
import type { SlotName } from "../../components/names/slot-name.ts";
import type { Measurement } from "../gate/measurement.ts";
import type { Autoscalers } from "./pods.ts";
import type { JudgedObject } from "./judged-object.ts";
import type { JournalEntry, ReleaseState } from "./state.ts";

export type Slot = SlotName;

/** The template that is released: which slot, and the digest by which metrics, pods and quarantine know it. */
export interface Candidate {
  readonly slot: Slot;
  /** 12 hex characters, label `atom.dev/template`. */
  readonly template: string;
  /** Label `app.kubernetes.io/version`. */
  readonly version: string;
  readonly image: string;
}

export interface Clock {
  /** Instant, for records. May jump. */
  now(): number;
  /** Milliseconds from an arbitrary origin, never going back; for durations and deadlines. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** How user traffic is to be divided; the rest goes to the active slot. */
export interface Split {
  readonly active: Slot;
  readonly candidate: Slot;
  /** Percent of traffic for the candidate, 0 to 100. */
  readonly percent: number;
  /** Move the traffic and leave the pods as they are: a rollback does not wait for the exact number of pods of a share. */
  readonly podsAsTheyAre?: true;
  /** Requests with the canary header have no route of their own any more: nothing is released. @default theirs leads to the candidate */
  readonly withoutCanaryRoute?: true;
}

/** Moves user traffic. */
export interface Router {
  /**
   * Makes `split` the desired division; idempotent. Resolves when the control plane has accepted it (not: when it took effect).
   * A shift that was aborted may still take place, until the next one is accepted; it never does after that.
   * Rejects with PodsNotReadyError, with nothing moved, when the candidate does not get the pods that its share needs.
   */
  shift(split: Split, signal: AbortSignal): Promise<void>;

  /**
   * Looks once whether the data plane divides as `split` says, from what was served since `since` (an instant after `shift`
   * resolved) or from the proxies' own configuration. The runner asks again until a deadline.
   */
  confirm(split: Split, since: number, signal: AbortSignal): Promise<Confirmation>;

  /** The candidate's share of the traffic in percent, as the control plane has it now; `undefined` where that cannot be told. */
  weight(split: Split, signal: AbortSignal): Promise<number | undefined>;

  /**
   * Has the Service of the service's own name, by which callers inside the cluster reach it, select this slot alone; idempotent. Resolves to
   * whether that was a change. Does nothing where that Service is what users are routed by, or was never made to select one slot.
   */
  selectSlot(slot: Slot, signal: AbortSignal): Promise<boolean>;
}

/** The candidate did not get the pods that a share of the traffic needs. */
export class PodsNotReadyError extends Error {
  override readonly name = "PodsNotReadyError";
}

export interface Confirmation {
  /**
   * `confirmed`: seen in effect. `pending`: not yet, or not enough requests to tell. `contradicted`: enough requests were seen to
   * say that it is not in effect (it may still become so; the runner asks again until a deadline).
   * `unknown`: this router cannot look (and `detail` says why); asking again is useless.
   */
  readonly status: "confirmed" | "pending" | "contradicted" | "unknown";
  /** For people: `candidate took 9.6 % of 412 requests`. */
  readonly detail: string;
  /**
   * Requests that the candidate has served since, where requests go by weights alone: at 0 % anyone who still sends them will lose them with
   * its pods. Absent where its pods did not answer twice since, or connections stay with their pods until these end.
   */
  readonly candidateServed?: number;
}

/** What the pods of one slot counted themselves. */
export interface SlotCounts {
  readonly requests: number;
  /** Of `requests`: answered with 5xx. */
  readonly errors: number;
  /** Of `requests`: slower than the latency threshold of the plan (the histogram bucket at that edge). */
  readonly slow: number;
}

/** Something about a pod that its counters cannot say, since it is the pod itself that suffers. */
export interface PodSignal {
  readonly kind:
    /** The kernel killed a container for its memory. */
    | "oom_killed"
    /** A container ended, for whatever reason: a service does not end. */
    | "crashed"
    /** The whole pod ended, for exceeding its own limits. */
    | "failed"
    /** It was ended from outside: evicted, preempted, drained, or its node went away. */
    | "disrupted"
    /** The kubelet takes it for not ready, so that nobody sends it requests. */
    | "unready"
    /** It refuses connections or does not answer. */
    | "unreachable"
    /** It answers, but with no metrics page that can be read. */
    | "unreadable";
  /** Its name; "" where the slot as a whole is meant. */
  readonly pod: string;
  /** For people: `container atom ended with code 137 (OOMKilled), 2 in all`. */
  readonly detail: string;
  /** It is not known to be the version's doing: its node, an eviction, the network. @default it is the version's */
  readonly platform?: true;
}

export interface SlotSnapshot extends SlotCounts {
  /** Whether `slow` is known; not where requests were timed and no bucket of the histogram ends at the threshold. */
  readonly slowKnown: boolean;
  /** Pods that answered this time, of `pods` that exist. */
  readonly read: number;
  readonly pods: number;
  /** Of `pods`: ready, by the kubelet's last word. */
  readonly ready: number;
  /** Times that a container, or a pod as a whole, ended by itself since the watch began. */
  readonly restarts: number;
  /** For how long a pod that was ready before has given no metrics page, whatever the reason: the longest of them, in milliseconds. */
  readonly silentMs: number;
  /** Whoever should serve and does not, now, and for longer than a hiccup: `unready`, `unreachable` or `unreadable`. */
  readonly down: readonly PodSignal[];
  /** What happened to its pods since the watch began, the newest last; at most 20. */
  readonly signals: readonly PodSignal[];
}

/** Counts since the watch began; they never go down within one watch. */
export interface GuardSnapshot {
  /** Instant of the reading. */
  readonly at: number;
  /** Instant at which the pods were listed last: `pods` and `ready` are as of then. `null` where they could not be listed yet. */
  readonly podsAt: number | null;
  readonly candidate: SlotSnapshot;
  readonly active: SlotSnapshot;
  /** Why a count may be missing, one line each for people; the same as long as it lasts. */
  readonly problems: readonly string[];
}

export interface GuardWatch {
  readonly candidate: Candidate;
  readonly active: Slot;
  /** Latency threshold in seconds; above it a request is slow. */
  readonly slowAbove: number;
}

/** The fast lane: the pods' own counters, a few times a second, as long as traffic is on the candidate. */
export interface Guard {
  /**
   * Yields a snapshot for every round of reads, also for one in which pods did not answer (`read` < `pods`). Ends only by `signal`
   * (it then returns, it does not throw). Failures to read are no errors: they show as `read: 0`.
   */
  watch(watch: GuardWatch, signal: AbortSignal): AsyncIterable<GuardSnapshot>;
}

/** The step that a measurement is about. In soak it is the last step, at 100 %. */
export interface StepWindow {
  readonly candidate: Candidate;
  readonly active: Slot;
  /** Index in the plan's steps. */
  readonly step: number;
  readonly percent: number;
  /** Instant at which the step's weight was confirmed: nothing before it counts. */
  readonly since: number;
}

/** What was counted in one step: the step's own period or periods, nothing from before it. */
export interface StepMeasurement {
  readonly errorRate: Measurement;
  readonly latency: Measurement;
  /** By the name of the plan's custom metric. */
  readonly custom: Readonly<Record<string, Measurement>>;
}

/** The thorough lane: what Prometheus says about a step. `M` may tell more, which is kept as evidence. */
export interface GateSource<M extends StepMeasurement = StepMeasurement> {
  /**
   * Measures every metric once, from `since` until now. An unreachable, slow or contradictory Prometheus is a measurement that says so
   * (`status: "unavailable"`), never a rejection; retries with backoff inside are the source's own, at most 30 s in total.
   */
  measure(window: StepWindow, signal: AbortSignal): Promise<M>;
}

/** Requests that change nothing, sent to a candidate that gets too few from users. */
export interface Synthetic {
  /** Sends the plan's number of requests to the candidate. What comes of them is for the counters to show. */
  drive(signal: AbortSignal): Promise<{ readonly sent: number; readonly failed: number; readonly problem?: string }>;
}

/** Runs the plan's smoke steps. */
export interface Smoke {
  /**
   * @param through `candidate`: through the gateway with the x-canary header, whatever the weights are; `public`: as a user.
   * A failing step is a result and not a rejection, and so are requests that do not reach the candidate. No token or password in any field.
   */
  run(through: "candidate" | "public", signal: AbortSignal): Promise<SmokeResult>;
}

export interface SmokeResult {
  readonly passed: boolean;
  /** The failed step was not answered by way of the route to the candidate: that says nothing about the version. @default it was */
  readonly strayed?: true;
  /** Milliseconds. */
  readonly duration: number;
  readonly steps: readonly {
    readonly name: string;
    readonly passed: boolean;
    readonly duration: number;
    readonly detail?: string;
  }[];
}

/** The Deployments behind the slots. */
export interface Slots {
  /** Looks once. */
  look(slot: Slot, signal: AbortSignal): Promise<SlotHealth>;
  /** Counts a slot's pods in one request. */
  count(slot: Slot, signal: AbortSignal): Promise<PodCount>;
  /** Sets the number of replicas; idempotent. `full` brings the slot back to the number that it had when it last served. */
  scale(slot: Slot, replicas: number | "full", signal: AbortSignal): Promise<void>;
}

export interface PodCount {
  readonly ready: number;
  readonly desired: number;
}

/** Why pods cannot become ready, or do not. */
export interface StuckPods {
  /** For people: `atom-green-1: ImagePullBackOff: no such image`. */
  readonly detail: string;
  /** The version's containers ended by themselves. Anything else is not known to be its fault. */
  readonly crashed: boolean;
  /** Nothing but another template helps, so that waiting is useless. */
  readonly hopeless: boolean;
}

export interface SlotHealth {
  /** What is staged in the slot; undefined when nothing is. */
  readonly staged: Candidate | undefined;
  /** All desired replicas run this template and are ready. */
  readonly ready: boolean;
  readonly desiredReplicas: number;
  readonly readyReplicas: number;
  /** Why it is not ready, where more is known than that it takes its time. */
  readonly stuck: StuckPods | undefined;
}

/** Brings the environment to what the program declares, with the candidate staged at 0 % (`pulumi up`). */
export interface Converger {
  /** Rejects with ConvergeError when the engine failed; its message is fit for people. */
  converge(signal: AbortSignal): Promise<void>;
}

export class ConvergeError extends Error {
  override readonly name = "ConvergeError";
}

/** What people ask of the release under way (`atom approve`, `abort`, `resume`), by way of the ledger. */
export interface Approval {
  /** Resolves with the oldest request whose `seq` is above `after`, as soon as there is one; rejects only by `signal`. */
  next(after: number, signal: AbortSignal): Promise<PersonsRequest>;
}

/** The durable record of the release under way. */
export interface Journal {
  /**
   * Stores the entries and the state that the last one leads to, in one compare-and-swap; what it stored is what a successor reads.
   * Rejects with LeaseLostError when the ledger bears a higher fence, and with another error when it could not be written.
   */
  append(entries: readonly JournalEntry[], state: ReleaseState, signal: AbortSignal): Promise<void>;
  /** Records that this template must not be staged again; idempotent. Rejects as `append` does. */
  quarantine(candidate: Candidate, reason: string, signal: AbortSignal): Promise<void>;
}

/** Told of what happens. Must return at once and never throw: what it sends goes through an outbox. */
export interface Notifier {
  /** A transition, after it was journalled. */
  notify(entry: JournalEntry, state: ReleaseState): void;
  /** Something does not work and is tried again, or is left to people; one line. */
  trouble(detail: string): void;
}

/** All of them. */
export interface ReleasePorts {
  readonly clock: Clock;
  readonly router: Router;
  readonly guard: Guard;
  /** `null`: without Prometheus a step is judged by the guard's counts. */
  readonly gate: GateSource | null;
  readonly smoke: Smoke;
  readonly synthetic: Synthetic | null;
  readonly slots: Slots;
  readonly autoscalers: Autoscalers;
  /** What the verdict rests on beside counts. */
  readonly judged: readonly JudgedObject[];
  readonly approval: Approval;
  readonly journal: Journal;
  readonly notifier: Notifier;
}
