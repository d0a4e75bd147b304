import assert from "node:assert/strict";
import { wayOf, wayToCandidate } from "../../../delivery/smoke/way.ts";
import { releasePlan } from "../support/plans.ts";

describe("the way of a smoke test to a candidate without users", () => {
  it("is told as the router has it", () => {
    assert.equal(wayToCandidate(releasePlan()), "through x-canary");
    assert.equal(wayToCandidate(releasePlan({ router: { kind: "replicas" } })), "at the candidate's own Service");
  });

  it("is that of every user once the candidate has them all", () => {
    assert.equal(wayOf("public", releasePlan()), "as a user");
    assert.equal(wayOf("candidate", releasePlan()), "through x-canary");
  });
});
