import assert from "node:assert/strict";
import { dashboardsBroughtBy } from "../../../delivery/grafana/dashboard-history.ts";
import { restoreDashboards } from "../../../delivery/grafana/dashboard-versions.ts";
import { answerJson, serve } from "../support/loopback.ts";
import { startGrafana, type GrafanaStandIn } from "../../support/grafana/grafana.ts";
import { clientOf, signal } from "./grafana.ts";

const uid = "atom-error-rate";
const [good, bad] = ["1111111111aa", "2222222222bb"];
const content = (title: string) => ({ title, schemaVersion: 42 });

function save({ state }: GrafanaStandIn, messages: readonly string[]): void {
  for (const [index, message] of messages.entries()) state.save(uid, content(`version ${index + 1}`), { message });
}

describe("what a commit did to the dashboards", () => {
  it("is told by the messages in their history", async () => {
    await using grafana = await startGrafana();
    save(grafana, ["1111111111 Good", "2222222222 Bad"]);
    const brought = await dashboardsBroughtBy(clientOf(grafana), [uid, "atom-new"], bad, signal);
    assert.deepEqual(brought, { before: { [uid]: 1 }, made: { [uid]: 2 } });
    assert.deepEqual(grafana.refusals, []);
  });

  it("begins with the first of its versions, when it was brought several times", async () => {
    await using grafana = await startGrafana();
    save(grafana, ["1111111111 Good", "2222222222 Bad", "2222222222 Bad"]);
    const { before } = await dashboardsBroughtBy(clientOf(grafana), [uid], bad, signal);
    assert.deepEqual(before, { [uid]: 1 });
  });

  it("is nothing once they are restored, or somebody has saved another version", async () => {
    await using grafana = await startGrafana();
    const client = clientOf(grafana);
    save(grafana, ["1111111111 Good", "2222222222 Bad"]);
    const { before, made } = await dashboardsBroughtBy(client, [uid], bad, signal);
    assert.deepEqual(await restoreDashboards(client, before, signal, made), { [uid]: "restored" });
    assert.deepEqual(await dashboardsBroughtBy(client, [uid], bad, signal), { before: {}, made: {} });
    assert.deepEqual(await dashboardsBroughtBy(client, [uid], good, signal), { before: {}, made: {} });
  });

  it("is to have made them, where there were none before", async () => {
    await using grafana = await startGrafana();
    const client = clientOf(grafana);
    save(grafana, ["2222222222 Bad"]);
    const { before, made } = await dashboardsBroughtBy(client, [uid], bad, signal);
    assert.deepEqual([before, made], [{ [uid]: null }, { [uid]: 1 }]);
    assert.deepEqual(await restoreDashboards(client, before, signal, made), { [uid]: "was-absent" });
  });

  it("is read from an older Grafana as well, whose list is the whole answer, and messages that are no commit's count for none", async () => {
    const versions = [
      { version: 1, message: null },
      { version: 3, message: "2222222222 Bad" },
      { version: 2, message: "a fix" },
    ];
    await using server = await serve((_request, response) => {
      answerJson(response, versions);
    });
    const brought = await dashboardsBroughtBy(clientOf({ url: server.url, key: "key" }), [uid], bad, signal);
    assert.deepEqual(brought, { before: { [uid]: 2 }, made: { [uid]: 3 } });
  });
});
