// Where users' requests, and those of callers inside the cluster, are to go: what was asked of the router, and what is put back to it.
import { isDeepStrictEqual } from "node:util";
import { otherSlot } from "../../components/names/slot-name.ts";
import { LeaseLostError } from "../cluster/errors.ts";
import { answerToMove } from "./judged-change.ts";
import type { JudgedObject, JudgedState } from "./judged-object.ts";
import { rolledBack, split } from "./moving.ts";
import { messageOf } from "./persist.ts";
import type { ReleasePorts, Router, Slot, Split } from "./ports.ts";
import type { ReleaseState } from "./state.ts";
import { isMoving, type ReleaseEvent } from "./state-machine.ts";
import type { Subject } from "./subject.ts";

/** Between two corrections of what somebody keeps changing, in milliseconds. */
const againAfter = 250;

type Verb = NonNullable<JudgedObject["movedBy"]>;

/** What moves of an object what the releaser moves; `undefined` where it moves nothing. */
export function movedBy({
  movedFor,
  movedBy: verb = "shift",
}: Pick<JudgedObject, "movedFor" | "movedBy">): Verb | undefined {
  return movedFor === undefined ? undefined : verb;
}

/** What others have moved was not put back; the cause says why. */
export class NotPutBackError extends Error {
  override readonly name = "NotPutBackError";
}

