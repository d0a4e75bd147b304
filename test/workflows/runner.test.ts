import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { Repository } from "../support/workflows/repository.ts";
import { WorkflowRun, type RunResult } from "../support/workflows/run.ts";
import { parseWorkflowText } from "../support/workflows/workflow-file.ts";

/** What the tests of workflows stand on: it does what GitHub's own runner is documented to do. */
describe("The runner of workflow files", function () {
  this.timeout(60_000);

  const repository = new Repository({
    name: "example/atom",
    machine: { path: "/usr/bin:/bin", home: "/nonexistent" },
    secrets: { PASSWORD: "hunter2" },
    variables: { GREETING: "hello" },
    actions: { "example/known": ({ inputs }) => ({ said: inputs.say ?? "" }) },
  });

  async function start(jobs: string): Promise<WorkflowRun> {
    const text = `name: Test\non: push\ndefaults: { run: { shell: bash } }\njobs:\n${jobs}`;
    return WorkflowRun.start(repository, await parseWorkflowText("test.yml", text), { name: "push" });
  }

  async function finish(jobs: string): Promise<RunResult> {
    await using run = await start(jobs);
    return await run.finished;
  }

  /** A job with these steps, each a line of YAML. */
  function job(steps: readonly string[], more = ""): string {
    return `  one:\n    runs-on: x\n    timeout-minutes: 5\n${more}    steps:\n${steps.map((step) => `      - ${step}\n`).join("")}`;
  }

  it("stops at the first step that fails, and still runs those that always run", async () => {
    const { jobs } = await finish(
      job(["{ name: a, run: exit 3 }", "{ name: b, run: echo b }", "{ name: c, if: always(), run: echo c }"]),
    );
    assert.deepEqual(
      jobs.one?.steps.map(({ name, conclusion, exitCode }) => [name, conclusion, exitCode]),
      [
        ["a", "failure", 3],
        ["b", "skipped", undefined],
        ["c", "success", 0],
      ],
    );
  });

  it("fails a step whose pipe fails, or that uses a command which fails before its last one", async () => {
    for (const script of ["false | true", "false; true"])
      assert.equal((await finish(job([`run: ${script}`]))).conclusion, "failure", script);
  });

  it("hands variables, outputs, folders and summaries on to later steps", async () => {
    const { jobs } = await finish(
      job(
        [
          `{ id: a, run: 'echo "X=1" >> "$GITHUB_ENV"; echo "y=2" >> "$GITHUB_OUTPUT"; echo "# S" >> "$GITHUB_STEP_SUMMARY"' }`,
          '{ id: b, run: \'printf "z<<E\\n3\\n4\\nE\\n" >> "$GITHUB_OUTPUT"\' }',
          `run: echo "$X \${{ steps.a.outputs.y }} \${{ vars.GREETING }}"`,
        ],
        "    outputs: { z: '${{ steps.b.outputs.z }}' }\n",
      ),
    );
    assert.match(jobs.one?.log ?? "", /^1 2 hello$/m);
    assert.deepEqual([jobs.one?.outputs, jobs.one?.summary], [{ z: "3\n4" }, "# S\n"]);
  });

  it("gives a step nothing of its own process but what the workflow names", async () => {
    const { jobs } = await finish(job(["run: env | cut --delimiter== --fields=1 | sort | tr '\\n' ' '"]));
    const names = (jobs.one?.log ?? "").split("\n").at(-1)?.trim().split(" ") ?? [];
    // Node hands NODE_V8_COVERAGE on to every process, so that a test's coverage is whole.
    const own = /^(GITHUB_|RUNNER_|CI$|HOME$|PATH$|PWD$|SHLVL$|_$|NODE_V8_COVERAGE$)/;
    const foreign = names.filter((name) => !own.test(name));
    assert.deepEqual(foreign, []);
    assert.ok(names.includes("GITHUB_STEP_SUMMARY"));
  });

  it("masks secrets in logs, and drops an output that holds one", async () => {
    const { jobs } = await finish(
      job(
        [`{ id: a, env: { P: '\${{ secrets.PASSWORD }}' }, run: 'echo "is $P"; echo "p=$P" >> "$GITHUB_OUTPUT"' }`],
        "    outputs: { p: '${{ steps.a.outputs.p }}', q: ok }\n",
      ),
    );
    assert.match(jobs.one?.log ?? "", /^is \*\*\*$/m);
    assert.deepEqual(jobs.one?.outputs, { q: "ok" });
  });

  it("fails a step that uses an action which nobody plays, or one that is not pinned", async () => {
    const commit = "0123456789".repeat(4);
    for (const [uses, conclusion] of [
      [`example/known@${commit}`, "success"],
      [`example/unknown@${commit}`, "failure"],
      ["example/known@v1", "failure"],
    ] as const)
      assert.equal((await finish(job([`uses: ${uses}`]))).conclusion, conclusion, uses);
  });

  it("skips jobs whose needs failed or were skipped, save those that ask for it", async () => {
    const two = "  two: { needs: one, runs-on: x, timeout-minutes: 5, steps: [{ run: echo }] }\n";
    const three = "  three: { needs: two, runs-on: x, timeout-minutes: 5, steps: [{ run: echo }] }\n";
    const four = "  four: { needs: one, if: failure(), runs-on: x, timeout-minutes: 5, steps: [{ run: echo }] }\n";
    const { jobs } = await finish(job(["run: exit 1"]) + two + three + four);
    assert.deepEqual(Object.fromEntries(Object.entries(jobs).map(([id, { conclusion }]) => [id, conclusion])), {
      ...{ one: "failure", two: "skipped", three: "skipped", four: "success" },
    });
  });

  it("interrupts what took the shell's place when the run is cancelled, and runs what always runs", async () => {
    const wait = "trap 'echo interrupted; exit 130' INT; echo ready; while true; do read -rt 1 <> <(:) || :; done";
    await using run = await start(
      job([`run: exec bash -c "${wait}"`, "{ name: last, if: always(), run: echo cleaned }"]),
    );
    await eventually("the step runs", () => (run.logOf("one").includes("ready") ? true : undefined), 20_000);
    run.cancel();
    const { conclusion, jobs } = await run.finished;
    assert.equal(conclusion, "cancelled");
    assert.match(jobs.one?.log ?? "", /interrupted\n[^]*cleaned/);
  });

  it("runs nothing more on a machine that died", async () => {
    await using run = await start(
      job(["run: echo ready; exec tail --follow /dev/null", "{ if: always(), run: echo x }"]),
    );
    await eventually("the step runs", () => (run.logOf("one").includes("ready") ? true : undefined), 20_000);
    run.killRunner("one");
    const { jobs } = await run.finished;
    assert.deepEqual([jobs.one?.conclusion, jobs.one?.steps.length], ["failure", 1]);
  });

  it("refuses a file that GitHub would refuse, and an expression that names what is not there", async () => {
    await assert.rejects(
      parseWorkflowText("bad.yml", "on: push\njobs: { one: { steps: [] } }"),
      /bad\.yml is no workflow/,
    );
    await assert.rejects(
      parseWorkflowText("bad.yml", `on: push\njobs:\n${job(["run: echo ${{ secret.X }}"])}`),
      /bad\.yml is no workflow: .*secret/,
    );
  });
});
