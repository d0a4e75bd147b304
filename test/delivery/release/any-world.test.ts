import assert from "node:assert/strict";
import fc from "fast-check";
import { otherSlot, slotNames, type SlotName } from "../../../components/names/slot-name.ts";
import type { ReleasePlan } from "../../../components/release-plan/release-plan.ts";
import { adviceOf } from "../../../delivery/report/advice.ts";
import { storyOf } from "../../../delivery/report/story.ts";
import { releasePlan } from "../support/plans.ts";
import { life, type Happening, type Life, type What } from "./happenings.ts";
import { Invariants } from "./invariants.ts";
import { MovingWorld } from "./moving-world.ts";
import { Relay } from "./relay.ts";

const planWith = (policy: "rollback" | "hold"): ReleasePlan =>
  releasePlan({
    steps: [
      { percent: 10, wait: 6_000 },
      { percent: 50, wait: 6_000 },
      { percent: 100, wait: 6_000 },
    ],
    soak: 15_000,
    deadlines: { ready: 40_000, return: 10_000, hold: 60_000, confirm: 10_000 },
    thresholds: { errorRate: { max: 0.001, policy }, latency: { seconds: 0.2, policy } },
  });

/** The most pods of an autoscaler. */
const most = 8;
/** Watches that are cut off again soon after are opened again with a pause, in milliseconds. */
const soon = 5_000;
/** For so long somebody puts a field back, and so often, in milliseconds. */
const putBack = { for: 8_000, every: 1_000 };
/** Once, or some times, as long it takes until somebody makes again what was deleted, in milliseconds. */
const mendedAfter = 8_000;
/** What others do so shortly before the end may find nobody who puts it right, in milliseconds. */
const lastMoment = 1_500;

/** All that happens in one life. */
class Lived {
  readonly #world: MovingWorld;
  readonly #invariants: Invariants;
  readonly #happenings: readonly Happening[];
  readonly #done = new AbortController();
  #cutAt = -Infinity;
  #count = 0;

  constructor({ startMs, policy, minima, happenings }: Life) {
    this.#world = new MovingWorld(planWith(policy), minima, most);
    this.#world.startMs = startMs;
    this.#invariants = new Invariants(this.#world, () => this.#story);
    this.#happenings = happenings;
  }

