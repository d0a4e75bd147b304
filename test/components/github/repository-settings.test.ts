import assert from "node:assert/strict";
import { issueLabels } from "../../../components/github/issue-labels.ts";
import { RepositorySettings, type RepositorySettingsArgs } from "../../../components/github/repository-settings.ts";
import { actionsAppId, requiredChecks } from "../../../components/github/required-checks.ts";
import { declaredBy } from "./declared.ts";

const args: RepositorySettingsArgs = {
  repository: "atom",
  branches: ["main"],
  labels: issueLabels(["staging", "production-eu"]),
};

async function declared(changes: Partial<RepositorySettingsArgs> = {}) {
  return declaredBy(() => {
    new RepositorySettings("repository", { ...args, ...changes });
  });
}

describe("a repository's settings", () => {
  it("hold each deployed branch to a linear history of reviewed and checked pull requests, with nobody to go around", async () => {
    const [ruleset] = await declared({ branches: ["main", "release/*"] });
    assert.deepEqual(ruleset?.inputs, {
      repository: "atom",
      name: "Deployed branches",
      target: "branch",
      enforcement: "active",
      conditions: { refName: { includes: ["refs/heads/main", "refs/heads/release/*"], excludes: [] } },
      rules: {
        deletion: true,
        nonFastForward: true,
        requiredLinearHistory: true,
        pullRequest: {
          allowedMergeMethods: ["rebase", "squash"],
          requiredApprovingReviewCount: 1,
          dismissStaleReviewsOnPush: true,
          requireLastPushApproval: true,
          requiredReviewThreadResolution: true,
        },
        requiredStatusChecks: {
          requiredChecks: requiredChecks.map((context) => ({ context, integrationId: actionsAppId })),
          strictRequiredStatusChecksPolicy: true,
        },
      },
    });
    assert.equal(ruleset.isProtected, true);
  });

  it("have the labels of R6 and those of the environments, which stay whatever becomes of the stack", async () => {
    const labels = (await declared()).filter(({ type }) => type === "IssueLabel");
    assert.deepEqual(
      labels.map(({ inputs }) => inputs.name),
      ["bug", "deployment", "production-eu", "rollback", "staging"],
    );
    for (const { isRetained, imported, ignoreChanges, inputs } of labels) {
      assert.deepEqual([isRetained, imported, ignoreChanges], [true, "", ["color", "description"]]);
      assert.match(String(inputs.color), /^[0-9a-f]{6}$/);
    }
  });

  it("take over a label that exists, as it is spelled", async () => {
    const [label] = args.labels;
    assert.ok(label);
    const [, taken] = await declared({ labels: [{ ...label, existing: "Deployment" }] });
    assert.deepEqual([taken?.inputs.name, taken?.imported], ["Deployment", "atom:Deployment"]);
  });

  it("never make or delete the repository", async () => {
    assert.deepEqual([...new Set((await declared()).map(({ type }) => type))], ["RepositoryRuleset", "IssueLabel"]);
  });
});
