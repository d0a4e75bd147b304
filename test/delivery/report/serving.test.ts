import assert from "node:assert/strict";
import { servingAfterRollback } from "../../../delivery/report/serving.ts";
import type { ReleaseRecord } from "../../../delivery/report/story.ts";

type Events = readonly (readonly [event: string, detail: string])[];

function rolledBack(...events: Events): ReleaseRecord {
  const journal = events.map(([event, detail]) => ({ event, detail }));
  const state = { phase: "aborted" };
  return { version: "0.2.0", slot: "blue", from: { version: "0.1.0", slot: "green" }, state, journal } as never;
}

describe("the line that says what serves after a rollback", () => {
  const returned = ["returned", "all traffic to green"] as const;

  it("says where it was verified", () => {
    assert.equal(
      servingAfterRollback(rolledBack(returned, ["return-confirmed", "40 requests at green, none at blue"], ["x", ""])),
      "0.1.0 (green) serves all traffic; verified: 40 requests at green, none at blue",
    );
  });

  it("names the kept version after an emergency rollback, and what served where that was undone", () => {
    const kept = (phase: string, ...events: Events): ReleaseRecord =>
      ({ ...rolledBack(...events), emergency: true, state: { phase } }) as never;
    assert.equal(
      servingAfterRollback(kept("released", ["confirmed", "the candidate took 100.0 % of 80 requests"])),
      "0.2.0 (blue) serves all traffic; verified: the candidate took 100.0 % of 80 requests",
    );
    assert.equal(
      servingAfterRollback(kept("released", ["unconfirmed", "no requests"])),
      "The route sends all traffic to 0.2.0 (blue); not verified: no requests",
    );
    assert.equal(
      servingAfterRollback(kept("released")),
      "The route sends all traffic to 0.2.0 (blue); not verified: that is not on record any more",
    );
    assert.equal(
      servingAfterRollback(kept("rolled-back", ["return-confirmed", "40 requests at green"])),
      "0.1.0 (green) serves all traffic; verified: 40 requests at green",
    );
  });

  it("claims nothing that nobody saw", () => {
    assert.equal(
      servingAfterRollback(rolledBack(returned, ["return-unconfirmed", "no requests"])),
      "The route sends all traffic to 0.1.0 (green); not verified: no requests",
    );
    assert.equal(
      servingAfterRollback(rolledBack(returned)),
      "The route sends all traffic to 0.1.0 (green); not verified: the rollback was interrupted",
    );
    assert.equal(
      servingAfterRollback(rolledBack(returned, ["return-contradicted", "3 requests at blue"])),
      "Requests still reach 0.2.0 (blue) although the route sends all traffic to 0.1.0 (green): 3 requests at blue",
    );
    assert.equal(servingAfterRollback(rolledBack(["failed", "manual"])), undefined);
  });
});
