import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { stringify } from "yaml";
import { FIRST_START_MS } from "../../support/control-plane.ts";
import { ruleTool, type RunTool } from "../../support/rule-tools.ts";
import { alertsOfStack, rulesFile, stacks } from "./world.ts";

const settings = path.join(import.meta.dirname, "pint.hcl");

describe("the alert rules under pint", () => {
  let pint: RunTool;
  let folder: string;

  before(async function () {
    this.timeout(FIRST_START_MS);
    pint = await ruleTool("pint");
    folder = await mkdtemp(path.join(tmpdir(), "atom-pint-"));
  });

  after(() => rm(folder, { recursive: true }));

  for (const stack of stacks)
    it(`have nothing to be said against them in ${stack}`, async () => {
      const { code, findings } = await lint(rulesFile(await alertsOfStack(stack)));
      assert.deepEqual(findings, []);
      assert.equal(code, 0);
    });

  it("are looked at by a tool that sees an alert without a condition, and a label that a sum has lost", async () => {
    const text = "{{ $labels.environment }} fails";
    const { code, findings } = await lint({
      groups: [
        {
          name: "bad",
          rules: [
            { alert: "Always", expr: "deployment_total" },
            {
              alert: "Nameless",
              expr: "sum(deployment_total) / sum(smoke_test_total) > 1",
              annotations: { summary: text },
            },
          ],
        },
      ],
    });
    assert.deepEqual(
      findings.map(({ reporter }) => reporter),
      ["alerts/comparison", "alerts/template", "promql/fragile"],
    );
    assert.equal(code, 1);
  });

  async function lint(rules: unknown): Promise<{ code: number; findings: readonly Finding[] }> {
    const [file, report] = [path.join(folder, "rules.yaml"), path.join(folder, "report.json")];
    await writeFile(file, stringify(rules));
    const levels = ["--min-severity=info", "--fail-on=info"];
    const { code, output } = await pint(
      "--no-color",
      "--offline",
      "--config",
      settings,
      "lint",
      ...levels,
      "--json",
      report,
      file,
    );
    const problems = await readFile(report, "utf8").catch((cause: unknown) => {
      throw new Error(`pint wrote no report: ${output}`, { cause });
    });
    return { code, findings: JSON.parse(problems) as readonly Finding[] };
  }
});

/** What pint says against a rule. */
interface Finding {
  readonly reporter: string;
  readonly problem: string;
  readonly lines: readonly number[];
}
