import assert from "node:assert/strict";
import { groupNames } from "../support/groups.ts";
import type { WorkflowEvent } from "../support/workflows/repository.ts";
import { WorkflowRun, type RunResult } from "../support/workflows/run.ts";
import { tests, World } from "./world.ts";

/** @param from the repository that the change is in @param author who opened it */
function pullRequest(from = "example/atom", author = "ben"): WorkflowEvent {
  return {
    name: "pull_request",
    ref: "refs/pull/7/merge",
    payload: { number: 7, pull_request: { head: { repo: { full_name: from } }, user: { login: author } } },
  };
}

describe("A pull request", function () {
  this.timeout(60_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });

  afterEach(async () => {
    await world[Symbol.asyncDispose]();
  });

  async function finish(workflow: string, event: WorkflowEvent): Promise<RunResult> {
    await using run = await WorkflowRun.start(world.repository, workflow, event);
    return await run.finished;
  }

  it("is checked and tested, and both images are built and not pushed, without a secret", async () => {
    const { conclusion, jobs } = await finish("ci.yml", pullRequest());
    assert.equal(conclusion, "success");
    assert.deepEqual(Object.keys(jobs).toSorted(), ["check", "image", "test"]);
    assert.deepEqual((await world.lines()).toSorted(), [...["npm ci", "npm ci", "npm run check", tests("fast")]]);
    assert.deepEqual(
      world.actions.builds.map(({ file, push }) => [file, push]),
      [
        ["service/Dockerfile", "false"],
        ["delivery/Dockerfile", "false"],
      ],
    );
    assert.deepEqual(world.actions.logins, []);
  });

  it("fails where the gates do", async () => {
    await world.commands.play({ sudo: { exitCode: 3 } });
    const { conclusion, jobs } = await finish("ci.yml", pullRequest());
    assert.equal(conclusion, "failure");
    assert.deepEqual([jobs.check?.conclusion, jobs.test?.conclusion], ["success", "failure"]);
  });

  it("is tested against real services, as root, and plays no drills", async () => {
    const { conclusion, jobs } = await finish("integration.yml", pullRequest());
    assert.equal(conclusion, "success");
    assert.equal(jobs.drills?.conclusion, "skipped");
    const lines = (await world.lines()).filter((line) => line !== "npm ci");
    assert.deepEqual(lines.toSorted(), [tests("cluster"), tests("contract")]);
  });

  it("is not what the drills wait for: they are played at night", async () => {
    const { jobs } = await finish("integration.yml", { name: "schedule" });
    const lines = await world.lines();
    for (const group of ["drills", "world"]) {
      assert.equal(jobs[`drills (${group})`]?.conclusion, "success");
      assert.ok(lines.includes(tests(group)));
    }
  });

  it("leaves no group of tests out that the nightly run leaves out too", async () => {
    await finish("ci.yml", pullRequest());
    await finish("integration.yml", { name: "schedule" });
    const lines = await world.lines();
    assert.deepEqual(
      groupNames.filter((name) => !lines.includes(tests(name))),
      [],
    );
  });

  const previewLine = "npm run --silent atom -- preview --all-affected --comment --summary";

  it("is told what it would change, by credentials of both clusters that may only read", async () => {
    await world.commands.play({ [previewLine]: { summary: "# Preview" } });
    const { conclusion, jobs } = await finish("preview.yml", pullRequest());
    assert.equal(conclusion, "success");
    assert.equal(jobs.preview?.summary, "# Preview");
    const { KUBECONFIG: kubeconfig = "", GITHUB_TOKEN: token, ...env } = await world.envOf(previewLine);
    assert.deepEqual(
      kubeconfig.split(":").map((file) => file.replace(/.*\//, "")),
      ["production", "staging"],
    );
    assert.equal(token, world.repository.token);
    assert.equal(env.PULUMI_CONFIG_PASSPHRASE, "passphrase of preview");
    assert.ok(env.GITHUB_EVENT_PATH?.endsWith("event.json"));
  });

  it("fails where its preview does", async () => {
    await world.commands.play({ [previewLine]: { exitCode: 13 } });
    assert.equal((await finish("preview.yml", pullRequest())).conclusion, "failure");
  });

  for (const [who, event] of [
    ["of a fork", pullRequest("mallory/atom")],
    ["of Dependabot", pullRequest("example/atom", "dependabot[bot]")],
  ] as const)
    it(`${who} gets no preview, for its program would run with secrets`, async () => {
      const { conclusion, jobs } = await finish("preview.yml", event);
      assert.deepEqual([conclusion, jobs.preview?.conclusion], ["success", "skipped"]);
      assert.deepEqual(await world.lines(), []);
    });

  it("that is pushed to again cancels what was under way for it", async () => {
    await using first = await WorkflowRun.start(world.repository, "ci.yml", pullRequest());
    await using second = await WorkflowRun.start(world.repository, "ci.yml", pullRequest());
    assert.equal((await first.finished).conclusion, "cancelled");
    assert.equal((await second.finished).conclusion, "success");
  });
});