  get #story(): string {
    const { current, releases } = this.#world.ledger;
    const journals = [...(current === null ? [] : [current]), ...releases].toReversed();
    return JSON.stringify(
      journals.flatMap(({ id, journal }) =>
        journal.map((line) => [id, line.at.slice(14, 23), line.event, line.phase, line.percent, line.detail]),
      ),
    );
  }

  async run({ next, killAfter }: Life): Promise<void> {
    const world = this.#world;
    const relay = this.#relay();
    const alive = new AbortController();
    const followed = this.#invariants.follow(alive.signal);
    const happened = this.#happen(relay).then(() => new Promise<never>(() => undefined));
    for (const work of [happened, world.autoscale(alive.signal), followed]) work.catch(() => undefined);
    try {
      const end = await world.clock.settle(Promise.race([relay.over, followed, happened]));
      this.#done.abort(new Error("the release is over"));
      if (end === "held") this.#checkNextStep();
      else this.#checkGivenBack();
      await world.clock.settle(Promise.race([this.#goOn(next, killAfter), followed]));
      this.#invariants.checkPromotions();
    } finally {
      alive.abort(new Error("nothing is looked at any more"));
    }
  }

  /** The world is well again, and a person goes on with what is left, or has what served before back. */
  async #goOn(next: Life["next"], killAfter: number | undefined): Promise<void> {
    const world = this.#world;
    Object.assign(world, { barren: [], readable: true, errors: { candidate: 0, active: 0 } });
    for (const slot of slotNames) {
      world.start(slot);
      world.serve(slot);
    }
    const isLeft = world.ledger.current !== null;
    if (!isLeft && next !== "rollback") return;
    const relay = this.#relay(
      next === "rollback"
        ? (one) => one.rollBackNow()
        : next === "resume"
          ? (one) => one.release()
          : (one) => one.takeBack("a person"),
    );
    if (killAfter !== undefined) {
      void world.clock.sleep(killAfter, new AbortController().signal).then(() => {
        relay.kill();
      });
    }
    // A release that is resumed may be held once more.
    if ((await relay.over) === "held") {
      this.#checkNextStep();
      assert.equal(await this.#relay((one) => one.takeBack("a person")).over, "over", this.#story);
    }
    this.#checkGivenBack();
  }

  #relay(...work: readonly [ConstructorParameters<typeof Relay>[2]?]): Relay {
    return new Relay(
      this.#world,
      (ms) => {
        this.#invariants.unwatched(ms);
      },
      ...work,
    );
  }

  #checkNextStep(): void {
    const { current } = this.#world.ledger;
    assert.ok(current !== null, this.#story);
    const advice = adviceOf(storyOf(current).header, false);
    assert.match(advice.join(" "), /`atom (?:abort|resume)/, this.#story);
  }

  /** What the releaser has changed beside weights is as it was, or as somebody wanted it since; and users are where the ledger says. */
  #checkGivenBack(): void {
    const world = this.#world;
    const { active, releases } = world.ledger;
    const [last] = releases;
    if (last === undefined) return;
    const idle = otherSlot(active);
    const isLeft = (what: keyof MovingWorld["touched"]): boolean =>
      world.clock.monotonic() - world.touched[what] > lastMoment;
    assert.equal(world.canary, undefined, this.#story);
    for (const slot of slotNames)
      assert.equal(world.autoscaler(slot).spec?.minReplicas, world.wantedMinimum[slot], `${slot}: ${this.#story}`);
    if (last.state.candidateStays === true) return;
    if (isLeft("weight")) assert.equal(world.share(active), 100, this.#story);
    if (isLeft("selector")) assert.equal(world.selectedSlot, active, this.#story);
    // Users are to be able to go back to what served before.
    if (last.state.activeStays === true) return;
    const isTold = /keeps its pods|holds another template/.test(last.journal.at(-1)?.detail ?? "");
    if (isLeft(idle) && !isTold) assert.equal(world.replicas(idle), 0, this.#story);
  }

  async #happen(relay: Relay): Promise<void> {
    const { clock } = this.#world;
    for (const each of this.#happenings) {
      await clock.sleep(each.at - clock.monotonic(), this.#done.signal);
      this.#does(relay, each)[each.what]();
    }
  }

  #does(relay: Relay, { slot, pods, percent }: Happening): Readonly<Record<What, () => void>> {
    const world = this.#world;
    return {
      template: () => {
        world.setEnv(slot, String((this.#count += 1)));
        if (world.ledger.current?.slot === slot) this.#invariants.candidateChanged();
      },
      weight: () => {
        world.setWeight(percent);
      },
      route: () => {
        world.editRoute({ timeout: `${(this.#count += 1)}s` });
      },
      plan: () => {
        world.publish({ ...world.plan, soak: (this.#count += 1) });
      },
      scale: () => {
        world.scale(slot, pods);
      },
      select: () => {
        world.select(slot);
      },
      service: () => {
        world.setPort(slot, 9_000 + (this.#count += 1));
      },
      unserve: () => {
        this.#unserve(slot, (pods + 1) * mendedAfter).catch(() => undefined);
      },
      load: () => {
        world.load = pods;
      },
      minimum: () => {
        world.bound(slot, { minReplicas: pods + 1 });
      },
      maximum: () => {
        world.bound(slot, { maxReplicas: pods + 3 });
      },
      lose: () => {
        world.lose(slot, pods);
      },
      evict: () => {
        world.barren = [slot];
        world.lose(slot, pods);
      },
      barren: () => {
        world.barren = [slot];
      },
      fertile: () => {
        world.barren = [];
      },
      again: () => {
        relay.run((one) => one.release());
      },
      "put-back": () => {
        this.#putBack(slot, pods, percent).catch(() => undefined);
      },
      cut: () => {
        if (world.clock.monotonic() - this.#cutAt < soon) this.#invariants.unwatched(soon);
        this.#cutAt = world.clock.monotonic();
        world.cluster.cutWatches();
      },
      forget: () => {
        world.cluster.forgetHistory();
      },
      kill: () => {
        relay.kill();
      },
      terminate: () => {
        relay.abort();
      },
      abort: () => {
        relay.run((one) => one.takeBack("a person"));
      },
      rollback: () => {
        relay.run((one) => one.rollBackNow());
      },
      fail: () => {
        world.errors.candidate = 0.5;
      },
      crash: () => {
        world.restarts += 1;
      },
      mute: () => {
        world.readable = false;
      },
    };
  }

  /** Somebody deletes the Service of a slot, and runs `up --refresh` so many milliseconds later. */
  async #unserve(slot: SlotName, ms: number): Promise<void> {
    await this.#world.unserve(slot);
    await this.#world.clock.sleep(ms, this.#done.signal);
    this.#world.serve(slot);
  }

  /** Some operator has a field in Git, and puts it back again and again. */
  async #putBack(slot: SlotName, pods: number, percent: number): Promise<void> {
    const world = this.#world;
    const put = [
      () => {
        world.setWeight(percent);
      },
      () => {
        world.select(slot);
      },
      () => {
        world.scale(slot, 2);
      },
      () => {
        world.bound(slot, { minReplicas: world.wantedMinimum[slot] });
      },
      () => {
        world.bound(slot, { minReplicas: pods, maxReplicas: most });
      },
      () => {
        world.setPort(slot, 9_000);
      },
    ][pods];
    for (let gone = 0; gone < putBack.for; gone += putBack.every) {
      put?.();
      await world.clock.sleep(putBack.every, this.#done.signal);
    }
  }
}

/** The old slot's pods are there to go back to, and stay. */
const abortedAtItsEnd: Life = {
  ...{ startMs: 12_000, policy: "rollback", minima: { blue: 1, green: 1 }, next: "resume", killAfter: undefined },
  happenings: [
    { at: 100, what: "minimum", slot: "green", pods: 4, percent: 0 },
    { at: 38_201, what: "abort", slot: "blue", pods: 0, percent: 0 },
  ],
};

describe("whatever users, autoscalers, nodes and another operator do during a release", () => {
  it("users are where pods are ready and no more than judged, every release ends, and what it changed is given back", async function () {
    this.timeout(300_000);
    await fc.assert(
      fc.asyncProperty(life, async (each) => new Lived(each).run(each)),
      // More of them: LIVES=300.
      { numRuns: Number(process.env.LIVES ?? 40), examples: [[abortedAtItsEnd]] },
    );
  });
});
