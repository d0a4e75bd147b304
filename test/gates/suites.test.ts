import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, cpSync, globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { groups } from "../support/groups.ts";
import { exitCodes } from "./gates.ts";
import { inRandomOrder } from "./order.ts";

/** Each test starts several processes, beside other groups of tests on the same processors; in milliseconds. */
const gatesMs = 300_000;

interface Gated {
  readonly code: number | null;
  readonly verdict: string;
  readonly output: string;
}

/** Runs the command on a copy of a suite, as its own project would. */
function gates(suite: string, ...parameters: string[]): Gated {
  using project = projectOf(suite);
  return project.run(...parameters);
}

/** A copy of a suite. */
function projectOf(suite: string): Disposable & { readonly folder: string; run(...parameters: string[]): Gated } {
  const folder = mkdtempSync(path.join(tmpdir(), "gates-suite-"));
  cpSync(path.join(import.meta.dirname, "suites", suite), folder, { recursive: true });
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ type: "module" }));
  return {
    folder,
    run(...parameters) {
      const command = [path.join(import.meta.dirname, "main.ts"), ...parameters];
      const { status, stdout, stderr } = spawnSync(process.execPath, command, {
        cwd: folder,
        encoding: "utf8",
        timeout: gatesMs,
      });
      return { code: status, verdict: stdout.slice(stdout.indexOf("\nGates\n") + 1), output: stdout + stderr };
    },
    [Symbol.dispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A seed by which the items come in this order. */
function seedFor(...order: readonly string[]): string {
  const fits = (seed: number): boolean => inRandomOrder(order, String, seed).join("\n") === order.join("\n");
  return String([...Array(1_000).keys()].find(fits)!);
}

describe("npm run gates", function () {
  this.timeout(gatesMs);

  it("names the flaky tests of a suite, and how they did again", () => {
    const { code, verdict } = gates("flaky", "--pass-rate", "30", "flaky.suite.ts");
    assert.equal(code, exitCodes.determinism, verdict);
    assert.match(
      verdict,
      /MISSED determinism +1 flaky.*\n +«A flaky suite passes \(but for the first time\)» .* it passed both times\n/,
    );
    assert.match(
      verdict,
      /pass rate .*\n +«A flaky suite passes every other time» \(flaky\.suite\.ts\): run again twice .*, it passed once\n/,
    );
    assert.doesNotMatch(verdict, /passes always/);
  });

  const twoFlaky = ["--pass-rate", "0", "--flaky", "2", "two.suite.ts"];

  it("lets as many flaky tests through as it is told to, names them, and lets no more through", () => {
    const { code, verdict } = gates("flaky", ...twoFlaky);
    assert.equal(code, 0, verdict);
    assert.match(verdict, /met +determinism +2 flaky; asked: at most 2 tests pass and fail with nothing changed/);
    assert.match(verdict, /«A suite with two flaky tests has light, but for the first time»/);
    const three = gates("flaky", ...twoFlaky, "hook.suite.ts");
    assert.equal(three.code, exitCodes.determinism, three.verdict);
    assert.match(three.verdict, /MISSED determinism +3 flaky/);
  });

  it("lets no test through that fails three times", () => {
    const { code, verdict } = gates("broken", "--flaky", "2", "broken.suite.ts");
    assert.equal(code, exitCodes["pass rate"], verdict);
  });

  it("does not let a test through that is flaky again in the same checkout, but in another one", () => {
    using project = projectOf("flaky");
    const git = (...args: string[]): void => {
      assert.equal(spawnSync("git", args, { cwd: project.folder }).status, 0);
    };
    writeFileSync(path.join(project.folder, ".gitignore"), "*.log\nresults/\n");
    git("init", "--quiet");
    git("add", ".");
    git("-c", "user.name=anna", "-c", "user.email=anna@example.test", "commit", "--quiet", "--message", "Begin");
    const again = (): Gated => {
      for (const name of ["light", "water"]) rmSync(path.join(project.folder, `${name}.log`), { force: true });
      return project.run("--record", "results/flaky.json", ...twoFlaky);
    };
    assert.equal(again().code, 0);
    const second = again();
    assert.equal(second.code, exitCodes.determinism, second.verdict);
    assert.match(
      second.verdict,
      /it passed both times; an earlier run of this checkout found it flaky too \(20.*Z\)\n/,
    );
    appendFileSync(path.join(project.folder, "two.suite.ts"), "// Changed.\n");
    const changed = again();
    assert.equal(changed.code, 0, changed.verdict);
  });

  it("compares the titles of two lists, and fails where one was lost", () => {
    using project = projectOf("flaky");
    const list = (file: string, ...titles: string[]): void => {
      const groups = { all: titles.map((title) => ({ file: "a.suite.ts", title })) };
      writeFileSync(path.join(project.folder, file), JSON.stringify({ groups, notRun: [] }));
    };
    list("a.json", "is warm", "is clean");
    list("b.json", "is warm", "is clean", "is bright");
    const forth = project.run("--titles", "a.json", "b.json");
    assert.deepEqual([forth.code, forth.output], [0, "0 lost\n1 new\n  «is bright»\n"]);
    const back = project.run("--titles", "b.json", "a.json");
    assert.deepEqual([back.code, back.output], [1, "1 lost\n  «is bright»\n0 new\n"]);
    const missing = project.run("--titles", "a.json", "c.json");
    assert.equal(missing.code, 2);
    assert.match(missing.output, /c\.json is no list of titles/);
    assert.equal(project.run("--titles", "a.json").code, 2);
  });

  it("takes a test that passes only when mocha tries it again for a flaky one", () => {
    const { code, verdict } = gates("flaky", "--pass-rate", "0", "retried.suite.ts");
    assert.equal(code, exitCodes.determinism, verdict);
    assert.match(
      verdict,
      /«A suite that tries again passes when .*: it passed when mocha tried it again in the same run\n/,
    );
    assert.match(verdict, /met +pass rate +0 % \(0 passed, 1 failed\)/);
  });

  it("names a test that fails after another one of its file, and that one", () => {
    const seed = seedFor("leaves crumbs", "wants a clean table");
    const { code, verdict } = gates("order-dependent", "--seed", seed, "kitchen.suite.ts");
    assert.equal(code, exitCodes.order, verdict);
    assert.match(verdict, /MISSED order +1 order-dependent/);
    assert.match(
      verdict,
      /«A kitchen wants a clean table» \(kitchen\.suite\.ts\): it passes alone and fails after «A kitchen leaves crumbs»\n/,
    );
    assert.match(verdict, /met +determinism/);
  });

  it("names a test that fails without another one before it, and that one", () => {
    const seed = seedFor("wants beans to be there", "is sown");
    const { code, verdict } = gates("order-dependent", "--seed", seed, "garden.suite.ts");
    assert.equal(code, exitCodes.order, verdict);
    assert.match(
      verdict,
      /«A garden wants beans to be there» .*: it fails alone and passes after «A garden is sown»\n/,
    );
  });

  it("names a test that fails after one of another file", () => {
    const seed = seedFor("neighbour.suite.ts\0A neighbour", "library.suite.ts\0A library");
    const { code, verdict } = gates("order-dependent", "--seed", seed, "library.suite.ts", "neighbour.suite.ts");
    assert.equal(code, exitCodes.order, verdict);
    assert.match(
      verdict,
      /«A library wants silence» .*: it passes alone and fails after «A neighbour turns the radio on»\n/,
    );
  });

  it("finds in several orders what one order hides", () => {
    const [crumbs, clean] = ["leaves crumbs", "wants a clean table"];
    const hides = (seed: number): boolean => inRandomOrder([crumbs, clean], String, seed)[0] === clean;
    const seed = [...Array(1_000).keys()].find((tried) => hides(tried) && !hides(tried + 1))!;
    const parameters = ["--seed", String(seed), "kitchen.suite.ts"];
    assert.equal(gates("order-dependent", ...parameters).code, 0);
    const { code, verdict } = gates("order-dependent", "--runs", "2", ...parameters);
    assert.equal(code, exitCodes.order, verdict);
    assert.match(verdict, /met +complete +2 of 2/);
  });

  it("repeats an order by its seed, which it prints", () => {
    const begun = (output: string): readonly string[] => output.split("\n").filter((line) => line.includes("✔"));
    const first = gates("order-dependent", "--pass-rate", "0", "kitchen.suite.ts");
    const seed = /^Random order with seed (\d+) /.exec(first.output)?.[1];
    const again = gates("order-dependent", "--pass-rate", "0", "--seed", seed!, "kitchen.suite.ts");
    const untimed = (line: string): string => line.replace(/ \(\d+ms\)/, "").trim();
    assert.deepEqual(begun(again.output).map(untimed), begun(first.output).map(untimed));
  });

  it("names the slowest tests of a suite that takes too long", () => {
    const { code, verdict } = gates("slow", "--minutes", "0.001", "slow.suite.ts");
    assert.equal(code, exitCodes.time, verdict);
    assert.match(
      verdict,
      /MISSED time .*; asked: less than 0\.001 min\n +«A slow suite takes its time» \(slow\.suite\.ts\) took \d+\.\d\d s\n/,
    );
  });

  it("names the files that a suite leaves uncovered", () => {
    const { code, verdict } = gates("under-covered", "--coverage", "25", "plants.suite.ts");
    assert.equal(code, exitCodes.coverage, verdict);
    assert.match(
      verdict,
      /MISSED coverage +\d+(\.\d+)? % of lines; asked: at least 25 %\n +neglected\.ts: 0 % of its lines\n/,
    );
    assert.doesNotMatch(verdict, /tended/);
  });

  it("lets it through where less is asked, and where coverage is not asked for", () => {
    assert.equal(gates("under-covered", "--coverage", "10", "plants.suite.ts").code, 0);
    assert.equal(gates("under-covered", "plants.suite.ts").code, 0);
  });

  it("names the tests and hooks of a broken suite, which fail again", () => {
    const { code, verdict, output } = gates("broken", "broken.suite.ts");
    assert.equal(code, exitCodes["pass rate"], verdict);
    assert.match(verdict, /MISSED pass rate +33\.33 % \(1 passed, 2 failed\)/);
    assert.match(
      verdict,
      /«A broken suite fails always» \(broken\.suite\.ts\): run again twice .*, it failed both times\n/,
    );
    assert.match(verdict, /«A broken suite with a hook that fails "before all" hook» .*, it failed both times\n/);
    assert.match(output, /^ +at .*\(?broken\.suite\.ts:5:\d+\)?$/m);
  });

  it("does not take a suite that ends its process with code 0 for one that passed", () => {
    const { code, verdict } = gates("crashing", "crashing.suite.ts");
    assert.equal(code, exitCodes.complete, verdict);
    assert.match(verdict, /the run with seed \d+ ended early, during or after «A crashing suite ends the process»/);
  });

  it("ends a suite that does not end by itself", () => {
    const { code, verdict } = gates("endless", "--stop-after", "0.1", "endless.suite.ts");
    assert.equal(code, exitCodes.complete, verdict);
    assert.match(verdict, /MISSED complete/);
  });

  it("explains itself, its exit codes too", () => {
    const { code, output } = gates("slow", "--help");
    assert.equal(code, 0);
    for (const [gate, exitCode] of Object.entries(exitCodes))
      assert.match(output, new RegExp(`^ +${exitCode} +${gate}$`, "m"));
  });

  it("refuses what it cannot do, with what is allowed", () => {
    const refusals: readonly (readonly [readonly string[], RegExp])[] = [
      [["nothing.suite.ts"], /There is no file that fits nothing\.suite\.ts\./],
      [["--runs", "0", "slow.suite.ts"], /a whole number, 1 or more/],
      [["--seed", "1.5", "slow.suite.ts"], /a whole number, 0 or more/],
      [["--pass-rate", "most", "slow.suite.ts"], /a number, 0 or more/],
      [[], /missing required argument 'files'/],
    ];
    for (const [parameters, message] of refusals) {
      const { code, output } = gates("slow", ...parameters);
      assert.equal(code, 2, output);
      assert.match(output, message);
    }
  });

  it("has its suites where npm test does not look", () => {
    const all = Object.values(groups).flatMap(({ files }) => globSync([...files]));
    assert.ok(all.includes("test/gates/suites.test.ts"));
    assert.deepEqual(
      all.filter((file) => file.includes(".suite.")),
      [],
    );
  });
});
