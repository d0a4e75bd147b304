// What is released is what was judged: follows what the verdict rests on, puts weights back, and ends the release when anything else changed.
import { isDeepStrictEqual } from "node:util";
import { LeaseLostError } from "../cluster/errors.ts";
import { answerToChange, answerToWeights, type JudgedChange } from "./judged-change.ts";
import { fingerprintOf, type JudgedObject, type JudgedState } from "./judged-object.ts";
import { Mailbox } from "./mailbox.ts";
import { split } from "./moving.ts";
import { messageOf } from "./persist.ts";
import type { ReleasePorts, Router, Split } from "./ports.ts";
import type { ReleaseState } from "./state.ts";
import { isMoving, type ReleaseEvent } from "./state-machine.ts";
import type { Subject } from "./subject.ts";
import { untilAborted } from "./until-aborted.ts";
import { failed } from "./workplace.ts";

type JudgedPorts = Pick<ReleasePorts, "judged" | "router" | "clock" | "notifier">;

/** A watch that is away for so long is reported, in milliseconds. */
const reportedAfter = 5_000;
const outageEvery = 1_000;
/** Between two looks at what could not be looked at, and between two corrections of weights that somebody keeps changing, in milliseconds. */
const againAfter = 250;

interface Followed {
  readonly object: JudgedObject;
  /** Fingerprint of what is judged. */
  basis: string | undefined;
  /** What is judged, once it was seen. */
  judged: unknown;
  latest: JudgedState | undefined;
  /** `undefined` while its watch is open. */
  awaySince: number | undefined;
  why: string;
  /** The fingerprint and the event of the change that was reported last. */
  reported: string;
}

/** What a single look at all that is not watched found. */
export interface JudgedLook {
  /** What ends the release. */
  readonly changed: ReleaseEvent | undefined;
  /** What could not be read, by its name, and why. */
  readonly unread: readonly string[];
}

/** Watches from the release's first moment to its end, save where that would delay a rollback. Use once. */
export class JudgedWatch {
  /** Moves traffic, and has this watch know what the weights should be. */
  readonly router: Router;
  readonly #subject: Subject;
  readonly #ports: JudgedPorts;
  readonly #tell: (event: ReleaseEvent) => void;
  readonly #followed: readonly Followed[];
  readonly #suspects = new Mailbox<Followed>();
  readonly #lost = new AbortController();
  #state: ReleaseState | undefined;
  #stop: AbortController | undefined;
  #done: Promise<unknown> = Promise.resolve();
  /** What was asked for last; `undefined` while that is not known, or is being changed. */
  #asked: Split | "unknown" | undefined;
  #shifting: Promise<unknown> = Promise.resolve();
  #correcting = new AbortController();
  /** Times that others changed the weights since the releaser did. */
  #changedByOthers = 0;

  constructor(subject: Subject, ports: JudgedPorts, tell: (event: ReleaseEvent) => void) {
    this.#subject = subject;
    this.#ports = ports;
    this.#tell = tell;
    const since = { awaySince: 0, why: "it is being opened", latest: undefined, judged: undefined, reported: "" };
    this.#followed = ports.judged.map((object) => ({ object, basis: subject.basis?.[object.name], ...since }));
    const { router } = ports;
    this.router = {
      shift: (wanted, signal) => this.#shift(wanted, signal),
      confirm: (wanted, since_, signal) => router.confirm(wanted, since_, signal),
      weight: (wanted, signal) => router.weight(wanted, signal),
      selectSlot: (slot, signal) => router.selectSlot(slot, signal),
    };
  }

