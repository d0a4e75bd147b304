import assert from "node:assert/strict";
import { dashboardVersions, restoreDashboards } from "../../../delivery/grafana/dashboard-versions.ts";
import { GrafanaError } from "../../../delivery/grafana/client.ts";
import { startGrafana } from "../../support/grafana/grafana.ts";
import { clientOf, signal } from "./grafana.ts";

const uid = "atom-error-rate";
const first = { title: "Error rate", schemaVersion: 42, panels: [{ id: 1, title: "Requests" }] };
const second = { ...first, panels: [{ id: 1, title: "Failed requests" }] };

describe("the dashboards of before a release", () => {
  it("are known by their versions, also that there was none", async () => {
    await using grafana = await startGrafana();
    grafana.state.save(uid, first);
    grafana.state.save(uid, second);
    assert.deepEqual(await dashboardVersions(clientOf(grafana), [uid, "atom-new"], signal), {
      [uid]: 2,
      "atom-new": null,
    });
    assert.deepEqual(grafana.refusals, []);
  });

  it("come back as a new version with the old content", async () => {
    await using grafana = await startGrafana();
    const client = clientOf(grafana);
    grafana.state.save(uid, first);
    const before = await dashboardVersions(client, [uid], signal);
    grafana.state.save(uid, second);
    const made = await dashboardVersions(client, [uid], signal);
    assert.deepEqual(await restoreDashboards(client, before, signal, made), { [uid]: "restored" });
    const newest = grafana.state.versions(uid).at(-1);
    assert.deepEqual([newest?.version, newest?.restoredFrom, newest?.data.panels], [3, 1, first.panels]);
    assert.deepEqual(grafana.refusals, []);
  });

  it("come back once, however often it is asked for", async () => {
    await using grafana = await startGrafana();
    const client = clientOf(grafana);
    grafana.state.save(uid, first);
    grafana.state.save(uid, second);
    const [before, made] = [{ [uid]: 1 }, { [uid]: 2 }];
    assert.deepEqual(await restoreDashboards(client, before, signal, made), { [uid]: "restored" });
    assert.deepEqual(await restoreDashboards(client, before, signal, made), { [uid]: "unchanged" });
    assert.deepEqual(await restoreDashboards(client, before, signal), { [uid]: "unchanged" });
    assert.equal(grafana.state.versions(uid).length, 3);
  });

  it("come back once when the first answer was lost", async () => {
    await using grafana = await startGrafana();
    const client = clientOf(grafana);
    grafana.state.save(uid, first);
    grafana.state.save(uid, second);
    // Both versions are read, then the old one is asked for.
    grafana.meet({ kind: "none" }, { kind: "none" }, { kind: "answer-lost" });
    const again = () => restoreDashboards(client, { [uid]: 1 }, signal, { [uid]: 2 });
    await assert.rejects(again(), { kind: "unavailable" });
    assert.deepEqual(await again(), { [uid]: "unchanged" });
    assert.equal(grafana.state.versions(uid).length, 3);
  });

  it("stay away where somebody has changed a dashboard since, a person or the next release", async () => {
    await using grafana = await startGrafana();
    const client = clientOf(grafana);
    for (const panels of [[1], [2], [3]]) grafana.state.save(uid, { ...first, panels });
    assert.deepEqual(await restoreDashboards(client, { [uid]: 1 }, signal, { [uid]: 2 }), { [uid]: "changed-since" });
    assert.equal(grafana.state.versions(uid).length, 3);
  });

  it("leave a dashboard that is new, and one that was deleted meanwhile", async () => {
    await using grafana = await startGrafana();
    grafana.state.save("atom-new", first);
    const before = { "atom-new": null, "atom-deleted": 4 };
    const expected = { "atom-new": "was-absent", "atom-deleted": "gone" };
    assert.deepEqual(await restoreDashboards(clientOf(grafana), before, signal), expected);
    assert.equal(grafana.state.versions("atom-new").length, 1);
  });

  it("tell of a Grafana that fails, and come back when it works again", async () => {
    await using grafana = await startGrafana();
    const client = clientOf(grafana);
    grafana.state.save(uid, first);
    grafana.state.save(uid, second);
    grafana.meet({ kind: "status", status: 503 });
    await assert.rejects(restoreDashboards(client, { [uid]: 1 }, signal), {
      name: "GrafanaError",
      kind: "unavailable",
    });
    assert.deepEqual(await restoreDashboards(client, { [uid]: 1 }, signal), { [uid]: "restored" });
  });
});

describe("a Grafana that does not do what it is asked", () => {
  const read = (grafana: Parameters<typeof clientOf>[0], timeoutMs?: number) =>
    dashboardVersions(clientOf(grafana, timeoutMs), [uid], signal);

  it("is unavailable when it is overloaded, broken, silent, or drops the connection", async () => {
    await using grafana = await startGrafana();
    grafana.meet(
      { kind: "status", status: 429 },
      { kind: "status", status: 500 },
      { kind: "dropped" },
      { kind: "silence" },
    );
    for (const status of [429, 500, undefined, undefined])
      await assert.rejects(read(grafana, 1_500), (error: unknown) => {
        assert.ok(error instanceof GrafanaError);
        assert.deepEqual([error.kind, error.status], ["unavailable", status]);
        return true;
      });
  });

  it("refuses a key that it does not know, and the message does not hold the key", async () => {
    await using grafana = await startGrafana();
    await assert.rejects(read({ url: grafana.url, key: "glsa_another-key" }), (error: unknown) => {
      assert.ok(error instanceof GrafanaError);
      assert.deepEqual([error.kind, error.status], ["refused", 401]);
      assert.match(error.message, /GET api\/dashboards\/uid\/atom-error-rate answered 401: .*Unauthorized/);
      return true;
    });
    grafana.meet({ kind: "status", status: 500, body: `no such key: ${grafana.key}` });
    await assert.rejects(read(grafana), ({ message }: Error) => !message.includes(grafana.key));
  });

  it("is another server when it answers something else", async () => {
    await using grafana = await startGrafana();
    for (const body of ["<html>", '{"status":"ok"}']) {
      grafana.meet({ kind: "status", status: 200, body });
      await assert.rejects(read(grafana), { name: "GrafanaError", kind: "malformed" });
    }
  });

  it("is not waited for once the caller gives up", async () => {
    await using grafana = await startGrafana();
    grafana.meet({ kind: "silence" });
    const reason = new Error("enough");
    const controller = new AbortController();
    const reading = dashboardVersions(clientOf(grafana), [uid], controller.signal);
    controller.abort(reason);
    await assert.rejects(reading, reason);
  });
});
