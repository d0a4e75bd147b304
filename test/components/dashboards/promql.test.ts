import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { allDashboards } from "../../../components/dashboards/catalogue.ts";
import { silentReporter } from "../../../platform/progress.ts";
import { ensureTools } from "../../../platform/toolchain/ensure.ts";
import { panelQueries } from "../../support/dashboards/panel-queries.ts";
import { settings } from "./settings.ts";

const chosen = { environment: "staging", service: "atom" };
const queries = Object.values(allDashboards(settings)).flatMap((dashboard) =>
  panelQueries(dashboard, { chosen, range: 21_600, scrapeInterval: 15 }),
);

describe("the queries of the dashboards", () => {
  let promtool = "";
  let folder = "";

  before(async function () {
    // The first run on a bare machine builds Prometheus.
    this.timeout(20 * 60_000);
    promtool = (await ensureTools(["prometheus"], { reporter: silentReporter })).path("promtool");
    folder = await mkdtemp(path.join(tmpdir(), "atom-dashboards-"));
  });

  after(async () => {
    if (folder !== "") await rm(folder, { recursive: true });
  });

  async function check(expressions: readonly string[]): Promise<string> {
    const file = path.join(folder, "rules.yaml");
    const rules = expressions.map((expr, index) => ({ record: `query:${index}`, expr }));
    await writeFile(file, stringify({ groups: [{ name: "dashboards", rules }] }));
    const { stdout } = await promisify(execFile)(promtool, ["check", "rules", file], { timeout: 30_000 });
    return stdout;
  }

  it("are PromQL, all of them, once the variables are filled in", async () => {
    assert.match(await check(queries.map(({ expr }) => expr)), new RegExp(`SUCCESS: ${queries.length} rules found`));
  });

  it("are read by a tool that knows what is no PromQL", async () => {
    await assert.rejects(check(["sum(rate(up{[5m]))"]));
  });
});