  /** Fires with a LeaseLostError when a weight that should be put back turns out to be another releaser's. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** The release is in this state from now on. */
  follow(state: ReleaseState): void {
    this.#state = state;
    // A rollback is one patch, which a dozen requests must not keep waiting.
    if (this.#stop === undefined && state.phase !== "returning") this.#start();
    for (const followed of this.#followed) if (followed.reported !== "") this.#suspects.put(followed);
  }

  async end(): Promise<void> {
    this.#stop?.abort(new Error("the release is watched no longer"));
    this.#correcting.abort(new Error("the release is watched no longer"));
    await this.#done;
  }

  /** All is watched, and as it was judged. */
  get isAsJudged(): boolean {
    return this.#followed.every((each) => each.awaySince === undefined && this.#isAsJudged(each, each.latest));
  }

  /**
   * Resolves when all is known to be as it was judged, or with what ends the release. What is not watched at the moment is read.
   *
   * @param needsWatch whether reading does not do: then the watches are waited for, for as long as a weight may take to be in effect
   */
  async confirm(needsWatch: boolean, signal: AbortSignal): Promise<ReleaseEvent | undefined> {
    const { clock } = this.#ports;
    const patience = this.#subject.plan.deadlines.confirm;
    const start = clock.monotonic();
    for (;;) {
      const away = this.#followed.filter(({ awaySince }) => awaySince !== undefined);
      const isWatchAwaited = needsWatch && away.length > 0;
      const { changed, unread } = isWatchAwaited
        ? { changed: undefined, unread: away.map(({ object, why }) => `${object.name}: ${why}`) }
        : await this.look(signal);
      if (changed !== undefined || unread.length === 0) return changed;
      if (clock.monotonic() - start >= patience) {
        const detail = `what the release is judged by could not be watched for ${patience / 1000} s: ${unread.join("; ")}`;
        return failed("watch_lost", detail);
      }
      await clock.sleep(againAfter, signal);
    }
  }

  /** Reads once what is not watched at the moment, or looks changed. What one of them says does not depend on whether another can be read. */
  async look(signal: AbortSignal): Promise<JudgedLook> {
    const doubtful = this.#followed.filter(
      (each) => each.awaySince !== undefined || !this.#isAsJudged(each, each.latest),
    );
    const answers = await Promise.all(
      doubtful.map(async (each) => {
        try {
          return { event: this.#answer(each, await each.object.read(signal)) };
        } catch (error) {
          signal.throwIfAborted();
          return { unread: `${each.object.name}: ${messageOf(error)}` };
        }
      }),
    );
    const events = answers.flatMap(({ event }) => event ?? []);
    for (const event of events) if (event.type === "noted") this.#tell(event);
    return {
      changed: events.find(({ type }) => type === "failed"),
      unread: answers.flatMap(({ unread }) => unread ?? []),
    };
  }

  #start(): void {
    const stop = new AbortController();
    this.#stop = stop;
    const { signal } = stop;
    const now = this.#ports.clock.monotonic();
    for (const each of this.#followed) each.awaySince = now;
    const watches = this.#followed.map((followed) => this.#watch(followed, signal));
    this.#done = Promise.allSettled([...watches, this.#examineSuspects(signal), this.#reportOutages(signal)]);
  }

  #watch(followed: Followed, signal: AbortSignal): Promise<never> {
    return followed.object.watch(
      {
        onState: (state) => {
          followed.latest = state;
          followed.basis ??= fingerprintOf(state.content);
          if (fingerprintOf(state.content) === followed.basis) followed.judged = state.content;
          if (!this.#isAsJudged(followed, state) || !this.#isAsAsked(followed, state)) this.#suspects.put(followed);
        },
        onConnected: () => {
          followed.awaySince = undefined;
        },
        onDisconnected: (why) => {
          followed.awaySince ??= this.#ports.clock.monotonic();
          followed.why = why;
        },
      },
      signal,
    );
  }

  /** An event may be older than what the releaser did since: what is suspicious is read before anything is done about it. */
  async #examineSuspects(signal: AbortSignal): Promise<never> {
    const stopped = untilAborted(signal);
    for (;;) {
      await Promise.race([this.#suspects.arrival(), stopped.promise]);
      signal.throwIfAborted();
      const suspect = this.#suspects.take();
      if (suspect === undefined) continue;
      try {
        await this.#shifting.catch(() => undefined);
        const live = await suspect.object.read(signal);
        const event = this.#answer(suspect, live);
        if (event !== undefined) this.#tell(event);
        if (!this.#isAsAsked(suspect, live)) await this.#correct(suspect, live, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof LeaseLostError) {
          this.#lost.abort(error);
          throw error;
        }
        this.#ports.notifier.trouble(`${suspect.object.name}: ${messageOf(error)}`);
        await this.#ports.clock.sleep(againAfter, signal);
        this.#suspects.put(suspect);
      }
    }
  }

  /** What a change amounts to, each time that it amounts to something else. */
  #answer(followed: Followed, live: JudgedState): ReleaseEvent | undefined {
    if (this.#state === undefined || this.#isAsJudged(followed, live)) {
      followed.reported = "";
      return undefined;
    }
    const { object, judged } = followed;
    const change: JudgedChange = { object, judged, live };
    const event = answerToChange(change, this.#state, this.#subject);
    const report = `${fingerprintOf(live.content)} ${event.type}`;
    if (followed.reported === report && event.type === "noted") return undefined;
    followed.reported = report;
    return event;
  }

  #isAsJudged({ basis }: Followed, state: JudgedState | undefined): boolean {
    return state === undefined || basis === undefined || fingerprintOf(state.content) === basis;
  }

  /** Also where it cannot be told what was asked for. */
  #isAsAsked({ object }: Followed, state: JudgedState): boolean {
    const wanted = this.#wanted();
    if (object.movedFor === undefined || wanted === undefined || state.moved === undefined) return true;
    return isDeepStrictEqual(state.moved, object.movedFor(wanted));
  }

  #wanted(): Split | undefined {
    if (this.#asked !== undefined) return this.#asked === "unknown" ? undefined : this.#asked;
    const state = this.#state;
    if (state === undefined || isMoving(state.phase) || state.phase === "stepping-back") return undefined;
    // Before it has moved anything: whoever has led users away from what is broken is not to be corrected.
    if (this.#subject.emergency === true && state.percent === 0) return undefined;
    return split(this.#subject, state.percent);
  }

  async #shift(wanted: Split, signal: AbortSignal): Promise<void> {
    const before = this.#wanted();
    if (before === undefined || !isDeepStrictEqual(before, wanted)) this.#changedByOthers = 0;
    // Whatever it does is older from here on.
    this.#correcting.abort(new Error("the releaser moves the traffic itself"));
    this.#asked = "unknown";
    const shifting = this.#ports.router.shift(wanted, signal);
    this.#shifting = shifting;
    await shifting;
    this.#asked = wanted;
    for (const each of this.#followed) if (each.object.movedFor !== undefined) this.#suspects.put(each);
  }

  /** Puts the weights back. Twice in a row, somebody else moves the traffic: the release ends. */
  async #correct({ object }: Followed, live: JudgedState, signal: AbortSignal): Promise<void> {
    const { clock, router } = this.#ports;
    const wanted = this.#wanted();
    if (wanted === undefined || this.#state === undefined) return;
    this.#changedByOthers += 1;
    const change = { object, live, wanted: object.movedFor?.(wanted) };
    if (this.#changedByOthers > 1) {
      const event = answerToWeights(change, "again", this.#state, this.#subject);
      this.#tell(event);
      if (event.type === "failed") return;
      await clock.sleep(againAfter, signal);
    }
    this.#correcting = new AbortController();
    const limited = AbortSignal.any([signal, this.#correcting.signal]);
    const start = clock.monotonic();
    try {
      await router.shift({ ...wanted, podsAsTheyAre: true }, limited);
    } catch (error) {
      if (this.#correcting.signal.aborted) return;
      this.#changedByOthers -= 1;
      throw error;
    }
    const seconds = ((clock.monotonic() - start) / 1000).toFixed(1);
    this.#tell(answerToWeights(change, `put back in ${seconds} s`, this.#state, this.#subject));
  }

  async #reportOutages(signal: AbortSignal): Promise<never> {
    const { clock } = this.#ports;
    let isReported = false;
    for (;;) {
      await clock.sleep(outageEvery, signal);
      const away = this.#followed.filter(({ awaySince }) => awaySince !== undefined);
      const longest = Math.max(0, ...away.map(({ awaySince = 0 }) => clock.monotonic() - awaySince));
      if (!isReported && longest >= reportedAfter) {
        isReported = true;
        const why = away.map(({ object, why: each }) => `${object.name} (${each})`).join(", ");
        const detail = `not watched for ${(longest / 1000).toFixed(0)} s: ${why}; nothing is promoted until it is, and each weight after a read alone`;
        this.#tell({ type: "noted", detail });
      } else if (isReported && away.length === 0) {
        isReported = false;
        this.#tell({ type: "noted", detail: "all that the release is judged by is watched again" });
      }
    }
  }
}
