// The program's part at GitHub as people use it: the real engine, the provider in a process of its own, and a GitHub that is played.
import assert from "node:assert/strict";
import type { Environment } from "../support/github/settings.ts";
import { FIRST_START_MS } from "../support/control-plane.ts";
import "../infra/pulumi-globals.ts";
import { GithubWorld, type Section } from "./github-world.ts";

const ENGINE_MS = 120_000;

const production: Section = {
  repository: "example/atom",
  reviewers: { users: ["ada"], teams: ["releasers"] },
  waitTimer: "5m",
  variables: { PULUMI_BACKEND_URL: "s3://states" },
  manageRepository: true,
};

const secretNames = [
  "GRAFANA_API_KEY",
  "GRAFANA_URL",
  "KUBECONFIG_PRODUCTION",
  "PRODUCTION_URL",
  "PROMETHEUS_URL",
  "REGISTRY_PASSWORD",
  "REGISTRY_USERNAME",
  "SLACK_WEBHOOK_CRITICAL",
  "SLACK_WEBHOOK_URL",
  "SMOKE_TEST_PASSWORD",
  "SMOKE_TEST_USERNAME",
];

const labels = ["bug", "deployment", "production", "rollback", "staging"];

describe("a stack's part at GitHub, run by the engine", function () {
  this.timeout(ENGINE_MS);
  let world: GithubWorld;

  before(function () {
    this.timeout(FIRST_START_MS);
    return GithubWorld.prepare();
  });

  beforeEach(async () => {
    world = await GithubWorld.create();
    world.github.settings.users.set("ada", 11);
    world.github.settings.users.set("bob", 12);
    world.github.settings.teams.set("releasers", 21);
  });

  afterEach(async () => {
    const { violations } = world.github;
    const [state, transcript, values] = [world.state(), world.transcript, world.secretValues];
    await world[Symbol.asyncDispose]();
    assert.deepEqual(violations, []);
    // Whatever a test did, no secret's value is anywhere: not in the state, and not in what was printed.
    for (const value of values)
      for (const form of [value, Buffer.from(value).toString("base64")])
        assert.deepEqual([state.includes(form), transcript.includes(form)], [false, false], value);
  });

  const environment = (): Environment => {
    const found = world.github.settings.environments.get("production");
    assert.ok(found);
    return found;
  };
  const asked = (operation: string) =>
    world.github.requests.filter((request) => request.operation === operation).length;
  const changes = () => world.github.requests.filter(({ operation }) => !operation.startsWith("GET "));
  const ruleset = () => {
    const [found] = world.github.settings.rulesets.values();
    assert.ok(found);
    return found;
  };

  it("is previewed without a change, made, and then there is nothing to do", async () => {
    const made = [
      "create github",
      "create github-branch-main",
      ...secretNames.map((name) => `create github-secret-${name}`),
      "create github-variable-PULUMI_BACKEND_URL",
      "create repository-deployed-branches",
      ...labels.map((name) => `create repository-label-${name}`),
    ].sort();
    assert.deepEqual((await world.preview(production)).steps, made);
    assert.deepEqual(changes(), []);
    assert.deepEqual((await world.up(production)).steps, made);

    const { secrets, variables, policies, ...rules } = environment();
    assert.deepEqual(rules, {
      id: rules.id,
      name: "production",
      waitTimer: 5,
      reviewers: [
        { type: "Team", id: 21 },
        { type: "User", id: 11 },
      ],
      preventSelfReview: true,
      canAdminsBypass: false,
      branchPolicy: { protected_branches: false, custom_branch_policies: true },
    });
    assert.deepEqual(
      policies.map(({ name, type }) => ({ name, type })),
      [{ name: "main", type: "branch" }],
    );
    assert.deepEqual([...secrets.keys()].sort(), secretNames);
    assert.equal(secrets.get("KUBECONFIG_PRODUCTION")?.value, world.secrets.kubeconfig);
    assert.equal(secrets.get("SLACK_WEBHOOK_CRITICAL")?.value, world.secrets.slackWebhookCritical);
    assert.equal(secrets.get("PRODUCTION_URL")?.value, "https://atom.example.com");
    assert.equal(variables.get("PULUMI_BACKEND_URL")?.value, "s3://states");

    const before = changes().length;
    assert.deepEqual((await world.up(production)).steps, []);
    assert.deepEqual((await world.refresh()).changes, {});
    assert.deepEqual((await world.up(production)).steps, []);
    assert.equal(changes().length, before);
  });

  it("holds changes of main to pull requests, reviews, and checks that no one but GitHub's own workflows can report", async () => {
    await world.up(production);
    const { rules, ...rest } = ruleset();
    assert.deepEqual(rest, {
      id: rest.id,
      name: "Deployed branches",
      target: "branch",
      enforcement: "active",
      bypass_actors: [],
      conditions: { ref_name: { include: ["refs/heads/main"], exclude: [] } },
    });
    assert.deepEqual(rules.map(({ type }) => type).sort(), [
      "deletion",
      "non_fast_forward",
      "pull_request",
      "required_linear_history",
      "required_status_checks",
    ]);
    const parameters = (type: string) => rules.find((rule) => rule.type === type)?.parameters;
    assert.equal(parameters("pull_request")?.required_approving_review_count, 1);
    const checks = parameters("required_status_checks")?.required_status_checks;
    assert.ok(Array.isArray(checks) && checks.length > 0);
    for (const check of checks as { integration_id?: number }[]) assert.equal(check.integration_id, 15368);
  });

  it("writes another value of a secret over the one before, which is never absent in between", async () => {
    await world.up(production);
    world.secrets.slackWebhookUrl = "https://hooks.slack.test/rotated";
    assert.deepEqual((await world.up(production)).steps, ["update github-secret-SLACK_WEBHOOK_URL"]);
    const history = world.github.settings.secretEvents.filter(
      ({ secret }) => secret === "production/SLACK_WEBHOOK_URL",
    );
    assert.deepEqual(
      history.map(({ value }) => value),
      ["https://hooks.slack.test/usual", "https://hooks.slack.test/rotated"],
    );
    assert.deepEqual(
      world.github.settings.secretEvents.filter(({ value }) => value === undefined),
      [],
    );
  });

  it("changes the rules of an environment in place, and takes one over that people made by hand", async () => {
    const byHand = { waitTimer: 0, reviewers: [], preventSelfReview: false, canAdminsBypass: true, branchPolicy: null };
    const parts = { policies: [], secrets: new Map(), variables: new Map() };
    world.github.settings.environments.set("production", { id: 7, name: "production", ...byHand, ...parts });
    await world.up(production);
    assert.deepEqual([environment().id, environment().canAdminsBypass], [7, false]);
    const changed = { ...production, reviewers: { users: ["bob"] }, waitTimer: "0s", branches: ["main", "release/*"] };
    assert.deepEqual((await world.up(changed)).steps, [
      "create github-branch-release/*",
      "update github",
      "update repository-deployed-branches",
    ]);
    assert.deepEqual([environment().reviewers, environment().waitTimer], [[{ type: "User", id: 12 }], 0]);
    assert.deepEqual(
      environment().policies.map(({ name }) => name),
      ["main", "release/*"],
    );
    assert.equal(asked("DELETE /repos/{owner}/{repo}/environments/{environment_name}"), 0);
  });

  it("sees by a refresh what was changed by hand, and repairs it", async () => {
    await world.up(production);
    const { settings } = world.github;
    settings.change(environment(), { canAdminsBypass: true, reviewers: [{ type: "User", id: 12 }] });
    settings.rulesets.set(ruleset().id, { ...ruleset(), enforcement: "disabled" });
    settings.deleteSecret(environment(), "GRAFANA_API_KEY");
    assert.deepEqual((await world.refresh()).changes, { update: 2, delete: 1 });
    assert.deepEqual((await world.up(production)).steps, [
      "create github-secret-GRAFANA_API_KEY",
      "update github",
      "update repository-deployed-branches",
    ]);
    assert.equal(environment().canAdminsBypass, false);
    assert.deepEqual(environment().reviewers, [
      { type: "Team", id: 21 },
      { type: "User", id: 11 },
    ]);
    assert.equal(ruleset().enforcement, "active");
    assert.equal(environment().secrets.get("GRAFANA_API_KEY")?.value, world.secrets.grafanaApiKey);
  });

  it("says when somebody took all reviewers away, which the provider does not see", async () => {
    assert.deepEqual((await world.up(production)).notes, []);
    world.github.settings.change(environment(), { reviewers: [], preventSelfReview: false });
    await world.refresh();
    const { steps, notes } = await world.preview(production);
    assert.deepEqual(steps, []);
    assert.equal(notes.length, 1);
    assert.match(notes[0] ?? "", /the environment production has no required reviewers at GitHub/);
  });

  it("keeps environment, secrets and ruleset from being deleted or replaced", async () => {
    await world.up(production);
    const { github: standIn } = world;
    await assert.rejects(world.up({ ...production, environment: "production-eu" }), /unable to replace.*protection/s);
    await assert.rejects(world.destroy(), /protect/);
    // Whatever the engine did before it came to them, no secret is gone, and the next run brings the rest back.
    assert.deepEqual([...environment().secrets.keys()].sort(), secretNames);
    await world.up(production);
    assert.deepEqual(
      standIn.settings.secretEvents.filter(({ value }) => value === undefined),
      [],
    );
    assert.deepEqual([environment().policies.length, environment().variables.size], [1, 1]);
    assert.deepEqual((await world.up(production)).steps, []);
    assert.ok(standIn.settings.environments.has("production"));
    assert.equal(standIn.settings.rulesets.size, 1);
    assert.equal(asked("DELETE /repos/{owner}/{repo}/environments/{environment_name}"), 0);
    assert.equal(asked("DELETE /repos/{owner}/{repo}/rulesets/{ruleset_id}"), 0);
  });

  it("takes labels over as they are, however they are spelled, and leaves them to their issues", async () => {
    const { settings } = world.github;
    const theirs = { name: "Bug", color: "123456", description: "Theirs" };
    settings.setLabel(theirs);
    const { steps } = await world.up(production);
    assert.ok(steps.includes("import repository-label-bug") && steps.includes("create repository-label-rollback"));
    assert.deepEqual((await world.up(production)).steps, []);
    assert.deepEqual(settings.label("bug"), theirs);
    await assert.rejects(world.destroy(), /protect/);
    assert.ok(labels.every((name) => settings.label(name) !== undefined));
    assert.equal(asked("DELETE /repos/{owner}/{repo}/labels/{name}"), 0);
  });

  it("says at the preview, in words, that a plan has no required reviewers", async () => {
    const { settings } = world.github;
    Object.assign(settings, { visibility: "private", plan: "team" });
    await assert.rejects(
      world.preview(production),
      /example\/atom is not public, and GitHub's plan "team" has no required reviewers and no wait timers.*Nothing was changed\./,
    );
    assert.deepEqual(changes(), []);
    settings.plan = "enterprise";
    assert.deepEqual((await world.preview(production)).notes, []);
    settings.plan = undefined;
    const { notes } = await world.preview(production);
    assert.match(notes[0] ?? "", /GitHub does not tell the plan of example\/atom.*set atom:github\.plan/);
    await assert.rejects(world.preview({ ...production, plan: "pro" }), /plan "pro" has no required reviewers/);
  });

  it("says of a wrong token what to do before anything is changed, and goes on with a right one", async () => {
    const right = world.secrets.githubToken ?? "";
    world.secrets.githubToken = "ghp_aTokenThatNobodyKnows";
    await assert.rejects(world.up(production), /GitHub does not accept the token.*example\/atom.*Nothing was changed/);
    assert.deepEqual(changes(), []);
    world.secrets.githubToken = right;
    world.github.settings.isAdmin = false;
    await assert.rejects(world.preview(production), /does not let the token change the repository's settings/);
    world.github.settings.isAdmin = true;
    assert.ok((await world.up(production)).steps.includes("create github"));
  });

  it("names every reviewer whom GitHub does not know", async () => {
    const strangers = { ...production, reviewers: { users: ["ada", "eve"], teams: ["nobody"] } };
    await assert.rejects(
      world.preview(strangers),
      /does not know who is to approve deployments: eve, example\/nobody\./,
    );
    assert.deepEqual(changes(), []);
  });

  it("can be finished by the next run when GitHub fails in the middle", async () => {
    const secret = "PUT /repos/{owner}/{repo}/environments/{environment_name}/secrets/{secret_name}";
    world.github.trouble.next(1, { kind: "status", status: 500 }, secret);
    await assert.rejects(world.up(production));
    const rest = (await world.up(production)).steps;
    assert.ok(rest.some((step) => step.startsWith("create github-secret-")) && !rest.includes("create github"));
    assert.deepEqual([...environment().secrets.keys()].sort(), secretNames);
  });
});
