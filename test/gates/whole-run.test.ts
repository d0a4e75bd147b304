import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { getPriority, tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { exitCodes } from "./gates.ts";
import { readFlakyRecord } from "./flaky-record.ts";
import { readTitles } from "./titles.ts";
import type { TestGroup, WholeRunOptions } from "./whole-run.ts";

const group = (files: readonly string[], more: Partial<TestGroup> = {}): TestGroup => ({
  ...{ about: `of ${files.join(", ")}`, files, runs: "always", minutes: 5, searchMinutes: 0, niceness: 0 },
  ...more,
});

const thresholds = { passRate: 100, countReruns: true, flaky: 2, minutes: 60, coverage: 0 };

/** Each test starts several processes, beside other groups of tests on the same processors; in milliseconds. */
const runMs = 240_000;

describe("A run of several groups", function () {
  this.timeout(2 * runMs);
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "gates-groups-"));
    for (const suite of ["broken", "flaky", "side-by-side"])
      cpSync(path.join(import.meta.dirname, "suites", suite), folder, { recursive: true });
    writeFileSync(path.join(folder, "package.json"), JSON.stringify({ type: "module" }));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** Runs the groups in a process of their own, as `npm test` does with the project's. */
  function run(
    groups: Readonly<Record<string, TestGroup>>,
    more: Partial<WholeRunOptions> = {},
  ): Promise<{ readonly code: number; readonly output: string; readonly lastLine: string }> {
    const options = {
      ...{ groups, seed: 1, results: "results", stopAt: Date.now() + runMs },
      gates: [{ title: "Gates", thresholds }],
      ...more,
    };
    writeFileSync(
      path.join(folder, "run.ts"),
      `import { runGroups } from ${JSON.stringify(pathToFileURL(path.join(import.meta.dirname, "whole-run.ts")).href)};
process.exitCode = await runGroups({ ...${JSON.stringify(options)}, prepare: async () => {} });\n`,
    );
    const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<typeof run>>>();
    execFile(process.execPath, ["run.ts"], { cwd: folder, timeout: runMs + 60_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      const lines = stdout.trimEnd().split("\n");
      if (typeof code === "number") resolve({ code, output: stdout + stderr, lastLine: lines.at(-1) ?? "" });
      else reject(new Error(`the run did not end by itself:\n${stdout}${stderr}`, { cause: error }));
    });
    return promise;
  }

  const result = (file: string): string => path.join(folder, "results", file);

  it("has them run at the same time, and prints what each says in one piece, and to a file", async () => {
    const { code, output, lastLine } = await run({
      one: group(["one.suite.ts"]),
      other: group(["other.suite.ts"], { niceness: 7 }),
    });
    assert.deepEqual([code, lastLine], [0, "2 passed, 0 failed"], output);
    for (const [name, stranger] of [
      ["one", "other"],
      ["other", "one"],
    ] as const) {
      const end = `── ${name} ended: 1 of 1 passed, 0 failed;`;
      const block = new RegExp(`── ${name}: its output\\n([^]*?)\\n${end}`).exec(output)?.[1] ?? "";
      assert.ok(block.includes(`meets the suite ${stranger}, which`), output);
      assert.ok(!block.includes(`${stranger} waits`) && !block.includes(`${stranger} has priority`), output);
      assert.equal(readFileSync(result(`${name}.log`), "utf8").trimEnd(), block);
    }
    // Not above 19, which is as low as it goes.
    const lowered = Math.min(19, getPriority() + 7);
    assert.match(output, new RegExp(`^one has priority ${getPriority()}$`, "m"));
    assert.match(output, new RegExp(`^other has priority ${lowered}$`, "m"));
  });

  it("deals the files of a group over its processes, which run at the same time, and lists their tests as one group's", async () => {
    const { code, output, lastLine } = await run({ pair: group(["o*.suite.ts"], { processes: 2 }) });
    assert.deepEqual([code, lastLine], [0, "2 passed, 0 failed"], output);
    for (const part of ["pair-1", "pair-2"]) {
      assert.match(output, new RegExp(`── ${part} ended: 1 of 1 passed, 0 failed;`));
      assert.ok(existsSync(result(`${part}.log`)));
    }
    assert.deepEqual(
      readTitles(result("titles.json")).groups.pair?.map(({ file }) => file),
      ["one.suite.ts", "other.suite.ts"],
    );
  });

  it("tells a failure at once, and keeps what a group said that is killed at its deadline", async () => {
    const killedAfter = (minutes: number): ReturnType<typeof run> =>
      run({ broken: group(["broken.suite.ts"]), killed: group(["talkative.suite.ts"], { minutes }) });
    let ended = await killedAfter(0.1);
    // On a machine with much else to do, no test may have begun by then.
    if (!ended.output.includes("the last words")) ended = await killedAfter(2);
    const { code, output, lastLine } = ended;
    assert.equal(code, exitCodes.complete, output);
    const at = (text: string): number => {
      assert.ok(output.includes(text), `${text} is not in\n${output}`);
      return output.indexOf(text);
    };
    assert.ok(at("FAILED  broken: A broken suite fails always\n") < at("done    broken"));
    assert.ok(at("── killed: its output\n") < at("the last words\n"));
    assert.match(
      output,
      /── killed was killed or broke off at «A suite that is killed says something, and never ends»/,
    );
    assert.match(output, /the group killed ended early, during or after «A suite that is killed says/);
    assert.match(readFileSync(result("killed.log"), "utf8"), /the last words/);
    // Two of the broken suite, and the group that did not end.
    assert.equal(lastLine, "1 passed, 3 failed");
  });

  it("ends by the time at which all of it is to be over, whatever its groups may take", async () => {
    const { code, output } = await run({ one: group(["talkative.suite.ts"]) }, { stopAt: Date.now() + 5_000 });
    assert.equal(code, exitCodes.complete, output);
  });

  it("names the groups that it leaves out, with the command that runs them", async () => {
    const groups = { quick: group(["broken.suite.ts"]), drills: group(["one.suite.ts"], { runs: "nightly" }) };
    const { output } = await run(groups, { grep: "passes always" });
    assert.match(
      output,
      /\nNot run: the group drills \(of one\.suite\.ts\)\. It runs nightly; here: npm test -- --only drills\n/,
    );
    assert.deepEqual(readTitles(result("titles.json")), {
      groups: { quick: [{ file: "broken.suite.ts", title: "A broken suite passes always" }] },
      notRun: ["drills"],
    });
    const { output: asked } = await run(groups, { only: "quick", grep: "passes always" });
    assert.doesNotMatch(asked, /Not run/);
  });

  it("lets two flaky tests through, names them and keeps all their results", async () => {
    const { code, output, lastLine } = await run({ house: group(["two.suite.ts"]) });
    assert.deepEqual([code, lastLine], [0, "2 passed, 0 failed"], output);
    assert.match(output, /\nFLAKY the group house: A suite with two flaky tests has light, .*\n {4}no light\n/);
    assert.match(output, /\n2 flaky tests count as passed below: /);
    const record = readFlakyRecord(result("flaky.json"));
    assert.deepEqual(
      record.map(({ file, seed, verdict, results }) => [file, seed, verdict, results.map(({ outcome }) => outcome)]),
      Array(2).fill(["two.suite.ts", 1, "passed", ["failed", "passed", "passed"]]),
    );
  });

  it("counts the tests that a flaky hook kept from running", async () => {
    const { code, output, lastLine } = await run({ house: group(["hook.suite.ts"]) });
    assert.deepEqual([code, lastLine], [0, "2 passed, 0 failed"], output);
    assert.equal(readTitles(result("titles.json")).groups.house?.length, 2);
  });

  it("refuses to begin where the record of flaky tests cannot be read", async () => {
    await run({ house: group(["hook.suite.ts"]) });
    writeFileSync(result("flaky.json"), "{");
    const { code, output } = await run({ one: group(["broken.suite.ts"]) });
    assert.equal(code, 1);
    assert.match(output, /flaky\.json is no record of flaky tests\. Remove it/);
    assert.ok(!existsSync(result("one.log")));
  });
});
