import assert from "node:assert/strict";
import fc from "fast-check";
import { releasePlan } from "../support/plans.ts";
import { Relay } from "./relay.ts";
import { World } from "./world.ts";

/** What users with kubectl, another operator, the API server and the version itself do. */
interface Happening {
  /** After the one before, in milliseconds. */
  readonly after: number;
  readonly what: "candidate" | "active" | "weight" | "route" | "plan" | "cut" | "forget" | "fail" | "abort" | "kill";
  readonly percent: number;
}

const happening: fc.Arbitrary<Happening> = fc.record({
  after: fc.integer({ min: 100, max: 12_000 }),
  what: fc.constantFrom(
    ...(["candidate", "active", "weight", "weight", "weight", "route", "plan"] as const),
    ...(["cut", "forget", "fail", "abort", "kill"] as const),
  ),
  percent: fc.integer({ min: 0, max: 100 }),
});

const plan = releasePlan({
  steps: [
    { percent: 10, wait: 6_000 },
    { percent: 50, wait: 6_000 },
    { percent: 100, wait: 6_000 },
  ],
  soak: 8_000,
  deadlines: { ready: 40_000, return: 5_000, hold: 60_000, confirm: 10_000 },
});

/** What law 12 allows, and the interval of the looks here, in milliseconds. */
const longestUnjudged = 1_000 + 100;
/** Watches that are cut off again soon after are opened again with a pause, in milliseconds. */
const soon = 5_000;

describe("whatever hands change during a release", () => {
  it("nothing unjudged stays above its weight for more than a second or is promoted, and every run ends", async function () {
    this.timeout(300_000);
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 10 }), async (happenings) => {
        const world = new World(plan);
        const { clock } = world;
        let unwatchedUntil = 0;
        let cutAt = -Infinity;
        let candidateChangedAt = Infinity;
        let count = 0;
        const unwatched = (ms: number): void => {
          unwatchedUntil = Math.max(unwatchedUntil, clock.monotonic() + ms);
        };
        const relay = new Relay(world, unwatched);
        const changes: Readonly<Record<Happening["what"], (percent: number) => void>> = {
          candidate: () => {
            world.setEnv("green", String((count += 1)));
            if (world.ledger.current !== null) candidateChangedAt = Math.min(candidateChangedAt, clock.now());
          },
          active: () => {
            world.setEnv("blue", String((count += 1)));
          },
          weight: (percent) => {
            world.setWeight(percent);
          },
          route: () => {
            world.editRoute({ timeout: `${(count += 1)}s` });
          },
          plan: () => {
            world.publish({ ...plan, soak: (count += 1) });
          },
          cut: () => {
            if (clock.monotonic() - cutAt < soon) unwatched(soon);
            cutAt = clock.monotonic();
            world.cluster.cutWatches();
          },
          forget: () => {
            world.cluster.forgetHistory();
          },
          fail: () => {
            world.errors.candidate = 0.5;
          },
          abort: () => {
            relay.abort();
          },
          kill: () => {
            relay.kill();
          },
        };
        const done = new AbortController();
        const live = async (): Promise<void> => {
          for (const { after, what, percent } of happenings) {
            await clock.sleep(after, done.signal);
            changes[what](percent);
          }
        };
        let unjudgedSince: number | undefined;
        let longest = 0;
        const watch = async (): Promise<void> => {
          for (;;) {
            await clock.sleep(100, done.signal);
            const now = clock.monotonic();
            const state = world.ledger.current?.state;
            const isChanged = candidateChangedAt < Infinity && state?.phase !== "finishing";
            const allowed = state === undefined ? 100 : isChanged ? 0 : state.percent;
            unjudgedSince = world.percent > allowed && now > unwatchedUntil ? (unjudgedSince ?? now) : undefined;
            longest = Math.max(longest, now - (unjudgedSince ?? now));
          }
        };
        for (const work of [live(), watch()]) work.catch(() => undefined);
        const { end, state } = await clock.settle(relay.over);
        done.abort(new Error("the release is over"));
        const story = JSON.stringify(
          world.journal.map((line) => [line.at.slice(17, 23), line.event, line.percent, line.detail]),
        );
        assert.ok(longest <= longestUnjudged, `${longest} ms: ${story}`);
        const soaked = world.journal.find(({ event }) => event === "soaked");
        if (soaked !== undefined)
          assert.ok(candidateChangedAt > Date.parse(soaked.at) - longestUnjudged, `promoted unjudged: ${story}`);
        if (end === "over" && state.phase !== "released") assert.equal(world.percent, 0, story);
      }),
      { numRuns: 20 },
    );
  });
});
