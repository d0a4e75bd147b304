import assert from "node:assert/strict";
import { productionReviewers } from "../../policies/production-reviewers.ts";
import { unknownValue } from "../../policies/resource.ts";
import { resource, stackViolationsOf } from "./support.ts";

const none = "It has no reviewers. Name people or teams in atom:github.reviewers.";
const bypass = "Administrators may bypass its reviewers. Set canAdminsBypass to false.";

function said(inputs: Readonly<Record<string, unknown>>, stack = "production"): readonly string[] {
  const environment = resource("github:index/repositoryEnvironment:RepositoryEnvironment", { stack, inputs });
  return stackViolationsOf(productionReviewers, resource("pulumi:pulumi:Stack", { stack }), environment);
}

describe("the policy production-reviewers", () => {
  it("refuses production without a GitHub environment", () => {
    assert.deepEqual(stackViolationsOf(productionReviewers, resource("pulumi:pulumi:Stack", { stack: "production" })), [
      "the stack: The stack has no GitHub environment. Name its reviewers in atom:github.",
    ]);
  });

  it("refuses an environment without reviewers", () => {
    for (const reviewers of [undefined, [], [{}], [{ users: [], teams: [] }]])
      assert.deepEqual(said({ reviewers, canAdminsBypass: false }), [`it: ${none}`]);
  });

  it("refuses reviewers that administrators may pass by, as GitHub lets them where nothing is said", () => {
    for (const canAdminsBypass of [true, undefined])
      assert.deepEqual(said({ reviewers: [{ users: [1] }], canAdminsBypass }), [`it: ${bypass}`]);
  });

  it("takes people, teams, and whom a preview cannot know yet", () => {
    for (const reviewers of [
      [{ users: [1] }],
      [{ teams: [2] }],
      [{ users: [], teams: [2] }],
      [{ users: unknownValue }],
      [unknownValue],
      unknownValue,
    ])
      assert.deepEqual(said({ reviewers, canAdminsBypass: false }), []);
  });

  it("holds the regions of production to it, and no other stack", () => {
    assert.equal(said({}, "production-eu").length, 2);
    for (const stack of ["staging", "local", "preproduction", "productions"])
      assert.deepEqual(said({}, stack), [], stack);
    assert.deepEqual(stackViolationsOf(productionReviewers), []);
  });
});