/** Weights, and the slot of the Service of the service's own name, which follows them by a request of its own. */
export class KeptTraffic {
  /** Moves traffic, and notes what was asked for. */
  readonly router: Router;
  readonly #subject: Subject;
  readonly #ports: Pick<ReleasePorts, "router" | "clock">;
  readonly #tell: (event: ReleaseEvent) => void;
  readonly #onMoved: (verb: Verb) => void;
  #state: ReleaseState | undefined;
  /** What was asked for last; `undefined` where this process has asked for nothing yet, `unknown` while it is being changed. */
  #split: Split | "unknown" | undefined;
  #slot: Slot | "unknown" | undefined;
  #shifting: Promise<unknown> = Promise.resolve();
  #turning: Promise<unknown> | undefined;
  readonly #correcting: Record<Verb, AbortController> = {
    shift: new AbortController(),
    selectSlot: new AbortController(),
  };
  /** Times that others moved each since the releaser moved the traffic: one edit may be of both. */
  #movedByOthers: Record<Verb, number> = { shift: 0, selectSlot: 0 };

  /** @param onMoved called when something was moved as asked: it may be otherwise by now */
  constructor(
    subject: Subject,
    ports: Pick<ReleasePorts, "router" | "clock">,
    tell: (event: ReleaseEvent) => void,
    onMoved: (verb: Verb) => void,
  ) {
    this.#subject = subject;
    this.#ports = ports;
    this.#tell = tell;
    this.#onMoved = onMoved;
    const { router } = ports;
    this.router = {
      shift: (wanted, signal) => this.#shift(wanted, signal),
      confirm: (wanted, since, signal) => router.confirm(wanted, since, signal),
      weight: (wanted, signal) => router.weight(wanted, signal),
      selectSlot: (slot, signal) => this.#selectSlot(slot, signal),
    };
  }

  follow(state: ReleaseState): void {
    this.#state = state;
  }

  end(): void {
    for (const each of Object.values(this.#correcting)) each.abort(new Error("the release is watched no longer"));
  }

  /** Settles with the last change of weights that was asked for. */
  get shifting(): Promise<unknown> {
    return this.#shifting;
  }

  /** Also where it cannot be told what was asked for. */
  isAsAsked(object: JudgedObject, { moved }: JudgedState): boolean {
    const wanted = this.#wantedOf(object);
    return wanted === undefined || moved === undefined || isDeepStrictEqual(moved, wanted);
  }

  /**
   * Puts weights, or the Service, back where they are not as asked for. Twice in a row, somebody else moves the traffic: the release ends.
   * Rejects with a {@link NotPutBackError}.
   */
  async correct(object: JudgedObject, live: JudgedState, signal: AbortSignal): Promise<void> {
    const { clock } = this.#ports;
    const wanted = this.#wantedOf(object);
    if (this.isAsAsked(object, live) || this.#state === undefined) return;
    const verb = movedBy(object) ?? "shift";
    const counts = this.#movedByOthers;
    counts[verb] += 1;
    const change = { object, live, wanted };
    if (counts[verb] > 1) {
      const event = answerToMove(change, "again", this.#state, this.#subject);
      if (event.type === "failed") {
        this.#tell(event);
        return;
      }
      await clock.sleep(againAfter, signal);
      // The releaser has moved it itself meanwhile.
      if (!isDeepStrictEqual(this.#wantedOf(object), wanted)) return;
    }
    const correcting = new AbortController();
    this.#correcting[verb] = correcting;
    const start = clock.monotonic();
    try {
      await this.#putBack(verb, AbortSignal.any([signal, correcting.signal]));
    } catch (error) {
      counts[verb] -= 1;
      if (correcting.signal.aborted) return;
      if (error instanceof LeaseLostError) throw error;
      const told = answerToMove(change, `it cannot be put back: ${messageOf(error)}`, this.#state, this.#subject);
      throw new NotPutBackError(told.detail, { cause: error });
    }
    const seconds = ((clock.monotonic() - start) / 1000).toFixed(1);
    this.#tell(answerToMove(change, `put back in ${seconds} s`, this.#state, this.#subject));
  }

  async #putBack(verb: Verb, signal: AbortSignal): Promise<void> {
    const { router } = this.#ports;
    const wanted = this.#wantedSplit;
    const slot = this.#wantedSlot;
    if (verb === "shift" && wanted !== undefined) await router.shift({ ...wanted, podsAsTheyAre: true }, signal);
    if (verb === "selectSlot" && slot !== undefined) await router.selectSlot(slot, signal);
  }

  async #shift(wanted: Split, signal: AbortSignal): Promise<void> {
    const before = this.#wantedSplit;
    if (before === undefined || !isDeepStrictEqual(before, wanted)) this.#movedByOthers = { shift: 0, selectSlot: 0 };
    // Whatever it does is older from here on.
    this.#correcting.shift.abort(new Error("the releaser moves the traffic itself"));
    // Where weights lead to the other slot, the Service is turned afterwards.
    const selected = this.#wantedSlot ?? slotOf(split(this.#subject, this.#state?.judged ?? 0));
    if (slotOf(wanted) !== selected) this.#slot = "unknown";
    this.#split = "unknown";
    const shifting = this.#ports.router.shift(wanted, signal);
    this.#shifting = shifting;
    await shifting;
    // What was called off is answered late, and says nothing of what was asked for since.
    if (this.#shifting !== shifting) return;
    this.#split = wanted;
    this.#onMoved("shift");
  }

  async #selectSlot(slot: Slot, signal: AbortSignal): Promise<boolean> {
    this.#correcting.selectSlot.abort(new Error("the releaser turns the Service itself"));
    this.#slot = "unknown";
    const turning = this.#ports.router.selectSlot(slot, signal);
    this.#turning = turning;
    const isTurned = await turning;
    if (this.#turning !== turning) return isTurned;
    this.#slot = slot;
    this.#onMoved("selectSlot");
    return isTurned;
  }

  /** The weights as they should be; `undefined` where it cannot be told. */
  get #wantedSplit(): Split | undefined {
    if (this.#split !== undefined) return this.#split === "unknown" ? undefined : this.#split;
    const state = this.#state;
    if (state === undefined || isMoving(state.phase) || state.phase === "stepping-back") return undefined;
    // Before it has moved anything: whoever has led users away from what is broken is not to be corrected.
    if (this.#subject.emergency === true && state.percent === 0) return undefined;
    // Rolled back, by this process or the one before it.
    const isOver = state.phase === "quarantining" || state.phase === "scaling-down";
    return isOver ? rolledBack(this.#subject) : split(this.#subject, state.percent);
  }

  /** The slot that the Service of the service's own name should select; `undefined` where it cannot be told. */
  get #wantedSlot(): Slot | undefined {
    if (this.#slot !== undefined) return this.#slot === "unknown" ? undefined : this.#slot;
    const asked = this.#wantedSplit;
    return asked && slotOf(asked);
  }

  /** What an object should say of what the releaser moves of it; `undefined` where it cannot be told, or nothing is moved. */
  #wantedOf(object: JudgedObject): unknown {
    const wanted = this.#wantedSplit;
    const slot = this.#wantedSlot;
    if (movedBy(object) === "shift") return wanted && object.movedFor?.(wanted);
    return slot && object.movedFor?.({ active: slot, candidate: otherSlot(slot), percent: 0 });
  }
}

function slotOf({ active, candidate, percent }: Split): Slot {
  return percent === 100 ? candidate : active;
}
