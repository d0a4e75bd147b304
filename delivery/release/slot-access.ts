// Whether anything leads to a slot: pods behind a Service that is gone are ready, and answer nobody.
import { fingerprintOf, type JudgedObject, type JudgedState } from "./judged-object.ts";
import type { Slot } from "./ports.ts";

/** What a person does about it. */
export const makeAgain = "`up --refresh` of the stack makes it again";

/** An object without which a slot serves nobody, as it was seen last. */
interface Seen {
  readonly object: JudgedObject;
  /** Fingerprint of it when the release began. */
  readonly basis: string | undefined;
  latest: JudgedState | undefined;
  /** `undefined` while its watch is open. */
  readonly awaySince: number | undefined;
}

/** Looks at what a watch of the release keeps up to date. */
export class SlotAccess {
  readonly #seen: readonly Seen[];

  /** @param seen all that is watched; it goes on changing */
  constructor(seen: readonly Seen[]) {
    this.#seen = seen.filter(({ object }) => object.cutOff !== undefined);
  }

  /** Whether all that leads to a slot was seen: else it is to be looked at before anybody is led there. */
  isKnown(slot: Slot): boolean {
    return this.#leadingTo(slot).every(({ latest }) => latest !== undefined);
  }

  /** What keeps a slot from serving anybody, by its name: its Deployment, or the Service that leads to it, is gone or was changed. */
  lostWith(slot: Slot): string | undefined {
    const cause = this.#leadingTo(slot).find(
      ({ object, basis, latest }) =>
        latest !== undefined && fingerprintOf(latest.content) !== basis && object.cutOff?.by(latest.content) === true,
    );
    return cause?.object.name;
  }

  /** Reads what is not watched; what cannot be read stays as it was seen. */
  async look(signal: AbortSignal): Promise<void> {
    const unwatched = this.#seen.filter(({ awaySince }) => awaySince !== undefined);
    await Promise.allSettled(
      unwatched.map(async (each) => {
        each.latest = await each.object.read(signal);
      }),
    );
    signal.throwIfAborted();
  }

  #leadingTo(slot: Slot): readonly Seen[] {
    return this.#seen.filter(({ object }) => object.cutOff?.slot === slot);
  }
}
