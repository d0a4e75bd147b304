import assert from "node:assert/strict";
import type { PastRelease } from "../../components/ledger/release-record.ts";
import { clusterDeadlineMs } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import type { WorkflowEvent } from "../support/workflows/repository.ts";
import { WorkflowRun } from "../support/workflows/run.ts";
import type { ReleaseStack } from "./support/release-stack.ts";
import { failsItsUsers } from "./support/staging.ts";
import { WorkflowWorld } from "./support/workflow-world.ts";

const push: WorkflowEvent = { name: "push", sha: "c0ffee".repeat(7).slice(0, 40) };

describe("The workflows", function () {
  this.timeout(300_000);
  let world: WorkflowWorld;

  before(async function () {
    this.timeout(clusterDeadlineMs);
    world = await WorkflowWorld.create();
  });

  after(async () => {
    await world[Symbol.asyncDispose]();
  });

  /** What the newest release that is over came to. */
  async function lastOf({ stack }: ReleaseStack): Promise<PastRelease | undefined> {
    return (await stack.ledger()).releases[0];
  }

  /** Resolves with a release that was under way, once it is over. */
  async function endOf(stack: ReleaseStack, digest: string): Promise<PastRelease> {
    return eventually(
      `the release of ${digest} is over`,
      async () => {
        const last = await lastOf(stack);
        return last?.image.endsWith(digest) === true ? last : undefined;
      },
      180_000,
    );
  }

  /** Starts a run, and resolves once its staging job follows a Job in the cluster. */
  async function untilReleasing(): Promise<WorkflowRun> {
    const run = await WorkflowRun.start(world.repository, "deploy.yml", push);
    await eventually(
      "the release is handed to the cluster",
      () => (/the Job \S+ releases/.test(run.logOf("staging")) ? true : undefined),
      180_000,
    ).catch((cause: unknown) => {
      throw new Error(`${(cause as Error).message}:\n${run.logOf("staging")}`, { cause });
    });
    return run;
  }

  it("release a push to staging, and the same digest to production once a person approves it", async () => {
    const digest = await world.nextVersion();
    await using staging = world.staging.load({ clients: 2, pauseMs: 20 });
    await using production = world.production.load({ clients: 2, pauseMs: 20 });
    await using run = await WorkflowRun.start(world.repository, "deploy.yml", push);
    await Promise.race([run.waitsFor("production"), run.finished]);
    const { conclusion, log, summary } = await run.job("staging");
    assert.equal(conclusion, "success", log);
    assert.match(summary, /Released/);
    assert.equal((await lastOf(world.staging))?.image, `atom.local/atom@${digest}`);
    assert.equal(await lastOf(world.production), undefined);

    run.review("production", true);
    const { jobs } = await run.finished;
    assert.equal(jobs.production?.conclusion, "success", jobs.production?.log);
    assert.match(jobs.production.summary, /Released/);
    const released = await lastOf(world.production);
    assert.deepEqual([released?.image, released?.outcome], [`atom.local/atom@${digest}`, "released"]);
    for (const load of [staging, production]) {
      const { failed, errors } = await load.stop();
      assert.deepEqual([failed, errors], [0, []]);
    }
  });

  it("fail with exit code 10 and the release's report where a bad image goes back, and leaves production alone", async () => {
    const { active } = await world.staging.stack.ledger();
    const before = await lastOf(world.production);
    const digest = await world.nextVersion(failsItsUsers);
    await using load = world.staging.load({ clients: 2, pauseMs: 20 });
    await using run = await WorkflowRun.start(world.repository, "deploy.yml", push);
    const { conclusion, jobs } = await run.finished;
    await load.stop();
    const { staging, production } = jobs;
    assert.equal(conclusion, "failure");
    assert.equal(staging?.steps.find(({ name }) => name === "Release to staging")?.exitCode, 10, staging?.log);
    assert.match(staging.summary, /Rolled back at 50 %: it failed too many requests/);
    assert.equal(production?.conclusion, "skipped");
    assert.deepEqual(await lastOf(world.production), before);
    const last = await lastOf(world.staging);
    assert.deepEqual([last?.image.endsWith(digest), last?.outcome], [true, "rolled-back"]);
    assert.equal((await world.staging.stack.weights())[active], 100);
  });

  it("go back from a bad image though the run was cancelled", async () => {
    const { active } = await world.staging.stack.ledger();
    const digest = await world.nextVersion(failsItsUsers);
    await using run = await untilReleasing();
    run.cancel();
    const { staging } = (await run.finished).jobs;
    assert.equal(staging?.conclusion, "cancelled");
    assert.equal(staging.steps.at(-1)?.conclusion, "success", "the kubeconfig is removed");
    await using load = world.staging.load({ clients: 2, pauseMs: 20 });
    const { outcome } = await endOf(world.staging, digest);
    await load.stop();
    assert.equal(outcome, "rolled-back");
    assert.equal((await world.staging.stack.weights())[active], 100);
  });

  it("release to its end though the machine that it ran on died", async () => {
    const digest = await world.nextVersion();
    await using load = world.staging.load({ clients: 2, pauseMs: 20 });
    await using run = await untilReleasing();
    run.killRunner("staging");
    assert.equal((await run.finished).jobs.staging?.conclusion, "failure");
    assert.equal((await endOf(world.staging, digest)).outcome, "released");
    const { failed, errors } = await load.stop();
    assert.deepEqual([failed, errors], [0, []]);
  });

  it("take an environment back by hand from the release that another run still follows, with the reason that was given", async () => {
    const { active } = await world.staging.stack.ledger();
    const digest = await world.nextVersion();
    await using deploy = await untilReleasing();
    // Without users' requests it stays at its first step.
    const share = async () => (await world.staging.stack.weights())[active] ?? 0;
    await eventually(
      "users are sent to the candidate",
      async () => ((await share()) < 100 ? true : undefined),
      180_000,
    );
    await using rollback = await WorkflowRun.start(world.repository, "rollback.yml", {
      name: "workflow_dispatch",
      inputs: { stack: "staging", reason: "logins fail; $(id)", release: "", hotfix: false },
    });
    // Only requests show that none reaches the candidate any more.
    await eventually("users are sent back", async () => ((await share()) === 100 ? true : undefined), 180_000);
    await using load = world.staging.load({ clients: 2, pauseMs: 20 });
    const { conclusion, jobs } = await rollback.finished;
    assert.equal(conclusion, "success", jobs.rollback?.log);
    assert.match(jobs.rollback?.summary ?? "", /logins fail; \$\(id\)/);
    const { staging, production } = (await deploy.finished).jobs;
    assert.equal(staging?.steps.find(({ name }) => name === "Release to staging")?.exitCode, 10, staging?.log);
    assert.equal(production?.conclusion, "skipped");
    const last = await lastOf(world.staging);
    assert.ok(last?.image.endsWith(digest) === true, last?.image);
    assert.match(last.state.cause?.detail ?? "", /logins fail; \$\(id\)$/);
    assert.equal(await share(), 100);
    assert.deepEqual((await load.stop()).errors, []);
  });
});
