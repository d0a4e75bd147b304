import assert from "node:assert/strict";
import { opened, type Opening } from "../../../delivery/release/opening.ts";
import { at, ledgerWith, past } from "../ledger/ledgers.ts";
import { releasePlan } from "../support/plans.ts";

describe("a release that is opened", () => {
  const earlier = past("r1", { change: { commit: "0123456789", committedAt: at } });
  const { slot, template, version, image } = earlier;
  const opening: Opening = {
    candidate: { slot, template, version, image },
    found: {
      idle: { ...{ desiredReplicas: 1, readyReplicas: 1, ready: true }, stuck: undefined, staged: undefined },
      active: { ...{ desiredReplicas: 1, readyReplicas: 1, ready: true }, stuck: undefined, staged: undefined },
      templates: { idle: null, active: null },
    },
    plan: releasePlan(),
    request: { by: "anna@laptop" },
    basis: {},
    at,
  };
  const ledger = ledgerWith({ releases: [earlier] });

  it("is of the commit that was named", () => {
    const change = { commit: "abcdef0123" };
    assert.deepEqual(opened(ledger, { ...opening, request: { by: "anna@laptop", change } }).current?.change, change);
  });

  it("is of the commit that its template came from, where it goes back to one, and that took no time to come", () => {
    assert.deepEqual(opened(ledger, opening).current?.change, { commit: "0123456789" });
    const another = { ...opening, candidate: { ...opening.candidate, template: "0000" } };
    assert.equal(opened(ledger, another).current?.change, undefined);
  });
});
