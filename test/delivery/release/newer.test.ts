import assert from "node:assert/strict";
import { compactJson } from "../../../components/json/json.ts";
import { ledgerKey, ledgerName } from "../../../components/names/names.ts";
import { configMaps } from "../../../delivery/cluster/resources.ts";
import { ReleaseRefusedError } from "../../../delivery/release/opening.ts";
import { statusOf, statusText } from "../../../delivery/report/status.ts";
import { World } from "./world.ts";

const name = { namespace: "atom-staging", name: ledgerName("atom") };

/** What the ledger's text holds. */
function textOf(world: World): string {
  return world.cluster.peek(configMaps, name).data?.[ledgerKey] ?? "";
}

/** A release that a newer version has left at 10 %, in a phase and with keys of its own. */
async function leftByNewer(): Promise<World> {
  const world = new World();
  const first = world.releaser();
  const ended = first.release();
  await world.clock.pass(10_000);
  first.leave();
  await world.clock.settle(ended);
  assert.equal(world.percent, 10);
  const ledger = JSON.parse(textOf(world)) as { current: { state: object; plan: unknown; shards?: unknown } };
  Object.assign(ledger.current.state, { phase: "draining-shards", shard: 3 });
  ledger.current.plan = JSON.parse("[".repeat(10_000) + "]".repeat(10_000));
  ledger.current.shards = { blue: [1, 2] };
  const live = world.cluster.peek(configMaps, name);
  world.cluster.put(configMaps, { metadata: live.metadata, data: { [ledgerKey]: compactJson(ledger) } });
  return world;
}

describe("a release that a newer version of atom has left", () => {
  it("is taken back by an abort, and its record keeps what this version does not know", async () => {
    const world = await leftByNewer();
    const { end, state } = await world.clock.settle(world.releaser().takeBack("aborted by anna: now"));
    assert.deepEqual([end, state.phase, state.cause?.reason], ["over", "aborted", "manual"]);
    assert.equal(world.percent, 0);
    const { releases } = JSON.parse(textOf(world)) as { releases: { shards?: unknown; state: { shard?: unknown } }[] };
    assert.deepEqual([releases[0]?.shards, releases[0]?.state.shard], [{ blue: [1, 2] }, 3]);
  });

  it("is resumed by nobody who does not know its phase, and stays as it is", async () => {
    const world = await leftByNewer();
    const refused = (error: unknown): boolean =>
      error instanceof ReleaseRefusedError && error.message.includes("is draining-shards, a phase that this version");
    await assert.rejects(world.clock.settle(world.releaser().release()), refused);
    await assert.rejects(
      world.clock.settle(world.releaser().ask({ kind: "resume", by: "anna" })),
      /is draining-shards/,
    );
    assert.equal(world.percent, 10);
    assert.match(textOf(world), /"phase": "draining-shards"/);
  });

  it("is shown by status in its own words, with what can be done", async () => {
    const world = await leftByNewer();
    const status = statusOf({ ledger: world.ledger, environment: "staging", now: world.clock.now(), holder: null });
    assert.deepEqual([status.release?.phase, status.release?.steps], ["draining-shards", null]);
    const text = statusText(status).replace(/\s+/g, " ");
    assert.match(text, /draining-shards at 10 %/);
    assert.match(text, /waits for the newer atom that knows this phase, or an abort/);
    assert.match(text, /take it back with `atom abort --stack staging`/);
  });
});
