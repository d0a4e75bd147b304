import assert from "node:assert/strict";
import { NotifiedWorld } from "./notified-world.ts";

describe("what is told of a release", () => {
  it("to Slack is one message that ends as the release did, with its details in a thread", async () => {
    await using there = await NotifiedWorld.start();
    const end = await there.release();
    assert.equal(end.state.phase, "released");
    assert.deepEqual(there.violations, []);
    console.log(
      JSON.stringify(there.channel.messages, null, 1),
      there.slack.requests.length,
      there.world.cluster.writes.filter((w) => w.by === "courier").length,
    );
    console.log(JSON.stringify(there.github.repository, null, 1));
    console.log(JSON.stringify(there.ledger.outbox, null, 1));
  });
  it("on the way back", async () => {
    await using there = await NotifiedWorld.start();
    there.world.errors.candidate = 0.3;
    const end = await there.release();
    console.log(end.state);
    assert.deepEqual(there.violations, []);
    console.log(JSON.stringify(there.critical.messages, null, 1));
    console.log(there.github.repository.issues[0]?.body, there.github.repository.deployments[0]);
    console.log(JSON.stringify(there.ledger.outbox, null, 1));
  });
});
