import assert from "node:assert/strict";
import { WorkflowRun, type RunResult } from "../support/workflows/run.ts";
import { World } from "./world.ts";

describe("By hand and by the clock", function () {
  this.timeout(60_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });

  afterEach(async () => {
    await world[Symbol.asyncDispose]();
  });

  describe("a rollback", () => {
    const line = "npm run --silent atom -- rollback --stack";

    async function rollBack(inputs: Readonly<Record<string, string | boolean>>): Promise<RunResult> {
      await using run = await WorkflowRun.start(world.repository, "rollback.yml", {
        name: "workflow_dispatch",
        inputs: { release: "", hotfix: false, ...inputs },
      });
      if (inputs.stack === "production") {
        await run.waitsFor("production");
        run.review("production", true);
      }
      return await run.finished;
    }

    /** What was run, without where the summary goes. */
    async function command(): Promise<string | undefined> {
      const found = (await world.lines()).find((each) => each.startsWith(line));
      return found?.replace(/ --markdown \S+/, "");
    }

    it("of staging goes back to the version before, with the reason that was given", async () => {
      assert.equal((await rollBack({ stack: "staging", reason: "logins fail; $(id)" })).conclusion, "success");
      assert.equal(await command(), `${line} staging --reason logins fail; $(id)`);
      const { STAGING_URL: url, KUBECONFIG: kubeconfig = "" } = await world.envOf(line);
      assert.equal(url, "https://staging.test");
      assert.match(kubeconfig, /\/kubeconfigs\/staging$/);
    });

    it("of production waits for an approval, and can go back to any release, without waits", async () => {
      await rollBack({ stack: "production", reason: "data loss", release: "r12", hotfix: true });
      assert.equal(await command(), `${line} production --reason data loss --to r12 --hotfix data loss`);
      assert.match((await world.envOf(line)).KUBECONFIG ?? "", /\/kubeconfigs\/production$/);
    });

    it("fails with the exit code of the way back, and shows its report", async () => {
      await world.commands.play({ [line]: { exitCode: 12, summary: "# Refused" } });
      const { conclusion, jobs } = await rollBack({ stack: "staging", reason: "x" });
      assert.equal(conclusion, "failure");
      assert.equal(jobs.rollback?.steps.find(({ name }) => name === "Go back")?.exitCode, 12);
      assert.equal(jobs.rollback.summary, "# Refused");
    });

    it("does not wait for the release that it takes back", async () => {
      await using deploy = await WorkflowRun.start(world.repository, "deploy.yml", { name: "push" });
      await deploy.waitsFor("production");
      await rollBack({ stack: "production", reason: "x" });
      assert.equal(await command(), `${line} production --reason x`);
    });
  });

  describe("drift", () => {
    const line = "npm run --silent atom -- drift --stack";

    it("is looked for in each environment every day, and told in an issue", async () => {
      await using run = await WorkflowRun.start(world.repository, "drift.yml", { name: "schedule" });
      const { conclusion, jobs } = await run.finished;
      assert.equal(conclusion, "success");
      assert.deepEqual(Object.keys(jobs).toSorted(), ["drift (production)", "drift (staging)"]);
      assert.deepEqual(
        (await world.lines())
          .filter((each) => each.startsWith(line))
          .map((each) => each.replace(/ --summary \S+/, ""))
          .toSorted(),
        ["production", "staging"].map((stack) => `${line} ${stack} --issue`),
      );
      assert.equal((await world.envOf(line)).GITHUB_TOKEN, world.repository.token);
    });

    it("in one environment fails its job, and does not keep the other one from being looked at", async () => {
      await world.commands.play({ [`${line} staging`]: { exitCode: 14 } });
      await using run = await WorkflowRun.start(world.repository, "drift.yml", { name: "schedule" });
      const { jobs } = await run.finished;
      assert.deepEqual(
        [jobs["drift (staging)"]?.conclusion, jobs["drift (production)"]?.conclusion],
        ["failure", "success"],
      );
    });
  });

  it("a cluster that knows GitHub's identities is reached without a secret", async () => {
    await using open = await World.create({
      staging: {
        secrets: { REGISTRY_USERNAME: "robot", REGISTRY_PASSWORD: "x" },
        variables: { KUBERNETES_SERVER: "https://api.staging.test", KUBERNETES_CA: "an authority" },
      },
    });
    await using run = await WorkflowRun.start(open.repository, "deploy.yml", { name: "push" });
    const { conclusion, steps } = await run.job("staging");
    assert.equal(conclusion, "success");
    const conclusions = Object.fromEntries(steps.map((step) => [step.name, step.conclusion]));
    assert.equal(conclusions["Write the kubeconfig from its secret"], "skipped");
    assert.equal(conclusions["Write a kubeconfig that logs in by this job's identity"], "success");
  });
});
