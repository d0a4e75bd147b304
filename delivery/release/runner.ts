// journal → act → event, until there is nothing left to do. All that a release may do to the world is in `actions.ts`, all that it may
// decide in `state-machine.ts`; here is only the order: nothing forward is done before the journal has it.
import type { PersonsRequest } from "../../components/ledger/release-record.ts";
import { LeaseLostError } from "../cluster/errors.ts";
import { actions } from "./actions.ts";
import { EndedEarlyError, endingSoon } from "./after-abort.ts";
import { within } from "./deadline.ts";
import { entryOf, NoteLimit } from "./entry.ts";
import { GuardTask } from "./guard-task.ts";
import { JudgedWatch } from "./judged-watch.ts";
import { Mailbox } from "./mailbox.ts";
import { messageOf, persist } from "./persist.ts";
import type { ReleasePorts, StepMeasurement } from "./ports.ts";
import { eventOf } from "./requests.ts";
import type { JournalEntry, ReleaseState } from "./state.ts";
import {
  isAside,
  isBack,
  isBinding,
  isFinal,
  isForward,
  isMoving,
  isTidying,
  needsGuard,
  table,
  transition,
  type ReleaseEvent,
} from "./state-machine.ts";
import type { Subject } from "./subject.ts";
import { untilAborted } from "./until-aborted.ts";
import type { Workplace } from "./workplace.ts";

export interface RunSignals {
  /** A person at this process wants the release taken back (SIGINT, SIGTERM). */
  readonly abort: AbortSignal;
  /** Stop without acting: somebody will resume (a pod that is moved). */
  readonly leave: AbortSignal;
  /** The lease is lost; the reason is a LeaseLostError. Stop without acting. */
  readonly lost: AbortSignal;
}

export interface RunStart {
  readonly state: ReleaseState;
  /** What was journalled so far. */
  readonly journal: readonly JournalEntry[];
  /** The first thing to journal, for a release of another releaser: see `takeOver`. */
  readonly first?: ReleaseEvent | undefined;
}

/** How a run ended. `held` and `left` are resumable. */
export interface RunEnd {
  readonly end: "over" | "held" | "left";
  readonly state: ReleaseState;
}

/** How long a line that nothing depends on waits for the journal before the release goes on without, in milliseconds. */
const journalPatience = 2_000;
/** How long an action that was called off may take to let go, in milliseconds. */
const letGo = 1_000;
/** Between two tries of an action that failed where only trying again is left, in milliseconds. */
const againAfter = 500;

/** Runs one release from a state to its end. Use once. */
export class ReleaseRunner {
  readonly #subject: Subject;
  readonly #ports: ReleasePorts;
  readonly #mailbox = new Mailbox<ReleaseEvent | PersonsRequest>();
  readonly #guard: GuardTask;
  readonly #judged: JudgedWatch;
  readonly #measured: StepMeasurement[] = [];
  readonly #first: ReleaseEvent | undefined;
  #state: ReleaseState;
  #seq: number;
  /** `seq` of the line that held the release last. */
  #heldAt: number;
  readonly #notes = new NoteLimit();
  /** Lines that could not be written yet, and that nothing depends on: they go with the next line. */
  #unwritten: JournalEntry[] = [];

  constructor(subject: Subject, ports: ReleasePorts, { state, journal, first }: RunStart) {
    this.#subject = subject;
    const tell = (event: ReleaseEvent): void => {
      this.#mailbox.put(event);
    };
    this.#judged = new JudgedWatch(subject, ports, tell);
    this.#ports = { ...ports, router: this.#judged.router };
    this.#first = first;
    this.#state = state;
    this.#seq = journal.at(-1)?.seq ?? 0;
    this.#heldAt = journal.findLast(({ event }) => event === "stepped-back")?.seq ?? 0;
    this.#guard = new GuardTask(subject, ports, tell);
  }

