import assert from "node:assert/strict";
import { PlainView, type PlainViewOptions } from "../../../delivery/view/plain.ts";
import { viewedRecord, viewedSubject } from "../../../delivery/view/release-view.ts";
import { releasePlan } from "../support/plans.ts";
import { World } from "../release/world.ts";
import { viewedRelease } from "./viewed.ts";

/** A view, and the lines that it has written. */
function plain(world: World, options: Partial<PlainViewOptions> = {}): { view: PlainView; lines: string[] } {
  const lines: string[] = [];
  const out = { write: (text: string) => lines.push(...text.split("\n").slice(0, -1)) };
  return { view: new PlainView({ out, clock: world.clock, ...options }), lines };
}

async function linesOf(world: World, options: Partial<PlainViewOptions> = {}): Promise<string[]> {
  const { view, lines } = plain(world, options);
  await viewedRelease(world, view);
  // What a detail says is whoever's who found it out.
  const told = world.journal.map(({ event, detail, evidence }) => {
    if (event === "smoke-passed") return [detail, "<smoke passed>"] as const;
    return [detail, evidence === undefined ? detail : "<counts>"] as const;
  });
  return lines.map((line) => told.reduce((text, [detail, name]) => text.replace(detail, name), line));
}

describe("the lines of a release in a log", () => {
  it("say what has become true and what is done now, one line each", async () => {
    assert.deepEqual(await linesOf(new World()), [
      "00:00:00Z    +0.0 s  release r1 of atom in staging: v-a in blue → v-b in green, 10 → 50 → 100 %",
      "00:00:00Z    +0.0 s  [  0 %] now waiting until the pods of v-b are ready, at most 5 min; no user reaches them yet",
      "00:00:00Z    +0.0 s  [  0 %] ready: 2 of 2 pods are ready; now running the smoke test: 0 steps through x-canary, no user reaches v-b yet",
      "00:00:00Z    +0.1 s  [  0 %] smoke step login passed (through x-canary, 0.1 s)",
      "00:00:00Z    +0.1 s  [ 10 %] <smoke passed>; now moving 10 % of the traffic to v-b",
      "00:00:00Z    +0.1 s  [ 10 %] 10 % of the traffic to green; now looking at the data plane until 10 % is seen in effect, at most 30 s",
      "00:00:00Z    +0.1 s  [ 10 %] seen in effect: the data plane is confirmed; now measuring for 20 s and at least 100 requests; a breach is acted on at once",
      "00:00:20Z   +20.1 s  [ 50 %] passed: <counts>; now moving 50 % of the traffic to v-b",
      "00:00:20Z   +20.1 s  [ 50 %] 50 % of the traffic to green; now looking at the data plane until 50 % is seen in effect, at most 30 s",
      "00:00:20Z   +20.1 s  [ 50 %] seen in effect: the data plane is confirmed; now measuring for 20 s and at least 100 requests; a breach is acted on at once",
      "00:00:40Z   +40.1 s  [100 %] passed: <counts>; now moving 100 % of the traffic to v-b",
      "00:00:40Z   +40.1 s  [100 %] 100 % of the traffic to green; now looking at the data plane until 100 % is seen in effect, at most 30 s",
      "00:00:40Z   +40.1 s  [100 %] seen in effect: the data plane is confirmed; now measuring for 20 s and at least 100 requests; a breach is acted on at once",
      "00:01:00Z   +60.1 s  [100 %] passed: <counts>; now running the smoke test again, as a user; v-b has all the traffic",
      "00:01:00Z   +60.2 s  [100 %] smoke step login passed (as a user, 0.1 s)",
      "00:01:00Z   +60.2 s  [100 %] <smoke passed>; now keeping v-a warm for 20 s, one patch away; v-b has all the traffic",
      "00:01:20Z   +80.2 s  [100 %] no breach in 20 s at 100 %; now taking the pods of v-a away; from here on the way back is another release",
      "00:01:20Z   +80.2 s  [100 %] blue has no pods any more; released: v-b serves all traffic",
    ]);
  });

  it("say why a candidate is taken back, and how", async () => {
    const world = new World();
    world.errors.candidate = 0.2;
    assert.deepEqual((await linesOf(world)).slice(6), [
      "00:00:00Z    +0.1 s  [ 10 %] seen in effect: the data plane is confirmed; now measuring for 20 s and at least 100 requests; a breach is acted on at once",
      "00:00:01Z    +1.6 s  [  0 %] FAILED: <counts>; now moving all traffic back to v-a",
      "00:00:01Z    +1.6 s  [  0 %] all traffic to blue; now looking until no request reaches v-b, at most 20 s",
      "00:00:01Z    +1.6 s  [  0 %] the way back is seen in effect: the data plane is confirmed; now marking template bbbbbbbbbbbb, so that it does not come again by itself",
      "00:00:01Z    +1.6 s  [  0 %] quarantined: template bbbbbbbbbbbb must not be staged again; now taking the pods of v-b away",
      "00:00:03Z    +3.6 s  [  0 %] green has no pods any more; rolled back: v-a serves all traffic",
    ]);
  });

  it("name the smoke step that failed, and never steer the terminal or the log by what the service answered", () => {
    const world = new World();
    const { view, lines } = plain(world);
    const from = { ...{ slot: "blue", template: "aaaaaaaaaaaa" }, version: "v-a", image: "atom:a" } as const;
    const candidate = { ...from, slot: "green", version: "v-b" } as const;
    const subject = { id: "r1", active: "blue", candidate, plan: releasePlan(), hotfix: undefined } as const;
    view.begin(viewedSubject(subject, world.clock.now(), from.version));
    const detail = "login: 401\r\n::set-output name=a::b\u001b[2J\u202e";
    view.onSmokeStep("public", { name: "login", passed: false, duration: 103, detail });
    assert.deepEqual(lines.slice(2), [
      "00:00:00Z    +0.0 s  [  0 %] smoke step login FAILED (as a user, 0.1 s): login: 401 ::set-output name=a::b",
    ]);
  });

  it("say a trouble that goes on once a minute", async () => {
    const world = new World();
    const { view, lines } = plain(world);
    for (let round = 0; round < 3; round += 1) {
      view.trouble("the ledger: no answer");
      view.trouble("the ledger: no answer");
      await world.clock.pass(45_000);
    }
    view.trouble("50 % of the weights");
    assert.deepEqual(lines, [
      "00:00:00Z    +0.0 s  warning: the ledger: no answer",
      "00:01:30Z   +90.0 s  warning: the ledger: no answer",
      "00:02:15Z  +135.0 s  warning: 50 % of the weights",
    ]);
  });

  it("are annotations on GitHub where that is asked for", () => {
    const { view, lines } = plain(new World(), { annotations: true });
    view.trouble("50 % of the weights\n");
    assert.deepEqual(lines, ["::warning title=atom release::50 %25 of the weights"]);
  });

  it("give a sign of life once a minute while a long step is measured", async () => {
    const world = new World(releasePlan({ steps: [{ percent: 100, wait: 150_000 }] }));
    const alive = (await linesOf(world)).filter((line) => line.includes("still"));
    assert.deepEqual(alive, [
      "00:01:00Z   +60.1 s  [100 %] still measuring: the candidate 0 failed and 0 slow of 6,000 requests; the active slot 0 failed and 0 slow of 0 requests",
      "00:02:00Z  +120.1 s  [100 %] still measuring: the candidate 0 failed and 0 slow of 12,000 requests; the active slot 0 failed and 0 slow of 0 requests",
    ]);
  });

  it("count from the beginning of a release that is taken up", async () => {
    const world = new World();
    await linesOf(world);
    const [past] = world.ledger.releases;
    assert.ok(past);
    const { view, lines } = plain(world);
    view.note("the lease is free");
    view.begin(viewedRecord(past, world.plan));
    view.note("going on");
    assert.deepEqual(lines, [
      "00:01:20Z    +0.0 s  the lease is free",
      "00:01:20Z   +80.2 s  release r1 of atom in staging: v-a in blue → v-b in green, 10 → 50 → 100 %",
      "00:01:20Z   +80.2 s  [100 %] so far: blue has no pods any more; released: v-b serves all traffic",
      "00:01:20Z   +80.2 s  going on",
    ]);
  });
});
