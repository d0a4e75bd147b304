import assert from "node:assert/strict";
import type { DashboardModel } from "../../components/dashboards/model.ts";
import { collect, type CollectedResource } from "../../infra/collect.ts";
import type { Outputs } from "../../infra/outputs.ts";
import { dataPanels } from "../support/dashboards/panel-queries.ts";
import { committed, withValues } from "../infra/config/stacks.ts";
import "../infra/pulumi-globals.ts";

interface Declared {
  readonly notes: readonly string[];
  /** Everything that concerns Grafana. */
  readonly resources: readonly CollectedResource[];
  readonly models: readonly DashboardModel[];
}

async function declare(stack: string, changes: Readonly<Record<string, unknown>> = {}): Promise<Declared> {
  const { resources, outputs } = await collect({ stack, raw: withValues(await committed(stack), changes) });
  const ofGrafana = resources.filter(({ type, provider }) => `${type} ${provider}`.includes("grafana"));
  return {
    notes: (outputs as Outputs).notes,
    resources: ofGrafana,
    models: ofGrafana
      .filter(({ type }) => type === "grafana:oss/dashboard:Dashboard")
      .map(({ inputs }) => JSON.parse(inputs.configJson as string) as DashboardModel),
  };
}

/** Alerts link to dashboards, whoever makes them. */
const linked = { "alerts.dashboardUrl": "https://grafana.example.com" };

describe("the dashboards of an environment", () => {
  it("are in a folder with a fixed uid, with the commit as message, whoever has changed them by hand", async () => {
    const { resources } = await declare("production");
    const folder = resources.find(({ type }) => type === "grafana:oss/folder:Folder");
    assert.deepEqual(folder?.inputs, { uid: "atom", title: "Atom" });
    const dashboards = resources.filter(({ type }) => type === "grafana:oss/dashboard:Dashboard");
    assert.equal(dashboards.length, 4);
    for (const { inputs, parent, provider } of dashboards) {
      assert.deepEqual([inputs.folder, inputs.message, inputs.overwrite], ["atom", "a commit", true]);
      assert.equal(parent, "atom:dashboards:Dashboards dashboards");
      assert.equal(provider, "pulumi:providers:grafana grafana");
    }
  });

  it("are made with a key that stays a secret", async () => {
    const { resources } = await declare("production");
    const provider = resources.find(({ type }) => type === "pulumi:providers:grafana");
    assert.deepEqual(provider?.inputs, { auth: "[secret]", url: "https://grafana.example.com/" });
  });

  it("begin with the stack and draw its own limits", async () => {
    const limitIn = async (stack: string) => {
      const { models } = await declare(stack);
      const errorRate = models.find(({ uid }) => uid === "atom-error-rate");
      assert.ok(errorRate);
      const panel = dataPanels(errorRate).find(({ title }) => title === "Share of failed requests");
      const [, environment] = errorRate.templating.list;
      return [environment?.current?.value, panel?.fieldConfig?.defaults.thresholds?.steps[1]?.value];
    };
    assert.deepEqual(await limitIn("staging"), ["staging", 0.01]);
    assert.deepEqual(await limitIn("production"), ["production", 0.001]);
  });

  it("share nothing with those of another stack in the same Grafana, given a suffix", async () => {
    const { resources, models } = await declare("staging", { "grafana.suffix": "staging" });
    const folder = resources.find(({ type }) => type === "grafana:oss/folder:Folder");
    assert.deepEqual(folder?.inputs, { uid: "atom-staging", title: "Atom (staging)" });
    assert.ok(models.every(({ uid }) => uid.endsWith("-staging")));
  });

  it("are left out without a section, and then nothing of Grafana is declared, nor said", async () => {
    assert.deepEqual(await declare("staging", { grafana: undefined, ...linked }), {
      notes: [],
      resources: [],
      models: [],
    });
  });

  it("are left out with a warning where Grafana's address is not known", async () => {
    const { notes, resources } = await declare("staging", { grafana: {}, ...linked });
    assert.deepEqual(resources, []);
    assert.deepEqual(notes, [
      "warning: the stack is without its dashboards, and any that it had go: set atom:grafana.url or GRAFANA_URL",
    ]);
  });
});