  /** Rejects with LeaseLostError, having stopped without acting. Every other failure is part of the release. */
  async run({ abort, leave, lost }: RunSignals): Promise<RunEnd> {
    const over = new AbortController();
    const stop = AbortSignal.any([leave, lost, over.signal, this.#judged.lost]);
    const onAbort = (): void => {
      this.#mailbox.put({ type: "failed", reason: "manual", detail: "aborted by a person at the releaser" });
    };
    abort.addEventListener("abort", onAbort);
    if (abort.aborted) onAbort();
    const requests = this.#followRequests(stop);
    try {
      stop.throwIfAborted();
      const first = this.#first;
      if (first !== undefined) await this.#endable(abort, stop, (signal) => this.#record(first, signal));
      while (!isFinal(this.#state.phase))
        if (!(await this.#endable(abort, stop, (signal) => this.#phase(signal))))
          return { end: "held", state: this.#state };
      return { end: "over", state: this.#state };
    } catch (error) {
      if (error instanceof LeaseLostError) throw error;
      lost.throwIfAborted();
      if (leave.aborted) return { end: "left", state: this.#state };
      if (!(error instanceof EndedEarlyError)) throw error;
      this.#ports.notifier.trouble(`${this.#state.phase}: ${error.message}`);
      return { end: "left", state: this.#state };
    } finally {
      abort.removeEventListener("abort", onAbort);
      over.abort();
      await Promise.all([this.#guard.end(), this.#judged.end(), requests]);
    }
  }

  /** Where no traffic is to be moved any more, a person who wants this process to end is not kept waiting for what is left. */
  async #endable<T>(abort: AbortSignal, stop: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (!isTidying(this.#state.phase)) return work(stop);
    const ending = endingSoon(this.#ports.clock, abort, stop);
    try {
      return await work(ending.signal);
    } finally {
      ending.forget();
    }
  }

  /** Acts on the present phase until an event leads out of it. Resolves to whether there is more to do. */
  async #phase(stop: AbortSignal): Promise<boolean> {
    await this.#followTraffic();
    const told = this.#told();
    if (told !== undefined) {
      await this.#record(told, stop);
      return true;
    }
    const { phase } = this.#state;
    const done = new AbortController();
    const action = this.#act(AbortSignal.any([stop, done.signal]));
    // It is awaited below; until then a rejection is nobody's.
    action.catch(() => undefined);
    // Two actions at once could undo one another.
    const callOff = async (): Promise<void> => {
      done.abort(new Error(`the release is no longer ${phase}`));
      const settled = new AbortController();
      const patience = this.#ports.clock.sleep(letGo, settled.signal);
      await Promise.race([action, patience]).catch(() => undefined);
      settled.abort();
      await patience.catch(() => undefined);
    };
    try {
      for (;;) {
        const event = await this.#next(action, stop);
        if (event === undefined) return false;
        // Before it is written down: a weight must not move once the journal says that it goes back.
        if (!isAside(event)) await callOff();
        await this.#record(event, stop);
        if (!isAside(event) || this.#state.phase !== phase) return true;
      }
    } finally {
      if (!done.signal.aborted) await callOff();
    }
  }

  /** What happened first; what was told counts before what the action found, since it speaks against going on. */
  async #next(action: Promise<ReleaseEvent | undefined>, stop: AbortSignal): Promise<ReleaseEvent | undefined> {
    const stopped = untilAborted(stop);
    const outcome: (ReleaseEvent | undefined)[] = [];
    const settled = action.then((event) => outcome.push(event));
    try {
      for (;;) {
        await Promise.race([settled, this.#mailbox.arrival(), stopped.promise]);
        stop.throwIfAborted();
        const event = this.#told() ?? outcome[0];
        if (event !== undefined || outcome.length > 0) return event;
      }
    } finally {
      stopped.forget();
    }
  }

  /** Turns what an action cannot cope with into an event, or into another try where only going on is left. */
  async #act(signal: AbortSignal): Promise<ReleaseEvent | undefined> {
    const state = this.#state;
    if (isFinal(state.phase) || state.phase === "preparing")
      throw new Error(`there is nothing to do while ${state.phase}`);
    const act = actions[state.phase];
    const place: Workplace = {
      subject: this.#subject,
      ports: this.#ports,
      guard: this.#guard,
      judged: this.#judged,
      signal,
      measured: this.#measured,
      tell: (event) => {
        this.#mailbox.put(event);
      },
    };
    for (;;) {
      try {
        return await act(state, place);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof LeaseLostError) throw error;
        if (isForward(state.phase)) return { type: "failed", reason: "internal_error", detail: messageOf(error) };
        this.#ports.notifier.trouble(`${state.phase}: ${messageOf(error)}`);
        await this.#ports.clock.sleep(againAfter, signal);
      }
    }
  }

  /** Journals an event, then lets it be true. The way there and the end depend on the journal; the way back and what is merely said do not. */
  async #record(event: ReleaseEvent, stop: AbortSignal): Promise<void> {
    const { journal, clock, notifier } = this.#ports;
    const next = transition(this.#state, event, this.#subject.plan);
    const isSaid = isAside(event) || next === this.#state;
    const depends = !isSaid && table[this.#state.phase].failed !== undefined && !isBack(next.phase);
    const entry = entryOf(this.#seq + 1, clock.now(), this.#notes.counted(event), next);
    const lines = [...this.#unwritten, entry];
    const write = (signal: AbortSignal): Promise<void> => journal.append(lines, next, signal);
    try {
      if (isBinding(this.#state, next))
        await persist(() => write(stop), {
          clock,
          signal: stop,
          onTrouble: (error) => {
            notifier.trouble(`the ledger: ${messageOf(error)}`);
          },
        });
      else await within(clock, depends ? 10 * journalPatience : journalPatience, stop, write);
      this.#unwritten = [];
    } catch (error) {
      if (error instanceof LeaseLostError) throw error;
      stop.throwIfAborted();
      notifier.trouble(`the ledger: ${messageOf(error)}`);
      if (depends) {
        // Nothing goes forward unrecorded.
        await this.#record(
          { type: "failed", reason: "internal_error", detail: `the ledger: ${messageOf(error)}` },
          stop,
        );
        return;
      }
      this.#unwritten = lines;
    }
    this.#seq = entry.seq;
    if (!isAside(event)) this.#notes.forgetLeftOut();
    if (event.type === "stepped-back") this.#heldAt = entry.seq;
    this.#state = next;
    notifier.notify(entry, next);
  }

  /** The first letter that is news in the present phase. */
  #told(): ReleaseEvent | undefined {
    for (let letter = this.#mailbox.take(); letter !== undefined; letter = this.#mailbox.take()) {
      const event = this.#read(letter);
      if (event !== undefined) return event;
    }
    return undefined;
  }

  /** What a letter means in the present phase; `undefined` when it is no news, or comes too late or too early. */
  #read(letter: ReleaseEvent | PersonsRequest): ReleaseEvent | undefined {
    const event = "kind" in letter ? eventOf(letter, this.#state, this.#heldAt) : letter;
    if (event === undefined || table[this.#state.phase][event.type] === undefined) return undefined;
    if (event.type === "noted" && !this.#notes.admit()) {
      this.#ports.notifier.trouble(event.detail);
      return undefined;
    }
    return event.type === "warned" && this.#state.warned.includes(event.metric) ? undefined : event;
  }

  async #followTraffic(): Promise<void> {
    this.#judged.follow(this.#state);
    if (needsGuard(this.#state)) this.#guard.watch(this.#state.percent, isMoving(this.#state.phase));
    else await this.#guard.end();
  }

  async #followRequests(stop: AbortSignal): Promise<void> {
    let seen = 0;
    try {
      for (;;) {
        const request = await this.#ports.approval.next(seen, stop);
        seen = request.seq;
        this.#mailbox.put(request);
      }
    } catch (error) {
      if (!stop.aborted) this.#ports.notifier.trouble(`people's requests cannot be read: ${messageOf(error)}`);
    }
  }
}
