import assert from "node:assert/strict";
import { ConfigError } from "../../../infra/config/error.ts";
import { parseStackConfig } from "../../../infra/config/parse.ts";
import { neededSecrets } from "../../../infra/config/secrets.ts";
import { committed, withValues } from "./stacks.ts";

async function parsed(stack: string, github: unknown) {
  return parseStackConfig(stack, withValues(await committed(stack), { github }), { requireSecrets: false });
}

async function problems(stack: string, github: unknown): Promise<string> {
  try {
    await parsed(stack, github);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "";
}

const repository = "example/atom";

describe("the section for GitHub", () => {
  it("wants no more than a repository", async () => {
    const { github } = await parsed("staging", { repository });
    assert.deepEqual(github, {
      repository,
      reviewers: { users: [], teams: [] },
      preventSelfReview: true,
      waitTimer: 0,
      branches: ["main"],
      variables: {},
      oidc: false,
      manageRepository: false,
    });
  });

  it("asks for what every workflow needs, and for a kubeconfig where none logs in by itself", () => {
    const ofGithub = (github: unknown) => neededSecrets({ github });
    assert.deepEqual(ofGithub({ repository }), ["kubeconfig", "registryPassword", "registryUsername"]);
    assert.deepEqual(ofGithub({ repository, oidc: true }), ["registryPassword", "registryUsername"]);
    assert.deepEqual(ofGithub("nonsense"), ["kubeconfig", "registryPassword", "registryUsername"]);
    assert.deepEqual(neededSecrets({}), []);
  });

  it("refuses a production that nobody has to approve (R13)", async () => {
    assert.match(await problems("production", { repository }), /atom:github\.reviewers.*required in production/);
    assert.equal(await problems("production", { repository, reviewers: { teams: ["releasers"] } }), "");
    assert.equal(await problems("staging", { repository }), "");
  });

  it("refuses what GitHub would refuse, all of it together", async () => {
    const text = await problems("staging", {
      repository,
      reviewers: { users: ["a", "b", "c", "d"], teams: ["e", "f", "g"] },
      waitTimer: "90s",
    });
    assert.match(text, /atom:github\.waitTimer.*whole minutes up to 30 days/);
    assert.match(text, /atom:github\.reviewers.*up to 6 users and teams together/);
    assert.match(await problems("staging", { repository, waitTimer: "721h" }), /atom:github\.waitTimer/);
    assert.equal(await problems("staging", { repository, waitTimer: "720h" }), "");
  });

  it("refuses names that GitHub does not take, with what is allowed", async () => {
    const text = await problems("staging", {
      repository: "atom",
      branches: [],
      variables: { "github-token": "x" },
      reviewers: { users: ["not a login"] },
      plan: "gold",
    });
    assert.match(text, /atom:github\.repository.*owner\/name/);
    assert.match(text, /atom:github\.branches.*at least one branch/);
    assert.match(text, /atom:github\.variables/);
    assert.match(text, /atom:github\.reviewers\.users\.0.*a GitHub login/);
    assert.match(text, /atom:github\.plan.*free, pro, team, enterprise/);
  });
});
