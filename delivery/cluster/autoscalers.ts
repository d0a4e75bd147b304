// The minima of the slots' autoscalers: raised while a release needs the pods, and given back exactly when it is over.
import type { HeldMinimum } from "../../components/ledger/release-record.ts";
import { slotName } from "../../components/names/names.ts";
import { slotNames, type BySlot } from "../../components/names/slot-name.ts";
import { messageOf } from "../release/persist.ts";
import { holdOrSay, type Autoscalers } from "../release/pods.ts";
import type { PodCount, Slot, SlotHealth, Slots } from "../release/ports.ts";
import type { ClusterApi, FencedWriter } from "./api.ts";
import { autoscalerKinds, type Autoscaler, type AutoscalerKind, type Bounds } from "./autoscaler-kinds.ts";
import { ForbiddenError, InvalidError, LeaseLostError, NotFoundError } from "./errors.ts";

export interface SlotAutoscalersOptions {
  readonly cluster: Pick<ClusterApi, "list">;
  readonly writer: FencedWriter;
  readonly namespace: string;
  readonly service: string;
  /** What this release's earlier releasers have raised. */
  readonly held: readonly HeldMinimum[];
  /** Makes what is held durable, before an autoscaler is written to. */
  readonly save: (held: readonly HeldMinimum[], signal: AbortSignal) => Promise<void>;
}

/** The autoscalers of the two Deployments, found by what they scale, whoever made them. */
export class SlotAutoscalers implements Autoscalers {
  readonly #options: SlotAutoscalersOptions;
  readonly #kinds: readonly AutoscalerKind[];
  #held: readonly HeldMinimum[];
  /** What of it the ledger has. */
  #saved: readonly HeldMinimum[];
  #last: Promise<unknown> = Promise.resolve();
  /** Of what was given back while something else could not be, which is tried again. */
  readonly #unsaid: string[] = [];
  /** Each note once. */
  readonly #noted = new Set<string>();

  constructor(options: SlotAutoscalersOptions) {
    this.#options = options;
    this.#held = options.held;
    this.#saved = options.held;
    this.#kinds = autoscalerKinds(options);
  }

  hold(needed: Partial<BySlot<number>>, signal: AbortSignal): Promise<readonly string[]> {
    return this.#inTurn(() => this.#hold(needed, signal));
  }

  giveBack(signal: AbortSignal): Promise<readonly string[]> {
    return this.#inTurn(() => this.#giveBack(signal));
  }

