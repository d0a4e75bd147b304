import assert from "node:assert/strict";
import { apiextensions, apps } from "@pulumi/kubernetes";
import { controlPlane, FIRST_START_MS } from "../support/control-plane.ts";
import { Engine, ENGINE_MS, type Program } from "./engine.ts";
import { deployment, weights, type DeploymentOptions } from "./manifests.ts";

const VIRTUAL_SERVICE = "virtualservice/atom";
const DEPLOYMENT = "deployment/atom";

/** The routes of a service: the program states the weights once, and the releaser moves them. */
function routes(host: string): Program {
  return (provider, namespace) => {
    const spec = { hosts: [host], gateways: ["atom"], http: weights(100, 0) };
    const metadata = { name: "atom", namespace };
    const virtualService = { apiVersion: "networking.istio.io/v1", kind: "VirtualService", metadata, spec };
    new apiextensions.CustomResource("routes", virtualService, { provider, ignoreChanges: ["spec.http"] });
  };
}

const FROZEN = ["spec.template", "spec.replicas"];

function slot(options: DeploymentOptions, ignoreChanges: string[] = []): Program {
  return (provider, namespace) => {
    new apps.v1.Deployment("slot", deployment(namespace, options), { provider, ignoreChanges });
  };
}

function imageOf(live: { spec: Readonly<Record<string, unknown>> }): string | undefined {
  const { template } = live.spec as { template: { spec: { containers: { image: string }[] } } };
  return template.spec.containers[0]?.image;
}

/** Which manager owns which fields right below `spec`. */
function owners(live: Awaited<ReturnType<Engine["live"]>>): Record<string, string> {
  const entries = (live.metadata.managedFields ?? []).flatMap(({ manager, fieldsV1 }) => {
    const spec = (fieldsV1 as Record<string, object>)["f:spec"] ?? {};
    const name = manager.replace(/^(pulumi-kubernetes).*/, "$1");
    return Object.keys(spec).map((field) => [field.replace("f:", ""), name] as const);
  });
  return Object.fromEntries(entries);
}

describe("the Kubernetes provider, as the slots rely on it", function () {
  this.timeout(ENGINE_MS);

  before(async function () {
    this.timeout(FIRST_START_MS);
    await controlPlane();
  });

  it("has nothing to do in a preview or a refresh after the releaser moved the weights", async () => {
    await using engine = await Engine.create();
    await engine.up(routes("a.example"));
    await engine.patch(VIRTUAL_SERVICE, "atom-release", { spec: { http: weights(90, 10) } });

    assert.deepEqual((await engine.preview(routes("a.example"))).changes, {});
    assert.deepEqual((await engine.previewRefresh()).changes, {});
  });

  it("keeps the releaser's weights, and its ownership of them, in an up that changes the hosts", async () => {
    await using engine = await Engine.create();
    await engine.up(routes("a.example"));
    await engine.patch(VIRTUAL_SERVICE, "atom-release", { spec: { http: weights(90, 10) } });

    const outcome = await engine.up(routes("b.example"));

    assert.deepEqual(outcome.changes, { update: 1 });
    assert.deepEqual(outcome.differences, ["spec.hosts[0]: update"]);
    const live = await engine.live(VIRTUAL_SERVICE);
    assert.deepEqual(live.spec, { hosts: ["b.example"], gateways: ["atom"], http: weights(90, 10) });
    assert.deepEqual(owners(live), { gateways: "pulumi-kubernetes", hosts: "pulumi-kubernetes", http: "atom-release" });
    assert.deepEqual((await engine.preview(routes("b.example"))).changes, {});
  });

  it("does not apply a template whose changes are ignored, and applies it at once when they are not", async () => {
    await using engine = await Engine.create();
    await engine.up(slot({ image: "atom:1" }));

    assert.deepEqual((await engine.up(slot({ image: "atom:2" }, FROZEN))).changes, {});
    assert.equal(imageOf(await engine.live(DEPLOYMENT)), "atom:1");

    const staged = await engine.up(slot({ image: "atom:2" }));
    assert.deepEqual(staged.differences, ["spec.template.spec.containers[0].image: update"]);
    assert.equal(imageOf(await engine.live(DEPLOYMENT)), "atom:2");
  });

  it("leaves an ignored template alone in an up that changes something else", async () => {
    await using engine = await Engine.create();
    await engine.up(slot({ image: "atom:1" }));
    const { uid } = (await engine.live(DEPLOYMENT)).metadata;

    await engine.up(slot({ image: "atom:2", annotations: { note: "changed" } }, FROZEN));

    const live = await engine.live(DEPLOYMENT);
    assert.equal(imageOf(live), "atom:1");
    assert.equal(live.metadata.annotations?.note, "changed");
    assert.equal(live.metadata.uid, uid);
  });

  it("lets a scaled replica count and a hot fix of the image survive an up with a refresh", async () => {
    await using engine = await Engine.create();
    await engine.up(slot({ image: "atom:1", replicas: 1 }));
    await engine.kubectl("scale", DEPLOYMENT, "--replicas=2");
    await engine.kubectl("set", "image", DEPLOYMENT, "atom=atom:1-fixed");
    const changed = { image: "atom:1", replicas: 1, annotations: { note: "changed" } };

    await engine.up(slot(changed, FROZEN), { refresh: true });

    const live = await engine.live(DEPLOYMENT);
    assert.equal(live.spec.replicas, 2);
    assert.equal(imageOf(live), "atom:1-fixed");
    assert.equal(live.metadata.annotations?.note, "changed");
    assert.deepEqual((await engine.preview(slot(changed, FROZEN))).changes, {});
  });

  it("takes the replicas back, without a conflict, when it stages into a slot that a releaser scaled to 0", async () => {
    await using engine = await Engine.create();
    await engine.up(slot({ image: "atom:1" }));
    // Scaling by the subresource leaves the field without an owner, so that nobody stands in the way of the next.
    const scale = ["--subresource=scale", "--type=merge", `--patch={"spec":{"replicas":0}}`];
    await engine.kubectl("patch", DEPLOYMENT, ...scale, "--field-manager=atom-release");
    assert.deepEqual((await engine.up(slot({ image: "atom:1" }, FROZEN))).changes, {});
    assert.equal((await engine.live(DEPLOYMENT)).spec.replicas, 0);

    await engine.up(slot({ image: "atom:2" }));

    const live = await engine.live(DEPLOYMENT);
    assert.deepEqual([live.spec.replicas, imageOf(live)], [1, "atom:2"]);
    assert.equal(owners(live).replicas, "pulumi-kubernetes");
  });

  it("takes a field from another manager when the resource is annotated to force it", async () => {
    const annotations = { "pulumi.com/patchForce": "true" };
    await using engine = await Engine.create();
    await engine.up(slot({ image: "atom:1", annotations }));
    await engine.patch(DEPLOYMENT, "atom-release", { spec: { replicas: 0 } });

    await engine.up(slot({ image: "atom:2", annotations }));

    const live = await engine.live(DEPLOYMENT);
    assert.equal(live.spec.replicas, 1);
    assert.equal(owners(live).replicas, "pulumi-kubernetes");
  });

  it("otherwise names the other manager and its field in a conflict, and leaves the object as it was", async () => {
    await using engine = await Engine.create();
    await engine.up(slot({ image: "atom:1" }));
    await engine.patch(DEPLOYMENT, "atom-release", { spec: { replicas: 0 } });

    await assert.rejects(engine.up(slot({ image: "atom:2" })), /conflict with "atom-release".*: \.spec\.replicas/);

    assert.equal(imageOf(await engine.live(DEPLOYMENT)), "atom:1");
  });
});
