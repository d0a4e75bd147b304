// The program itself, as `pulumi up` runs it: the real engine, the real API server with Pod Security and quotas, and a node that is played.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { IPrometheusRule } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule";
import { parseReleasePlan } from "../../components/release-plan/parse-plan.ts";
import { buildHttpRoutes } from "../../components/routes/http-routes.ts";
import { ClusterUnreachableError } from "../../infra/cluster/errors.ts";
import type { StackCommandOptions } from "../../infra/engine.ts";
import { createProgram } from "../../infra/program.ts";
import { controlPlane, FIRST_START_MS } from "../support/control-plane.ts";
import { fakeKubelet } from "../support/fake-kubelet.ts";
import { pastRelease, quarantined, releaseUnderWay } from "../components/slots/live.ts";
import { Checkout, fate, installMonitoringKinds, namespace, UP_MS } from "./checkout.ts";

describe("the program on a real API server", function () {
  this.timeout(UP_MS);
  let checkout: Checkout;
  let kubelet: AsyncDisposable;
  let migrations: { end: "succeeded" | "failed" };

  before(async function () {
    this.timeout(FIRST_START_MS);
    await installMonitoringKinds(await controlPlane());
  });

  beforeEach(async () => {
    checkout = await Checkout.create();
    migrations = { end: "succeeded" };
    kubelet = fakeKubelet(checkout.plane.kubeconfig, namespace, fate(migrations));
    await checkout.run("up");
  });

  afterEach(async () => {
    await checkout.run("destroy");
    await kubelet[Symbol.asyncDispose]();
    assert.equal(await checkout.plane.kubectl.run(["get", "namespace", namespace, "--ignore-not-found"]), "");
  });

  it("brings the first version up at 100 % and changes nothing the second time", async () => {
    assert.equal((await checkout.slot("blue")).replicas, 2);
    assert.equal((await checkout.slot("green")).replicas, 0);
    assert.deepEqual(await checkout.weights(), [100, 0]);
    assert.deepEqual((await checkout.ledger()).active, "blue");
    const again = await checkout.run("up", { refresh: true });
    assert.equal(again.changed, false, JSON.stringify(again.changes));
  });

  it("stages a new image in the idle slot while the active one keeps its pods", async () => {
    const before = await checkout.pods("blue");
    await checkout.setImage("0.2.0");
    const { outputs, notes } = await checkout.run("up");
    assert.equal((await checkout.slot("green")).image, "atom.local/atom:0.2.0");
    assert.equal((await checkout.slot("green")).replicas, 2);
    assert.equal((await checkout.slot("blue")).image, "atom.local/atom:0.1.0");
    assert.deepEqual(await checkout.pods("blue"), before);
    assert.deepEqual(await checkout.weights(), [100, 0]);
    assert.match(notes.join("\n"), /is staged in green at 0 % of the traffic; blue goes on serving/);
    const { atom } = outputs.services as { atom: { staged: unknown; desired: string } };
    assert.deepEqual(atom.staged, { slot: "green", digest: atom.desired });
    assert.equal((await checkout.run("preview")).changed, false);
  });

  it("tells the releaser and the alerts of a changed threshold by an update of one object each", async () => {
    await checkout.edit(({ config }) => {
      config["atom:release"].thresholds.errorRate.max = "2%";
    });
    const { changes } = await checkout.run("up");
    assert.deepEqual([changes.update, changes.create, changes.replace], [2, undefined, undefined]);
    const { data } = await checkout.plane.kubectl.get(namespace, "configmap/atom-release-plan");
    const plan = parseReleasePlan(data?.["plan.json"] ?? "", "in a test");
    assert.equal(plan.thresholds.errorRate.max, 0.02);
    const { spec } = await checkout.plane.kubectl.get(namespace, "prometheusrule/atom-alerts");
    const { groups = [] } = spec as IPrometheusRule["spec"];
    const alert = groups.flatMap(({ rules = [] }) => rules).find((each) => each.alert?.startsWith("HighErrorRate"));
    assert.match(String(alert?.expr), / > 0\.02$/);
  });

  it("keeps the image that a release put in place of the configured one", async () => {
    const image = "atom.local/atom:0.5.0";
    const program: StackCommandOptions["program"] = (ports) => createProgram({ ...ports, images: { atom: image } });
    await checkout.run("up", { program });
    assert.deepEqual([(await checkout.slot("green")).image, await checkout.weights()], [image, [100, 0]]);
    // It is released: green serves, and the ledger has what it was released instead of.
    const { digest = "" } = await checkout.slot("green");
    const release = { ...pastRelease, outcome: "released" as const, template: digest, image };
    await checkout.promote("green", { releases: [{ ...release, insteadOf: "atom.local/atom:0.1.0" }] });
    const { changed, notes } = await checkout.run("up", { refresh: true });
    assert.equal(changed, false);
    assert.match(
      notes.join("\n"),
      /atom:0\.5\.0 of release r-6 stands in for the configured atom\.local\/atom:0\.1\.0/,
    );
    await checkout.setImage("0.6.0");
    await checkout.run("up");
    assert.equal((await checkout.slot("blue")).image, "atom.local/atom:0.6.0");
  });

  it("keeps the releaser's weights through preview, refresh, and an up that changes the hosts", async () => {
    const settings = {
      service: "atom",
      port: 8000,
      timeout: 15_000,
      retries: { attempts: 2, perTryTimeout: 5000, on: ["connect-failure", "refused-stream"] },
    };
    const http = buildHttpRoutes(settings, { active: "blue", candidateWeight: 10 });
    await checkout.plane.kubectl.patch(namespace, "virtualservice/atom", "atom-release", { spec: { http } });
    assert.equal((await checkout.run("preview")).changed, false);
    assert.equal((await checkout.run("refresh", { previewOnly: true })).changed, false);
    await checkout.edit(({ config }) => {
      config["atom:services"].atom.routes.hosts = ["atom.localhost"];
    });
    assert.equal((await checkout.run("up")).changed, true);
    assert.deepEqual(await checkout.weights(), [90, 10]);
  });

  it("starts no candidate whose migration failed, and tries again with the next up", async () => {
    migrations.end = "failed";
    await checkout.setImage("0.7.0");
    await assert.rejects(checkout.run("up"), /atom-migrate-/);
    assert.deepEqual([(await checkout.slot("green")).replicas, await checkout.weights()], [0, [100, 0]]);
    migrations.end = "succeeded";
    await checkout.run("up");
    assert.deepEqual(
      [(await checkout.slot("green")).image, (await checkout.slot("green")).replicas],
      ["atom.local/atom:0.7.0", 2],
    );
  });

  it("lets a change whose migration failed be taken back", async () => {
    migrations.end = "failed";
    await checkout.setImage("0.8.0");
    await assert.rejects(checkout.run("up"), /atom-migrate-/);
    await checkout.setImage("0.1.0");
    await checkout.run("up");
    assert.equal((await checkout.run("preview")).changed, false);
    assert.equal((await checkout.slot("green")).replicas, 0);
  });

  it("freezes both slots while a release is under way", async () => {
    await checkout.ledger({ current: releaseUnderWay });
    await checkout.edit(({ config }) => {
      config["atom:services"].atom.env = { LOG_LEVEL: "debug" };
    });
    const { notes, changed } = await checkout.run("preview");
    assert.equal(changed, false);
    assert.match(notes.join("\n"), /release r-7 is under way/);
  });

  it("does not stage a quarantined template, and says so", async () => {
    await checkout.setImage("0.4.0");
    const { outputs } = await checkout.run("preview").then(() => checkout.run("up"));
    const { atom } = outputs.services as { atom: { desired: string } };
    // It is rolled back: the candidate goes to 0, and its template into quarantine.
    await checkout.ledger({ quarantine: [quarantined(atom.desired)] });
    await checkout.plane.kubectl.patch(namespace, "deployment/atom-green", "atom-release", { spec: { replicas: 0 } });
    const { notes, changed } = await checkout.run("up", { refresh: true });
    assert.match(notes.join("\n"), /is quarantined and not staged/);
    assert.equal(changed, false);
    assert.equal((await checkout.slot("green")).replicas, 0);
  });

  it("takes nothing over when its state is lost: what serves goes on as it is", async () => {
    const before = [await checkout.slot("blue"), await checkout.pods("blue")];
    const withoutState = await Checkout.create();
    await withoutState.setImage("0.6.0");
    await assert.rejects(withoutState.run("up"), /exists already, and Pulumi.s state does not have it/);
    assert.deepEqual([await checkout.slot("blue"), await checkout.pods("blue")], before);
    assert.deepEqual(await checkout.weights(), [100, 0]);
  });

  it("takes an API server that does not answer for an error and not for a first run", async () => {
    const kubeconfig = path.join(checkout.plane.folder, "unreachable");
    const text = await readFile(checkout.plane.kubeconfig, "utf8");
    await writeFile(kubeconfig, text.replace(/127\.0\.0\.1:\d+/, "127.0.0.1:1"));
    await assert.rejects(checkout.run("up", { env: { KUBECONFIG: kubeconfig } }), ClusterUnreachableError);
  });
});
