// What must be so at every moment of a release, whatever the world does: looked at ten times a second.
import assert from "node:assert/strict";
import { otherSlot } from "../../../components/names/slot-name.ts";
import { podsNeeded } from "../../../delivery/release/capacity.ts";
import type { MovingWorld } from "./moving-world.ts";

const lookEvery = 100;

/** Three seconds are a bad probe; the rest is the guard's reading, a count and the patch. In milliseconds. */
const longestMisled = 5_000;
/** What law 12 allows, and the interval of the looks here, in milliseconds. */
const longestUnjudged = 1_000 + lookEvery;

export class Invariants {
  readonly #world: MovingWorld;
  readonly #story: () => string;
  /** By the release under way: when its candidate was first changed by others, as an instant. */
  readonly #candidateChanged = new Map<string, number>();
  #unwatchedUntil = 0;
  #misledSince: number | undefined;
  #unjudgedSince: number | undefined;

  /** @param story what happened until now, for whoever reads of a failure */
  constructor(world: MovingWorld, story: () => string) {
    this.#world = world;
    this.#story = story;
  }

  /** Nobody watches the release from now on, for so long in milliseconds. */
  unwatched(ms: number): void {
    this.#unwatchedUntil = Math.max(this.#unwatchedUntil, this.#world.clock.monotonic() + ms);
  }

  /** Somebody else changes the template in the candidate's slot. */
  candidateChanged(): void {
    const { current } = this.#world.ledger;
    if (current !== null && !this.#candidateChanged.has(current.id))
      this.#candidateChanged.set(current.id, this.#world.clock.now());
  }

  /** Looks until the signal fires; rejects with its reason, or as soon as something was for too long as it must not be. */
  async follow(signal: AbortSignal): Promise<never> {
    const { clock } = this.#world;
    for (;;) {
      await clock.sleep(lookEvery, signal);
      const now = clock.monotonic();
      const isWatched = now > this.#unwatchedUntil;
      this.#misledSince = isWatched && this.#isMisled ? (this.#misledSince ?? now) : undefined;
      this.#unjudgedSince = isWatched && this.#isUnjudged ? (this.#unjudgedSince ?? now) : undefined;
      if (now - (this.#misledSince ?? now) > longestMisled)
        assert.fail(`users were sent to no ready pods for more than ${longestMisled} ms: ${this.#story()}`);
      if (now - (this.#unjudgedSince ?? now) > longestUnjudged)
        assert.fail(`the candidate had more than its weight for more than ${longestUnjudged} ms: ${this.#story()}`);
    }
  }

  /** No release was promoted with a candidate that others had changed. */
  checkPromotions(): void {
    const { current, releases } = this.#world.ledger;
    for (const { id, journal, emergency } of [...(current === null ? [] : [current]), ...releases]) {
      const soaked = journal.find(({ event }) => event === "soaked");
      const changed = this.#candidateChanged.get(id) ?? Infinity;
      if (soaked !== undefined && emergency !== true)
        assert.ok(changed > Date.parse(soaked.at) - longestUnjudged, `${id} was promoted unjudged: ${this.#story()}`);
    }
  }

  /** Users are sent to no pods; a releaser does not answer for that before its first weight, nor once the old slot may be going. */
  get #isMisled(): boolean {
    const state = this.#world.ledger.current?.state;
    if (state === undefined || state.phase === "finishing" || !this.#world.isMisled) return false;
    return state.percent > 0 || state.rolledBackFrom !== undefined;
  }

  /** The candidate has more than what was judged of it allows, though the active slot could carry all. */
  get #isUnjudged(): boolean {
    const world = this.#world;
    const { current } = world.ledger;
    if (current === null) return false;
    const { id, state, slot, emergency } = current;
    const isChanged = this.#candidateChanged.has(id) && state.phase !== "finishing" && emergency !== true;
    const allowed = isChanged ? 0 : state.percent;
    if (world.share(slot) <= allowed) return false;
    return world.reachable(otherSlot(slot)) >= podsNeeded(100, world.ready(slot));
  }
}
