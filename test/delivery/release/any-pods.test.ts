import assert from "node:assert/strict";
import fc from "fast-check";
import type { SlotName } from "../../../components/names/slot-name.ts";
import { releasePlan } from "../support/plans.ts";
import { Relay } from "./relay.ts";
import { World } from "./world.ts";

/** What people, autoscalers, nodes and the version itself do. */
interface Happening {
  /** After the one before, in milliseconds. */
  readonly after: number;
  readonly what: "scale" | "lose" | "barren" | "fertile" | "fail" | "abort" | "kill";
  readonly slot: SlotName;
  readonly pods: number;
}

const happening: fc.Arbitrary<Happening> = fc.record({
  after: fc.integer({ min: 100, max: 15_000 }),
  what: fc.constantFrom("scale", "scale", "lose", "lose", "barren", "fertile", "fail", "abort", "kill"),
  slot: fc.constantFrom("blue", "green"),
  pods: fc.integer({ min: 0, max: 5 }),
});

const plan = releasePlan({
  steps: [
    { percent: 10, wait: 6_000 },
    { percent: 50, wait: 6_000 },
    { percent: 100, wait: 6_000 },
  ],
  soak: 15_000,
  deadlines: { ready: 40_000, return: 10_000, hold: 60_000, confirm: 10_000 },
});

/** Three seconds are a bad probe; the rest is the guard's reading, a count and the patch. In milliseconds. */
const longestMisled = 5_000;

/** Whether a releaser answers for where users are: none of them is on the candidate before the first weight. */
function isAnswerable(world: World): boolean {
  const state = world.ledger.current?.state;
  if (state === undefined || state.phase === "finishing") return false;
  return state.percent > 0 || state.rolledBackFrom !== undefined;
}

describe("whatever becomes of pods during a release", () => {
  it("users are not for long where no pod is ready while there is one elsewhere, and every run ends", async function () {
    this.timeout(300_000);
    const story = fc.tuple(fc.constantFrom(0, 3_000, 12_000), fc.array(happening, { maxLength: 10 }));
    await fc.assert(
      fc.asyncProperty(story, async ([startMs, happenings]) => {
        const world = new World(plan);
        world.startMs = startMs;
        let unwatchedUntil = 0;
        const relay = new Relay(world, (ms) => {
          unwatchedUntil = world.clock.monotonic() + ms;
        });
        const done = new AbortController();
        const live = async (): Promise<void> => {
          for (const { after, what, slot, pods } of happenings) {
            await world.clock.sleep(after, done.signal);
            if (what === "scale") world.scale(slot, pods);
            if (what === "lose") world.lose(slot, pods);
            if (what === "barren") world.barren = [slot];
            if (what === "fertile") world.barren = [];
            if (what === "fail") world.errors.candidate = 0.5;
            if (what === "abort") relay.abort();
            if (what === "kill") relay.kill();
          }
        };
        let misledSince: number | undefined;
        let longest = 0;
        const watch = async (): Promise<void> => {
          for (;;) {
            await world.clock.sleep(250, done.signal);
            const now = world.clock.monotonic();
            const isMisled = world.isMisled && isAnswerable(world) && now > unwatchedUntil;
            misledSince = isMisled ? (misledSince ?? now) : undefined;
            longest = Math.max(longest, now - (misledSince ?? now));
          }
        };
        for (const work of [live(), watch()]) work.catch(() => undefined);
        const { end, state } = await world.clock.settle(relay.over);
        done.abort(new Error("the release is over"));
        assert.ok(
          longest <= longestMisled,
          `${longest} ms: ${JSON.stringify(world.journal.map((line) => [line.at.slice(17, 23), line.event, line.percent, line.detail]))}`,
        );
        if (end === "held") return;
        if (state.phase === "released") assert.equal(world.percent, 100);
        else if (state.candidateStays !== true) assert.equal(world.percent, 0);
      }),
      { numRuns: 20 },
    );
  });
});
