import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import {
  DeploymentEnvironment,
  type DeploymentEnvironmentArgs,
} from "../../../components/github/deployment-environment.ts";
import { declaredBy } from "./declared.ts";

const args: DeploymentEnvironmentArgs = {
  repository: "atom",
  environment: "production",
  reviewers: { users: [12, 11], teams: [21] },
  preventSelfReview: true,
  waitMinutes: 5,
  branches: ["main"],
  secrets: { TOKEN: "the value of a secret" },
  variables: { REGION: "eu" },
};

async function declared(changes: Partial<DeploymentEnvironmentArgs> = {}) {
  return declaredBy(() => {
    new DeploymentEnvironment("github", { ...args, ...changes });
  });
}

describe("an environment at GitHub", () => {
  it("asks for every rule, lets no administrator go around them, and is protected", async () => {
    const [environment] = await declared();
    assert.deepEqual(environment?.inputs, {
      repository: "atom",
      environment: "production",
      canAdminsBypass: false,
      deploymentBranchPolicy: { protectedBranches: false, customBranchPolicies: true },
      reviewers: [{ users: [11, 12], teams: [21] }],
      preventSelfReview: true,
      waitTimer: 5,
    });
    assert.equal(environment.isProtected, true);
  });

  it("without reviewers and a wait asks for neither, nor for what GitHub takes with reviewers alone", async () => {
    const [environment] = await declared({ reviewers: { users: [], teams: [] }, waitMinutes: 0 });
    assert.deepEqual(Object.keys(environment?.inputs ?? {}).sort(), [
      "canAdminsBypass",
      "deploymentBranchPolicy",
      "environment",
      "repository",
    ]);
  });

  it("has a policy for each branch, its variables, and secrets that go with it alone", async () => {
    const [, ...parts] = await declared({ branches: ["main", "release/*"] });
    assert.deepEqual(
      parts.map(({ name, isProtected, deletedWith }) => ({ name, isProtected, deletedWith })),
      [
        { name: "github-branch-main", isProtected: false, deletedWith: "" },
        { name: "github-branch-release/*", isProtected: false, deletedWith: "" },
        { name: "github-secret-TOKEN", isProtected: false, deletedWith: "github" },
        { name: "github-variable-REGION", isProtected: false, deletedWith: "" },
      ],
    );
  });

  it("gives a secret's value as a secret, by the one field that is not deprecated", async () => {
    const secret = (await declared()).find(({ type }) => type === "ActionsEnvironmentSecret");
    assert.deepEqual(secret?.inputs, {
      repository: "atom",
      environment: "production",
      secretName: "TOKEN",
      value: {
        [pulumi.runtime.specialSigKey]: pulumi.runtime.specialSecretSig,
        value: "the value of a secret",
      },
    });
  });
});
