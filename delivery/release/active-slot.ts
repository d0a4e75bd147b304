// Whether the slot that a rollback needs still has its pods. Pure but for what it remembers.
import { podsNeeded, shareOnRollback } from "./capacity.ts";
import type { GuardSnapshot } from "./ports.ts";
import type { ReleaseEvent } from "./state-machine.ts";
import type { Subject } from "./subject.ts";

/** A slot whose pods are there and none of them ready may have had a bad probe, for so long in milliseconds. */
const blinkMs = 2_000;
/** Fewer pods than a rollback needs may be pods that are replaced, for so long in milliseconds. */
const replacedMs = 3_000;

export interface ActiveSlotFinding {
  readonly events: readonly ReleaseEvent[];
  /** The number of pods that the active slot is to have. */
  readonly restoreTo: number | undefined;
}

/** Follows the active slot's pods while a candidate has traffic. Use one for each watch of the guard. */
export class ActiveSlot {
  readonly #subject: Pick<Subject, "active" | "candidate" | "plan">;
  /** Since when it has too few, by the monotonic clock. */
  #shortSince: number | undefined;
  #emptySince: number | undefined;
  #told: "short" | "empty" | undefined;
  #heldAt: number | undefined;

  constructor(subject: Pick<Subject, "active" | "candidate" | "plan">) {
    this.#subject = subject;
  }

  /** It has no ready pods, so that there is nothing to roll back to. */
  get isEmpty(): boolean {
    return this.#emptySince !== undefined;
  }

  /**
   * Takes in a reading of the guard.
   *
   * @param percent the candidate's weight
   * @param now of the monotonic clock, in milliseconds
   */
  see({ active, candidate, podsAt }: GuardSnapshot, percent: number, now: number): ActiveSlotFinding {
    if (podsAt === null) return { events: [], restoreTo: undefined };
    const isEmpty = active.ready === 0;
    const isShort =
      isEmpty || shareOnRollback({ active: active.ready, candidate: candidate.ready }, percent, percent) > 0;
    this.#shortSince = isShort ? (this.#shortSince ?? now) : undefined;
    this.#emptySince = isEmpty ? (this.#emptySince ?? now) : undefined;
    if (this.#shortSince === undefined) return { events: this.#restored(active.ready), restoreTo: undefined };

    const shortFor = now - this.#shortSince;
    const emptyFor = this.#emptySince === undefined ? undefined : now - this.#emptySince;
    const empty = emptyFor !== undefined && (active.pods === 0 || emptyFor >= blinkMs);
    if (!empty && shortFor < replacedMs) return { events: [], restoreTo: undefined };
    const { plan } = this.#subject;
    const restoreTo = Math.max(plan.replicas, podsNeeded(100, candidate.ready));
    // Users of the active slot's share get no answer at all.
    if (empty && percent < 100 && candidate.ready > 0) return { events: [this.#lost(percent)], restoreTo };
    const events = this.#news(empty ? "empty" : "short", active.ready, restoreTo);
    if (emptyFor !== undefined && emptyFor >= plan.deadlines.ready && this.#heldAt === undefined) {
      this.#heldAt = now;
      const detail = `${this.#subject.active} has had no ready pods for ${(emptyFor / 1000).toFixed(0)} s: there is nothing to roll back to`;
      return { events: [...events, { type: "held", reason: "active_slot_lost", detail }], restoreTo };
    }
    return { events, restoreTo };
  }

  #lost(percent: number): ReleaseEvent {
    const { active } = this.#subject;
    const detail = `guard: ${active} has no ready pods, and ${100 - percent} % of the traffic is on it`;
    return { type: "failed", reason: "active_slot_lost", detail };
  }

  #news(what: "short" | "empty", ready: number, restoreTo: number): readonly ReleaseEvent[] {
    if (this.#told === what || this.#told === "empty") return [];
    this.#told = what;
    const { active } = this.#subject;
    const has = what === "empty" ? "no ready pods" : `${ready} ready pods`;
    const detail =
      `guard: ${active}, which a rollback needs, has ${has} where ${restoreTo} are due; it is scaled to ${restoreTo} again. ` +
      `See what took them away: kubectl describe deployment, horizontalpodautoscaler`;
    return [{ type: "noted", detail }];
  }

  #restored(ready: number): readonly ReleaseEvent[] {
    if (this.#told === undefined) return [];
    this.#told = undefined;
    this.#heldAt = undefined;
    return [{ type: "noted", detail: `guard: ${this.#subject.active} has ${ready} ready pods again` }];
  }
}
