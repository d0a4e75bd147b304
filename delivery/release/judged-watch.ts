// What is released is what was judged: follows what the verdict rests on, puts weights back, and ends the release when anything else changed.
import { LeaseLostError, UnreachableError } from "../cluster/errors.ts";
import { answerToChange, type JudgedChange } from "./judged-change.ts";
import { fingerprintOf, type JudgedObject, type JudgedState } from "./judged-object.ts";
import { KeptTraffic, movedBy, NotPutBackError } from "./kept-traffic.ts";
import { Mailbox } from "./mailbox.ts";
import { messageOf } from "./persist.ts";
import type { ReleasePorts, Router } from "./ports.ts";
import { SlotAccess } from "./slot-access.ts";
import type { ReleaseState } from "./state.ts";
import type { ReleaseEvent } from "./state-machine.ts";
import type { Subject } from "./subject.ts";
import { untilAborted } from "./until-aborted.ts";
import { failed } from "./workplace.ts";

type JudgedPorts = Pick<ReleasePorts, "judged" | "router" | "clock" | "notifier">;

/** A watch that is away for so long is reported, in milliseconds. */
const reportedAfter = 5_000;
const outageEvery = 1_000;
/** Between two looks at what could not be looked at, in milliseconds. */
const againAfter = 250;
/** Such pauses double while it fails, up to this. What is refused is refused for as long as nobody grants it. */
const longestPause = { away: 1_000, refused: 30_000 };

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
  /** Times in a row that it could not be examined or put back, and what was told of that. */
  failures: number;
  trouble: string | undefined;
  /** It will be examined again by itself. */
  isDue: boolean;
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
  readonly #subject: Subject;
  readonly #ports: JudgedPorts;
  readonly #tell: (event: ReleaseEvent) => void;
  readonly #followed: readonly Followed[];
  /** By what puts them back. The Service, which an admission webhook may keep waiting, keeps nothing else waiting. */
  readonly #suspects = { shift: new Mailbox<Followed>(), selectSlot: new Mailbox<Followed>() };
  readonly #lost = new AbortController();
  #state: ReleaseState | undefined;
  #stop: AbortController | undefined;
  #done: Promise<unknown> = Promise.resolve();
  readonly #traffic: KeptTraffic;
  /** Whether anything leads to a slot. */
  readonly access: SlotAccess;

  constructor(subject: Subject, ports: JudgedPorts, tell: (event: ReleaseEvent) => void) {
    this.#subject = subject;
    this.#ports = ports;
    this.#tell = tell;
    const since = { awaySince: 0, why: "it is being opened", latest: undefined, judged: undefined, reported: "" };
    const examined = { failures: 0, trouble: undefined, isDue: false };
    this.#followed = ports.judged.map((object) => ({
      object,
      basis: subject.basis?.[object.name],
      ...since,
      ...examined,
    }));
    this.access = new SlotAccess(this.#followed);
    this.#traffic = new KeptTraffic(subject, ports, tell, (verb) => {
      for (const each of this.#followed) if (movedBy(each.object) === verb) this.#suspect(each);
    });
  }

  /** Moves traffic, and has this watch know where it should go. */
  get router(): Router {
    return this.#traffic.router;
  }

  /** Fires with a LeaseLostError when a weight that should be put back turns out to be another releaser's. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** The release is in this state from now on. */
  follow(state: ReleaseState): void {
    this.#state = state;
    this.#traffic.follow(state);
    // A rollback is one patch, which a dozen requests must not keep waiting. One that waits for pods begins to watch by itself.
    if (state.phase !== "returning") this.start();
    for (const followed of this.#followed) if (followed.reported !== "") this.#suspect(followed);
  }

  /** Watches from now on; does nothing where it does already. */
  start(): void {
    if (this.#stop !== undefined) return;
    const stop = new AbortController();
    this.#stop = stop;
    const { signal } = stop;
    const now = this.#ports.clock.monotonic();
    for (const each of this.#followed) each.awaySince = now;
    const watches = this.#followed.map((followed) => this.#watch(followed, signal));
    const examined = Object.values(this.#suspects).map((suspects) => this.#examineSuspects(suspects, signal));
    this.#done = Promise.allSettled([...watches, ...examined, this.#reportOutages(signal)]);
  }

  async end(): Promise<void> {
    this.#stop?.abort(new Error("the release is watched no longer"));
    this.#traffic.end();
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

  #watch(followed: Followed, signal: AbortSignal): Promise<never> {
    return followed.object.watch(
      {
        onState: (state) => {
          followed.latest = state;
          followed.basis ??= fingerprintOf(state.content);
          if (fingerprintOf(state.content) === followed.basis) followed.judged = state.content;
          if (!this.#isAsJudged(followed, state) || !this.#traffic.isAsAsked(followed.object, state))
            this.#suspect(followed);
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

  #suspect(followed: Followed): void {
    this.#suspects[movedBy(followed.object) ?? "shift"].put(followed);
  }

  /** An event may be older than what the releaser did since: what is suspicious is read before anything is done about it. */
  async #examineSuspects(suspects: Mailbox<Followed>, signal: AbortSignal): Promise<never> {
    const stopped = untilAborted(signal);
    for (;;) {
      await Promise.race([suspects.arrival(), stopped.promise]);
      signal.throwIfAborted();
      const suspect = suspects.take();
      if (suspect === undefined) continue;
      try {
        await this.#traffic.shifting.catch(() => undefined);
        const live = await suspect.object.read(signal);
        const event = this.#answer(suspect, live);
        if (event !== undefined) this.#tell(event);
        await this.#traffic.correct(suspect.object, live, signal);
        suspect.failures = 0;
        suspect.trouble = undefined;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof LeaseLostError) {
          this.#lost.abort(error);
          throw error;
        }
        this.#examineLater(suspect, error, signal);
      }
    }
  }

  /** Others do not wait for what cannot be examined or put back, and it is told once for as long as it lasts. */
  #examineLater(suspect: Followed, error: unknown, signal: AbortSignal): void {
    const cause = error instanceof NotPutBackError ? error.cause : error;
    const isAway = cause instanceof UnreachableError;
    const longest = isAway ? longestPause.away : longestPause.refused;
    const pause = Math.min(againAfter * 2 ** suspect.failures, longest);
    suspect.failures += 1;
    const kind = cause instanceof Error ? cause.name : "";
    if (suspect.trouble !== kind) {
      suspect.trouble = kind;
      const detail = `${messageOf(error)}; tried again at least every ${longest / 1000} s`;
      if (isAway) this.#ports.notifier.trouble(detail);
      else this.#tell({ type: "noted", detail });
    }
    if (suspect.isDue) return;
    suspect.isDue = true;
    this.#ports.clock.sleep(pause, signal).then(
      () => {
        suspect.isDue = false;
        this.#suspect(suspect);
      },
      () => undefined,
    );
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