  /** A step and the guard may want pods at the same time: what one of them has raised must not be forgotten by the other. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #hold(needed: Partial<BySlot<number>>, signal: AbortSignal): Promise<readonly string[]> {
    const { service } = this.#options;
    const podsOf = new Map(slotNames.map((slot) => [slotName(service, slot), needed[slot] ?? 0]));
    const notes: string[] = [];
    for (const kind of this.#kinds) {
      try {
        // Asked for each time: one may have been made since.
        for (const found of await kind.list(signal)) {
          const pods = podsOf.get(found.target) ?? 0;
          if (pods > 0) notes.push(...(await this.#raise(kind, found, pods, signal)));
        }
      } catch (error) {
        // The cluster has no such kind, or it was deleted meanwhile.
        if (error instanceof NotFoundError) continue;
        if (!(error instanceof ForbiddenError)) throw error;
        notes.push(
          `this account may not list ${kind.name}s, which may take pods of ${service} away that the release needs: bring the stack up, which allows it`,
        );
      }
    }
    return this.#news(notes);
  }

  /**
   * What is given back is no longer on record: a minimum that somebody sets from then on is their own, whatever it is. A record that cannot be
   * written keeps nothing from being given back: it is written the next time, and giving back twice does no harm.
   */
  async #giveBack(signal: AbortSignal): Promise<readonly string[]> {
    const kept: HeldMinimum[] = [];
    let broken: unknown;
    for (const entry of this.#held) {
      try {
        const { isGivenBack, notes } = await this.#giveBackOne(entry, signal);
        this.#unsaid.push(...notes);
        if (!isGivenBack) kept.push(entry);
      } catch (error) {
        signal.throwIfAborted();
        // One that cannot be written does not keep the others.
        broken ??= error;
        kept.push(entry);
      }
    }
    this.#held = kept;
    if (kept.length < this.#saved.length) {
      try {
        await this.#save(kept, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof LeaseLostError) throw error;
      }
    }
    if (broken !== undefined) throw broken as Error;
    return this.#news(this.#unsaid.splice(0));
  }

  async #raise(kind: AutoscalerKind, found: Autoscaler, pods: number, signal: AbortSignal): Promise<readonly string[]> {
    const { name, minimum, maximum } = found;
    const entry = this.#held.find((each) => each.kind === kind.name && each.name === name);
    const changed = entry === undefined ? [] : changedMaximum(entry, found);
    if (entry !== undefined && !isOurs(entry, minimum))
      return [
        ...changed,
        `the minimum of ${kind.name} ${name} was changed during the release, to ${said(minimum)}, and is left so`,
      ];
    const limited =
      pods <= maximum
        ? changed
        : [...changed, `${kind.name} ${name} allows at most ${maximum} pods, where ${pods} are needed: raise that`];
    const wanted = Math.min(pods, maximum);
    if (wanted <= (minimum ?? 0)) return limited;
    const before = entry === undefined ? minimum : entry.before;
    const set = [...new Set([...(entry?.set ?? []), wanted])];
    const first = entry === undefined ? maximum : (entry.maximum ?? Infinity);
    const raised = { kind: kind.name, name, before, ...(Number.isFinite(first) && { maximum: first }), set };
    const held = [...this.#held.filter((each) => each !== entry), raised];
    const heldBefore = this.#held;
    await this.#save(held, signal);
    // What was read before that was journalled is not written over: somebody may have been faster.
    try {
      await kind.write(name, (live) => (live.minimum === minimum ? wanted : live.minimum), signal);
    } catch (error) {
      if (!isRefused(error)) throw error;
      await this.#save(heldBefore, signal);
      return [
        error instanceof ForbiddenError
          ? `this account may not change ${kind.name} ${name}, which may take pods away that the release needs: allow it to patch that`
          : `the minimum of ${kind.name} ${name}, which may take pods away that the release needs, cannot be ${wanted}: ${messageOf(error)}`,
      ];
    }
    return limited;
  }

  async #save(held: readonly HeldMinimum[], signal: AbortSignal): Promise<void> {
    await this.#options.save(held, signal);
    this.#held = held;
    this.#saved = held;
  }

  async #giveBackOne(
    entry: HeldMinimum,
    signal: AbortSignal,
  ): Promise<{ readonly isGivenBack: boolean; readonly notes: readonly string[] }> {
    const { kind: kindName, name, before } = entry;
    const kind = this.#kinds.find((each) => each.name === kindName);
    const keeps = (why: string): string => `${kindName} ${name} keeps its minimum: ${why}`;
    if (kind === undefined)
      return { isGivenBack: false, notes: [keeps("this version of atom does not know the kind")] };
    let found: Bounds | undefined;
    try {
      await kind.write(
        name,
        (live) => {
          found = live;
          return isOurs(entry, live.minimum) ? before : live.minimum;
        },
        signal,
      );
    } catch (error) {
      // Nothing is left to give it back to.
      if (error instanceof NotFoundError) return { isGivenBack: true, notes: [] };
      // Trying again would not help, and would keep the release from its end.
      if (!isRefused(error)) throw error;
      const why = error instanceof ForbiddenError ? "this account may not change it" : messageOf(error);
      return { isGivenBack: false, notes: [keeps(`${why}; it was ${said(before)} before`)] };
    }
    const notes = found === undefined ? [] : changedMaximum(entry, found);
    if (found === undefined || isOurs(entry, found.minimum)) return { isGivenBack: true, notes };
    const own = `keeps the minimum ${said(found.minimum)} that it was given during the release (before: ${said(before)})`;
    return { isGivenBack: true, notes: [...notes, `${kindName} ${name} ${own}`] };
  }

  #news(notes: readonly string[]): readonly string[] {
    const news = notes.filter((note) => !this.#noted.has(note));
    for (const note of news) this.#noted.add(note);
    return news;
  }
}

/** By the account's rights, or by an admission policy: trying again is useless, and other autoscalers are not concerned. */
function isRefused(error: unknown): boolean {
  return error instanceof ForbiddenError || error instanceof InvalidError;
}

/** Whether a minimum is as it was found, or as the release has set it. */
function isOurs({ before, set }: HeldMinimum, minimum: number | null): boolean {
  return minimum === before || (minimum !== null && set.includes(minimum));
}

/** Somebody else's to change, also during a release; that it was is said. */
function changedMaximum({ kind, name, maximum: before }: HeldMinimum, { maximum }: Bounds): readonly string[] {
  if (before === undefined || before === maximum) return [];
  return [`the maximum of ${kind} ${name} was changed during the release, from ${before} to ${maximum}`];
}

function said(minimum: number | null): string {
  return minimum === null ? "none" : String(minimum);
}

/** Slots whose autoscalers leave the pods that a slot is scaled up to. */
export class AutoscaledSlots implements Slots {
  readonly #slots: Slots;
  readonly #autoscalers: Autoscalers;
  /** Pods of a slot that serves. */
  readonly #full: number;
  readonly #say: (note: string) => void;

  constructor(slots: Slots, autoscalers: Autoscalers, full: number, say: (note: string) => void) {
    this.#slots = slots;
    this.#autoscalers = autoscalers;
    this.#full = full;
    this.#say = say;
  }

  look(slot: Slot, signal: AbortSignal): Promise<SlotHealth> {
    return this.#slots.look(slot, signal);
  }

  count(slot: Slot, signal: AbortSignal): Promise<PodCount> {
    return this.#slots.count(slot, signal);
  }

  async scale(slot: Slot, replicas: number | "full", signal: AbortSignal): Promise<void> {
    const pods = replicas === "full" ? this.#full : replicas;
    const scaled = this.#slots.scale(slot, replicas, signal);
    // At once: pods that are to start wait for no autoscaler, nor for its record.
    await (pods > 0
      ? Promise.all([scaled, holdOrSay(this.#autoscalers, { [slot]: pods }, this.#say, signal)])
      : scaled);
  }
}
