import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { stringify } from "yaml";
import { alertsOf, ruleGroups, type RuleSources } from "../../../components/alerts/rules.ts";
import { FIRST_START_MS } from "../../support/control-plane.ts";
import { ruleTool, type RunTool } from "../../support/rule-tools.ts";
import { promtoolTest, type RuleTest } from "./rule-test.ts";
import { burnRateRows } from "./rows/burn-rates.ts";
import { releaseRows } from "./rows/releases.ts";
import { serviceRows } from "./rows/service.ts";
import { watchRows } from "./rows/watches.ts";
import { alertsOfStack, rulesFile, stacks, type StackName } from "./world.ts";

const rows: readonly RuleTest[] = [...releaseRows, ...serviceRows, ...burnRateRows, ...watchRows];

describe("the alert rules on Prometheus' own engine", () => {
  let promtool: RunTool;
  let folder: string;
  const sources = new Map<StackName, RuleSources>();

  before(async function () {
    this.timeout(FIRST_START_MS);
    promtool = await ruleTool("promtool");
    folder = await mkdtemp(path.join(tmpdir(), "atom-rules-"));
    for (const stack of stacks) {
      const ofStack = await alertsOfStack(stack);
      sources.set(stack, ofStack);
      await writeFile(path.join(folder, `${stack}.yaml`), stringify(rulesFile(ofStack)));
    }
  });

  after(() => rm(folder, { recursive: true }));

  for (const stack of stacks)
    it(`are valid in ${stack}`, async () => {
      const { code, output } = await promtool("check", "rules", path.join(folder, `${stack}.yaml`));
      assert.equal(code, 0, output);
      assert.match(output, /SUCCESS: \d+ rules found/);
    });

  rows.forEach((row, index) => {
    it(`${row.alert}: ${row.title}`, async () => {
      const { code, output } = await run(row, `${index}.test.yaml`);
      assert.equal(code, 0, output);
    });
  });

  it("are tested by a tool that sees a wrong answer", async () => {
    const [row] = rows;
    assert.ok(row);
    const { code, output } = await run({ ...row, checks: row.checks.map(({ at }) => ({ at })) }, "wrong.test.yaml");
    assert.equal(code, 1);
    assert.match(output, /alertname: DeploymentHighErrorRate, time: 8m/);
  });

  it("are each tested while they fire and while they do not", () => {
    const names = [...sources.values()].flatMap((each) => alertsOf(ruleGroups(each)).map(({ name }) => name));
    for (const name of new Set(names)) {
      const checks = rows.filter(({ alert }) => alert === name).flatMap((row) => row.checks);
      assert.ok(
        checks.some(({ fires }) => fires !== undefined),
        `${name} is never tested while it fires`,
      );
      assert.ok(
        checks.some(({ fires }) => fires === undefined),
        `${name} is never tested while it is silent`,
      );
    }
  });

  async function run(row: RuleTest, name: string): Promise<{ code: number; output: string }> {
    const ofStack = sources.get(row.stack);
    assert.ok(ofStack);
    const file = path.join(folder, name);
    await writeFile(file, stringify(promtoolTest(ofStack, row, `${row.stack}.yaml`)));
    return promtool("test", "rules", file);
  }
});
