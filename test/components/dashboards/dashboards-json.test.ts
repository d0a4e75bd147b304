import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { allDashboards, dashboardJson } from "../../../components/dashboards/catalogue.ts";
import {
  dashboardNames,
  dashboardUid,
  dashboardUids,
  dashboardUrl,
  folderUid,
  longestSuffix,
} from "../../../components/dashboards/identity.ts";
import { dataPanels } from "../../support/dashboards/panel-queries.ts";
import { knownUnits } from "../../support/dashboards/units.ts";
import { settings } from "./settings.ts";

const dashboards = allDashboards(settings);

describe("the dashboards", () => {
  for (const name of dashboardNames) {
    it(`${name} is as its golden file has it (UPDATE_GOLDEN=1 writes it anew)`, async () => {
      const file = path.join(import.meta.dirname, "golden", `${name}.json`);
      const text = dashboardJson(dashboards[name]);
      if (process.env.UPDATE_GOLDEN === "1") await writeFile(file, text);
      assert.equal(text, await readFile(file, "utf8"));
    });

    it(`${name} holds nothing that JSON cannot`, () => {
      assert.doesNotMatch(dashboardJson(dashboards[name]), /undefined|NaN|\[object Object\]|\[\$\]/);
    });

    it(`${name} shows the releases of its environment as marks`, () => {
      const [releases, ...others] = dashboards[name].annotations.list;
      assert.deepEqual(others, []);
      assert.equal(releases?.datasource?.uid, "-- Grafana --");
      const tags = name === "release-fleet" ? ["atom", "deployment"] : ["atom", "deployment", "$environment"];
      assert.deepEqual([releases.target.type, releases.target.tags, releases.target.matchAny], ["tags", tags, false]);
    });

    it(`${name} has units alone of which it is known what a value in them is`, () => {
      for (const { title, fieldConfig } of dataPanels(dashboards[name]))
        assert.ok(knownUnits.includes(fieldConfig?.defaults.unit ?? ""), title);
    });

    it(`${name} names each panel once`, () => {
      const titles = dataPanels(dashboards[name]).map(({ title }) => title);
      assert.deepEqual(titles, [...new Set(titles)]);
    });
  }

  it("begin with the stack's environment and service, and with Grafana's own data source unless one is named", () => {
    const current = (made: typeof dashboards) =>
      made["error-rate"].templating.list.map(({ name, current: option }) => [name, option?.value]);
    assert.deepEqual(current(dashboards), [
      ["datasource", undefined],
      ["environment", "production"],
      ["service", "atom"],
    ]);
    assert.equal(current(allDashboards({ ...settings, datasource: "Thanos" }))[0]?.[1], "Thanos");
  });

  it("draw the stack's own limits", () => {
    const strict = { ...settings, objectives: { ...settings.objectives, failed: { limit: 0.02, budget: 0.02 } } };
    const limit = (made: typeof dashboards) =>
      dataPanels(made["error-rate"]).find(({ title }) => title === "Share of failed requests")?.fieldConfig?.defaults
        .thresholds?.steps[1];
    assert.deepEqual(limit(dashboards), { value: 0.001, color: "red" });
    assert.deepEqual(limit(allDashboards(strict)), { value: 0.02, color: "red" });
  });

  it("are told apart by a suffix where stacks share a Grafana", () => {
    const made = allDashboards({ ...settings, environment: "staging", suffix: "staging" });
    assert.deepEqual(
      Object.values(made).map(({ uid, title }) => [uid, title]),
      [
        ["atom-deployment-overview-staging", "Atom: deployment overview (staging)"],
        ["atom-api-performance-staging", "Atom: API performance (staging)"],
        ["atom-error-rate-staging", "Atom: error rate (staging)"],
        ["atom-release-fleet-staging", "Atom: fleet of releases (staging)"],
      ],
    );
  });
});

describe("what Grafana calls them", () => {
  it("is fixed (R11)", () => {
    assert.deepEqual(dashboardUids(), [
      "atom-deployment-overview",
      "atom-api-performance",
      "atom-error-rate",
      "atom-release-fleet",
    ]);
    assert.equal(folderUid(), "atom");
  });

  it("has room for a suffix within Grafana's 40 characters", () => {
    const longest = Math.max(...dashboardNames.map((name) => dashboardUid(name, "x".repeat(longestSuffix)).length));
    assert.equal(longest, 40);
  });

  it("is in their address, below the path that Grafana has, with what is chosen", () => {
    const uid = dashboardUid("error-rate");
    assert.equal(dashboardUrl("https://grafana.test", uid), "https://grafana.test/d/atom-error-rate");
    assert.equal(
      dashboardUrl("https://example.test/grafana/", uid, { environment: "staging", service: "a b" }),
      "https://example.test/grafana/d/atom-error-rate?var-environment=staging&var-service=a+b",
    );
  });
});
