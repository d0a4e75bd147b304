import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { silentReporter } from "../../../../platform/progress.ts";
import { ensureTools } from "../../../../platform/toolchain/ensure.ts";
import type { Answer, Row } from "./rows.ts";
import { rows } from "./rows.ts";

const run = promisify(execFile);

describe("the gate's queries on Prometheus' own engine", () => {
  let promtool = "";
  let folder = "";

  before(async function () {
    // The first run on a bare machine builds Prometheus.
    this.timeout(20 * 60_000);
    promtool = (await ensureTools(["prometheus"], { reporter: silentReporter })).path("promtool");
    folder = await mkdtemp(join(tmpdir(), "atom-promql-"));
  });

  after(async () => {
    if (folder !== "") await rm(folder, { recursive: true });
  });

  rows.forEach((row, index) => {
    it(row.title, async () => {
      const file = join(folder, `${index}.yaml`);
      await writeFile(file, ruleTest(row));
      const { code, output } = await test(file);
      assert.equal(code, 0, output);
    });
  });

  it("are tested by a tool that sees a wrong answer", async () => {
    const [row] = rows;
    assert.ok(row);
    const file = join(folder, "wrong.yaml");
    await writeFile(file, ruleTest({ ...row, checks: row.checks.map((check) => ({ ...check, answer: 77 })) }));
    const { code, output } = await test(file);
    assert.equal(code, 1);
    assert.match(output, /exp: \{\} 7\.7E\+01\s+got: \{\} 0E\+00/);
  });

  async function test(file: string): Promise<{ code: number; output: string }> {
    try {
      const { stdout, stderr } = await run(promtool, ["test", "rules", file], { timeout: 30_000 });
      return { code: 0, output: stdout + stderr };
    } catch (error) {
      assert.ok(error instanceof Error && "code" in error && "stdout" in error && "stderr" in error, String(error));
      return { code: Number(error.code), output: `${String(error.stdout)}${String(error.stderr)}` };
    }
  }
});

function ruleTest(row: Row): string {
  return stringify({
    rule_files: [],
    evaluation_interval: "15s",
    fuzzy_compare: true,
    tests: [
      {
        name: row.title,
        interval: "15s",
        input_series: row.series,
        promql_expr_test: row.checks.map(({ query, seconds, answer }) => ({
          expr: query,
          eval_time: `${seconds}s`,
          exp_samples: samples(answer),
        })),
      },
    ],
  });
}

function samples(answer: Answer): readonly { readonly labels: string; readonly value: number }[] {
  return typeof answer === "number" ? [{ labels: "{}", value: answer }] : answer;
}
