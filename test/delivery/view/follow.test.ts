import assert from "node:assert/strict";
import type { Ledger } from "../../../components/ledger/ledger.ts";
import { follow } from "../../../delivery/view/follow.ts";
import { PlainView } from "../../../delivery/view/plain.ts";
import { World } from "../release/world.ts";

/** The ledger of a world, once a second, until `done` says so. */
async function* everySecond(world: World, done: () => boolean = () => false): AsyncGenerator<Ledger> {
  const { signal } = new AbortController();
  while (!done()) {
    yield world.ledger;
    await world.clock.sleep(1_000, signal);
  }
}

function plain(world: World): { view: PlainView; lines: string[] } {
  const lines: string[] = [];
  const out = { write: (text: string) => lines.push(text.trimEnd()) };
  return { view: new PlainView({ out, clock: world.clock }), lines };
}

/** What lines say is done, without times and details. */
function doneIn(lines: readonly string[]): string[] {
  return lines.map((text) => {
    const where = /\[ *\d+ %\]|release r\d+/.exec(text)?.[0] ?? "";
    return `${where} ${/now \w+|released:|rolled back:/.exec(text)?.[0] ?? ""}`;
  });
}

describe("following a release of another process", () => {
  it("tells it as one's own from where it is, and resolves with its record when it is over", async () => {
    const world = new World();
    const { view, lines } = plain(world);
    const released = world.releaser().release();
    await world.clock.pass(10_000);
    const record = await world.clock.settle(follow(everySecond(world), view, world.plan));
    await world.clock.settle(released);
    assert.equal(record?.outcome, "released");
    assert.deepEqual(record, world.ledger.releases[0]);
    assert.deepEqual(doneIn(lines), [
      "release r1 ",
      "[ 10 %] now measuring",
      "[ 50 %] now moving",
      "[ 50 %] now looking",
      "[ 50 %] now measuring",
      "[100 %] now moving",
      "[100 %] now looking",
      "[100 %] now measuring",
      "[100 %] now running",
      "[100 %] now keeping",
      "[100 %] now taking",
      "[100 %] released:",
    ]);
  });

  it("waits for a release to begin", async () => {
    const world = new World();
    const { view, lines } = plain(world);
    const following = follow(everySecond(world), view, world.plan);
    await world.clock.pass(5_000);
    assert.deepEqual(lines, []);
    await world.clock.settle(world.releaser().release());
    assert.equal((await world.clock.settle(following))?.id, "r1");
  });

  it("does not miss one that begins and ends between two looks, nor takes an old one for it", async () => {
    const world = new World();
    await world.clock.settle(world.releaser().release());
    const before = world.ledger;
    world.stage("blue", "template2");
    world.errors.candidate = 0.5;
    await world.clock.settle(world.releaser().release());
    const { view, lines } = plain(world);
    const source = (async function* () {
      await Promise.resolve();
      yield* [before, before, world.ledger];
    })();
    const record = await follow(source, view, world.plan);
    assert.deepEqual([record?.id, record?.outcome], ["r2", "rolled-back"]);
    assert.deepEqual(doneIn(lines), [
      "release r2 ",
      "[  0 %] now waiting",
      "[  0 %] now running",
      "[ 10 %] now moving",
      "[ 10 %] now looking",
      "[ 10 %] now measuring",
      "[  0 %] now moving",
      "[  0 %] now looking",
      "[  0 %] now marking",
      "[  0 %] now taking",
      "[  0 %] rolled back:",
    ]);
  });

  it("resolves with nothing when the source ends first", async () => {
    const world = new World();
    const { view } = plain(world);
    let rounds = 0;
    const source = everySecond(world, () => ++rounds > 3);
    assert.equal(await world.clock.settle(follow(source, view, world.plan)), undefined);
  });
});
