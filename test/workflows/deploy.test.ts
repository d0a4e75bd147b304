import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import type { WorkflowEvent } from "../support/workflows/repository.ts";
import { WorkflowRun } from "../support/workflows/run.ts";
import { digests, tests, World } from "./world.ts";

const push: WorkflowEvent = { name: "push", sha: "c".repeat(40) };
const release = "npm run --silent atom -- release --stack";

function releaseTo(stack: string): string {
  const images = `--image registry.test/atom@${digests.atom} --in-cluster --releaser registry.test/atom-delivery@${digests["atom-delivery"]}`;
  return `${release} ${stack} ${images}`;
}

/** The check that this workflow, on main, signed what is released. */
function verified(image: keyof typeof digests): string {
  const identity = "https://github.com/example/atom/.github/workflows/deploy.yml@refs/heads/main";
  const issuer = "https://token.actions.githubusercontent.com";
  return `cosign verify registry.test/${image}@${digests[image]} --certificate-oidc-issuer ${issuer} --certificate-identity ${identity}`;
}

describe("A push to main", function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });

  afterEach(async () => {
    await world[Symbol.asyncDispose]();
  });

  it("is tested, built and signed once, released to staging, and after an approval to production by the same digest", async () => {
    await using run = await WorkflowRun.start(world.repository, "deploy.yml", push);
    await run.waitsFor("production");
    const before = await world.lines();
    assert.deepEqual(
      before.map((line) => line.replace(/ --markdown .*$/, "")),
      [
        ...["npm ci", "npm run check", tests("fast")],
        `cosign sign --yes --recursive registry.test/atom@${digests.atom}`,
        `cosign sign --yes --recursive registry.test/atom-delivery@${digests["atom-delivery"]}`,
        ...["npm ci", verified("atom"), verified("atom-delivery"), releaseTo("staging")],
      ],
    );
    assert.equal((await run.job("staging")).conclusion, "success");

    run.review("production", true);
    const { conclusion } = await run.finished;
    assert.equal(conclusion, "success");
    assert.deepEqual(
      (await world.lines()).slice(before.length).map((line) => line.replace(/ --markdown .*$/, "")),
      ["npm ci", verified("atom"), verified("atom-delivery"), releaseTo("production")],
    );
    assert.deepEqual(
      world.actions.builds.map(({ file, push: pushed }) => [file, pushed]),
      [
        ["service/Dockerfile", "true"],
        ["delivery/Dockerfile", "true"],
      ],
    );
    assert.deepEqual(
      world.actions.logins,
      // To push, and to read the signatures.
      ["staging", "staging", "production"].map((name) => ({
        ...{ registry: "registry.test", username: "robot", password: `registry password of ${name}` },
      })),
    );
  });

  it("is not released to production where a person says no", async () => {
    await using run = await WorkflowRun.start(world.repository, "deploy.yml", push);
    await run.waitsFor("production");
    run.review("production", false);
    assert.equal((await run.finished).conclusion, "failure");
    assert.ok(!(await world.lines()).some((line) => line.startsWith(`${release} production`)));
  });

  it("fails with the release's exit code and report where staging goes back, and production is not asked", async () => {
    await world.commands.play({ [`${release} staging`]: { exitCode: 10, summary: "# Rolled back" } });
    await using run = await WorkflowRun.start(world.repository, "deploy.yml", push);
    const { conclusion, jobs } = await run.finished;
    assert.equal(conclusion, "failure");
    const { staging, production } = jobs;
    assert.equal(staging?.steps.find(({ name }) => name === "Release to staging")?.exitCode, 10);
    assert.equal(staging.summary, "# Rolled back");
    assert.equal(production?.conclusion, "skipped");
  });

  for (const [step, skipped] of [
    ["npm run check", ["build", "staging", "production"]],
    ["sudo", ["build", "staging", "production"]],
    ["cosign sign", ["staging", "production"]],
    ["cosign verify", ["production"]],
  ] as const)
    it(`is released nowhere where ${step} fails`, async () => {
      await world.commands.play({ [step]: { exitCode: 1 } });
      await using run = await WorkflowRun.start(world.repository, "deploy.yml", push);
      const { jobs } = await run.finished;
      assert.deepEqual(
        Object.keys(jobs).filter((id) => jobs[id]?.conclusion === "skipped"),
        skipped,
      );
    });

  it("gives each release what its own environment has, in a kubeconfig that nobody else reads and that goes at the end", async () => {
    await using run = await WorkflowRun.start(world.repository, "deploy.yml", push);
    await run.waitsFor("production");
    run.review("production", true);
    const { jobs } = await run.finished;
    for (const [stack, other] of [
      ["staging", "production"],
      ["production", "staging"],
    ] as const) {
      const env = await world.envOf(`${release} ${stack}`);
      assert.equal(env[`${stack.toUpperCase()}_URL`], `https://${stack}.test`);
      assert.equal(env[`${other.toUpperCase()}_URL`], undefined);
      assert.equal(env.SLACK_WEBHOOK_URL, `https://hooks.test/${stack}`);
      assert.equal(env.PULUMI_BACKEND_URL, `s3://state-${stack}`);
      assert.equal(env.PULUMI_CONFIG_PASSPHRASE, `passphrase of ${stack}`);
      const { KUBECONFIG: kubeconfig = "" } = env;
      assert.ok(kubeconfig.endsWith(`/kubeconfigs/${stack}`), kubeconfig);
      assert.ok(!existsSync(kubeconfig));
      const { log = "" } = jobs[stack] ?? {};
      assert.ok(!log.includes(`kubeconfig of ${stack}`), log);
    }
  });

  it("waits for the push before it, and a newer one takes the place of one that waits", async () => {
    const at = (sha: string): Promise<WorkflowRun> =>
      WorkflowRun.start(world.repository, "deploy.yml", { name: "push", sha: sha.repeat(40) });
    await using first = await at("1");
    await first.waitsFor("production");
    await using second = await at("2");
    assert.equal((await second.job("staging")).conclusion, "success");
    await using third = await at("3");
    assert.equal((await third.job("staging")).conclusion, "success");
    // The first one's production job holds the place, the second one's waited, and the third one's waits now.
    assert.equal((await second.job("production")).conclusion, "cancelled");
    first.review("production", true);
    await third.waitsFor("production");
    third.review("production", true);
    assert.equal((await third.finished).conclusion, "success");
    assert.equal((await first.finished).conclusion, "success");
  });
});
