import assert from "node:assert/strict";
import { slotSelectorLabels } from "../../../components/names/labels.ts";
import { whyNotWritten } from "../../../components/slots/idle-slot.ts";
import type { LiveRelease } from "../../../components/slots/live-release.ts";
import { liveRelease, liveSlot, releaseUnderWay } from "./live.ts";

/** `up` was about to stage the template `new` in green, while blue serves. */
const plan = { active: "blue", staged: { slot: "green", digest: "new" } } as const;

describe("what was decided of a slot", () => {
  const rows: { when: string; live: LiveRelease | undefined; green: RegExp | undefined; blue?: RegExp }[] = [
    { when: "the first run is not over", live: undefined, green: undefined },
    { when: "nothing has changed", live: liveRelease(), green: undefined },
    {
      when: "a release has begun",
      live: liveRelease({ ledger: { current: releaseUnderWay } }),
      ...{ green: /release r-7 has begun/, blue: /release r-7 has begun/ },
    },
    {
      when: "a rollback has turned the slots",
      live: liveRelease({ ledger: { active: "green" } }),
      ...{ green: /green serves now, and no longer blue/, blue: /green serves now/ },
    },
    {
      when: "a person has set weights",
      live: liveRelease({ weights: { blue: 70, green: 30 } }),
      green: /the route sends it 30 % of the traffic/,
    },
    {
      when: "callers inside the cluster are led to it",
      live: liveRelease({ routes: { http: [], own: { selector: slotSelectorLabels("atom", "green") } } }),
      green: /the Service atom selects it/,
    },
    {
      when: "users were led to the very template that is staged",
      live: liveRelease({
        slots: { blue: liveSlot("old"), green: liveSlot("new") },
        weights: { blue: 70, green: 30 },
      }),
      green: undefined,
    },
  ];
  for (const { when, live, green, blue } of rows)
    it(`${green === undefined ? "is written" : "is not written any more"} where ${when}`, () => {
      const told = {
        green: whyNotWritten("green", "atom", plan, live),
        blue: whyNotWritten("blue", "atom", plan, live),
      };
      for (const [slot, expected] of Object.entries({ green, blue })) {
        const why = told[slot as "blue" | "green"];
        if (expected === undefined) assert.equal(why, undefined);
        else assert.match(why ?? "", expected);
      }
    });

  it("is not written over a template without a digest that users are led to", () => {
    const green = { ...liveSlot("x"), digest: undefined };
    const live = liveRelease({ slots: { blue: liveSlot("old"), green }, weights: { blue: 70, green: 30 } });
    assert.match(whyNotWritten("green", "atom", { active: "blue", staged: undefined }, live) ?? "", /30 %/);
  });
});
