import assert from "node:assert/strict";
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { silentReporter } from "../../../platform/progress.ts";
import { ensureTools } from "../../../platform/toolchain/ensure.ts";
import { dashboardPicture } from "../../support/dashboards/pictures/dashboard-picture.ts";
import { misfit } from "../../support/dashboards/units.ts";
import { askedDashboards, type AskedDashboard } from "../../support/dashboards/write-pictures.ts";
import { eventually } from "../../support/eventually.ts";
import { freePort } from "../../support/free-port.ts";
import { length, sampleData, scrapeInterval } from "./sample-data.ts";
import { settings } from "./settings.ts";

describe("the dashboards, asked of a Prometheus that has seen ten releases", () => {
  let folder = "";
  let prometheus: ChildProcess | undefined;
  let asked: readonly AskedDashboard[] = [];

  before(async function () {
    // The first run on a bare machine builds Prometheus.
    this.timeout(20 * 60_000);
    const tools = await ensureTools(["prometheus"], { reporter: silentReporter });
    folder = await mkdtemp(path.join(tmpdir(), "atom-dashboards-"));
    const to = Math.floor(Date.now() / 1000);
    const samples = ["staging", "production"].map((environment) => sampleData(to - length, environment, "atom"));
    await writeFile(path.join(folder, "samples.txt"), `${samples.join("")}# EOF\n`);
    await writeFile(path.join(folder, "prometheus.yaml"), "{}\n");
    const run = promisify(execFile);
    const data = path.join(folder, "data");
    await run(tools.path("promtool"), [
      "tsdb",
      "create-blocks-from",
      "openmetrics",
      path.join(folder, "samples.txt"),
      data,
    ]);

    const url = new URL(`http://127.0.0.1:${await freePort()}`);
    prometheus = spawn(
      tools.path("prometheus"),
      [
        `--config.file=${path.join(folder, "prometheus.yaml")}`,
        `--storage.tsdb.path=${data}`,
        `--web.listen-address=${url.host}`,
      ],
      { stdio: "ignore" },
    );
    await eventually("Prometheus is ready", async () =>
      (await fetch(new URL("/-/ready", url))).ok ? true : undefined,
    );
    asked = await askedDashboards({ settings, prometheus: url, range: length, scrapeInterval, to });
  });

  after(async () => {
    if (prometheus?.exitCode === null) {
      const ended = once(prometheus, "exit");
      prometheus.kill();
      await ended;
    }
    if (folder !== "") await rm(folder, { recursive: true });
  });

  it("have data in every panel, of the unit that the panel says", () => {
    const wrong = asked.flatMap(({ answers }) =>
      answers.flatMap(({ query, series }) => {
        const values = series
          .flatMap(({ points }) => points.map(([, value]) => value))
          .filter((value) => !Number.isNaN(value));
        const why = values.length === 0 ? "no data" : misfit(query.unit, values);
        return why === undefined ? [] : [`${query.dashboard}: ${query.panel}: ${why}`];
      }),
    );
    assert.deepEqual(wrong, []);
    assert.ok(asked.flatMap(({ answers }) => answers).length > 60);
  });

  it("tell what happened: eight of ten releases stayed, and two were taken back", () => {
    const valueIn = (dashboard: string, panel: string) =>
      asked
        .flatMap(({ answers }) => answers)
        .find(({ query }) => query.dashboard === dashboard && query.panel === panel)
        ?.series.map(({ name, points }) => [name, points.at(-1)?.[1]]);
    const overview = "atom-deployment-overview";
    assert.deepEqual(valueIn(overview, "Deployments that succeeded"), [["Deployments that succeeded", 0.8]]);
    assert.deepEqual(valueIn(overview, "Deployments rolled back"), [["Deployments rolled back", 0.2]]);
    assert.deepEqual(valueIn(overview, "Releases in the range"), [["Releases in the range", 10]]);
    assert.deepEqual(valueIn("atom-release-fleet", "Change failure ratio"), [
      ["production atom", 0.2],
      ["staging atom", 0.2],
    ]);
  });

  it("can be drawn, as XML without a number that is none", () => {
    for (const { model, answers, range } of asked) {
      const picture = dashboardPicture(model, answers, range);
      assert.match(picture, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
      assert.doesNotMatch(picture, /NaN|Infinity|undefined/);
      assert.doesNotMatch(picture, /No data/);
    }
  });
});
