// What a release may live through, as data for fast-check.
import fc from "fast-check";
import { slotNames, type SlotName } from "../../../components/names/slot-name.ts";

/** What a release lives through, and what ends one. */
const lasting = [
  ...(["weight", "weight", "scale", "scale", "select"] as const),
  ...(["load", "load", "minimum", "minimum", "maximum", "lose", "lose", "evict", "barren", "fertile"] as const),
  ...(["again", "put-back", "put-back", "cut", "forget", "kill", "kill"] as const),
];
const ending = [
  ...(["template", "template", "route", "plan", "service", "unserve", "unserve"] as const),
  ...(["terminate", "abort", "rollback", "fail", "crash", "mute"] as const),
];

export type What = (typeof lasting)[number] | (typeof ending)[number];

/** What users with kubectl, autoscalers, nodes, another operator, the API server and the version itself do. */
export interface Happening {
  /** Since the beginning, in milliseconds. */
  readonly at: number;
  readonly what: What;
  readonly slot: SlotName;
  readonly pods: number;
  readonly percent: number;
}

const happening = (what: readonly What[], until: number): fc.Arbitrary<Happening> =>
  fc.record({
    at: fc.integer({ min: 100, max: until }),
    what: fc.constantFrom(...what),
    slot: fc.constantFrom(...slotNames),
    pods: fc.integer({ min: 0, max: 5 }),
    percent: fc.integer({ min: 0, max: 100 }),
  });

export const life = fc.record({
  startMs: fc.constantFrom(0, 3_000, 12_000),
  policy: fc.constantFrom("rollback", "rollback", "hold"),
  minima: fc.record({ blue: fc.integer({ min: 1, max: 3 }), green: fc.integer({ min: 1, max: 3 }) }),
  happenings: fc
    .tuple(
      fc.array(happening(lasting, 70_000), { maxLength: 14 }),
      fc.array(happening(ending, 90_000), { maxLength: 2 }),
    )
    .map((both) => both.flat().toSorted((a, b) => a.at - b.at)),
  /** What a person does about a release that is left, and when that process is killed, in milliseconds. */
  next: fc.constantFrom("resume", "abort", "rollback"),
  killAfter: fc.option(fc.integer({ min: 0, max: 8_000 }), { nil: undefined }),
});
export type Life = typeof life extends fc.Arbitrary<infer T> ? T : never;
