import assert from "node:assert/strict";
import { apiextensions, apps, batch, core, networking, rbac } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { controlPlane, FIRST_START_MS } from "../support/control-plane.ts";
import { freePort } from "../support/free-port.ts";
import { Engine, ENGINE_MS, type Program } from "./engine.ts";
import { deployment } from "./manifests.ts";

interface ConfigMapOptions {
  readonly name?: string;
  readonly data?: Record<string, string>;
  readonly labels?: Record<string, string>;
}

function settings({ name = "settings", data = { a: "1" }, labels = {} }: ConfigMapOptions = {}): Program {
  return (provider, namespace) => {
    new core.v1.ConfigMap("settings", { metadata: { name, namespace, labels }, data }, { provider });
  };
}

/** A ConfigMap to which the provider gives a name. */
function unnamed(data: Record<string, string>): Program {
  return (provider, namespace) => {
    new core.v1.ConfigMap("settings", { metadata: { namespace }, data }, { provider });
  };
}

async function namesOf(engine: Engine, kind: string): Promise<string[]> {
  const names = await engine.kubectl("get", kind, "--output", "name");
  return names
    .split("\n")
    .map((name) => name.replace(/^.*\//, ""))
    .filter((name) => name !== "" && name !== "kube-root-ca.crt");
}

describe("the Kubernetes provider", function () {
  this.timeout(ENGINE_MS);

  before(async function () {
    this.timeout(FIRST_START_MS);
    await controlPlane();
  });

  describe("previews", () => {
    it("fail with the API server's own words when it would refuse the object, and change nothing", async () => {
      await using engine = await Engine.create();
      const program: Program = (provider, namespace) => {
        const ports = [{ name: "http", port: 99999 }];
        new core.v1.Service("atom", { metadata: { name: "atom", namespace }, spec: { ports } }, { provider });
      };
      await assert.rejects(engine.preview(program), /spec\.ports\[0\]\.port: Invalid value: 99999/);
      assert.equal(await engine.plane.kubectl.has(engine.namespace, "service/atom"), false);
    });

    it("show objects of a namespace that does not exist yet", async () => {
      await using engine = await Engine.create();
      const program: Program = (provider, namespace) => {
        const tenant = new core.v1.Namespace("tenant", { metadata: { name: `${namespace}-new` } }, { provider });
        const metadata = { name: "settings", namespace: `${namespace}-new` };
        new core.v1.ConfigMap("settings", { metadata }, { provider, dependsOn: tenant });
      };
      const { create } = (await engine.preview(program)).changes;
      assert.equal(create, 4, "the stack, the provider and the two objects");
    });

    it("show objects with values that only the update will know", async () => {
      await using engine = await Engine.create();
      const program: Program = (provider, namespace) => {
        const first = new core.v1.ConfigMap("first", { metadata: { namespace } }, { provider });
        const data = { uid: first.metadata.uid };
        new core.v1.ConfigMap("second", { metadata: { name: "second", namespace }, data }, { provider });
      };
      assert.equal((await engine.preview(program)).changes.create, 4);
      await engine.up(program);
      assert.match((await engine.live("configmap/second")).data?.uid ?? "", /^[0-9a-f-]{36}$/);
    });

    it("name each property that an update would change", async () => {
      await using engine = await Engine.create({ provider: { enableConfigMapMutable: true } });
      await engine.up(settings({ data: { a: "1", b: "2" } }));
      const { changes, differences } = await engine.preview(settings({ data: { a: "3", c: "4" } }));
      assert.deepEqual(changes, { update: 1 });
      assert.deepEqual(differences, ["data.a: update", "data.b: delete", "data.c: add"]);
    });
  });

  describe("updates", () => {
    it("change nothing the second time, however the program writes its quantities and empty parts", async () => {
      await using engine = await Engine.create();
      const program: Program = (provider, namespace) => {
        const options = { provider };
        const hard = { "requests.cpu": "4000m", "limits.memory": "0.5Gi", pods: "20" };
        new core.v1.ResourceQuota("quota", { metadata: { name: "quota", namespace }, spec: { hard } }, options);
        const limits = [{ type: "Container", default: { memory: "2048Mi" }, defaultRequest: { cpu: "0.1" } }];
        new core.v1.LimitRange("limits", { metadata: { name: "limits", namespace }, spec: { limits } }, options);
        const deny = { podSelector: {}, policyTypes: ["Ingress", "Egress"], ingress: [], egress: [] };
        new networking.v1.NetworkPolicy("deny", { metadata: { name: "deny", namespace }, spec: deny }, options);
        const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["get"], resourceNames: [] }];
        new rbac.v1.Role("role", { metadata: { name: "role", namespace, labels: {} }, rules }, options);
        const metadata = { name: "secrets", namespace };
        new core.v1.Secret("secrets", { metadata, stringData: { token: "very-secret" } }, options);
        new apps.v1.Deployment("atom", deployment(namespace, { cpu: "0.10", replicas: 0 }), options);
        const ports = [{ port: 8000 }];
        new core.v1.Service("atom", { metadata: { name: "atom", namespace }, spec: { ports } }, options);
      };
      await engine.up(program);
      assert.deepEqual((await engine.preview(program)).differences, []);
      assert.deepEqual((await engine.up(program, { refresh: true })).changes, {});
    });

    it("change an object in place, and remove what the program no longer says", async () => {
      await using engine = await Engine.create();
      await engine.up(settings({ labels: { team: "a", tier: "b" } }));
      const { uid } = (await engine.live("configmap/settings")).metadata;
      assert.deepEqual((await engine.up(settings({ labels: { team: "c" } }))).changes, { update: 1 });
      const { metadata } = await engine.live("configmap/settings");
      assert.deepEqual([metadata.uid, metadata.labels], [uid, { team: "c" }]);
    });

    it("leave alone what others added, and do not report it", async () => {
      await using engine = await Engine.create();
      await engine.up(settings({ labels: { team: "a" } }));
      await engine.patch("configmap/settings", "someone", { metadata: { labels: { theirs: "yes" } } });
      assert.deepEqual((await engine.previewRefresh()).changes, {});
      await engine.up(settings({ labels: { team: "b" } }), { refresh: true });
      assert.deepEqual((await engine.live("configmap/settings")).metadata.labels, { team: "b", theirs: "yes" });
    });

    it("find drift by a refresh, and undo what somebody did with kubectl", async () => {
      await using engine = await Engine.create();
      await engine.up(settings({ labels: { team: "a" } }));
      await engine.kubectl("label", "configmap/settings", "team=other", "--overwrite");
      assert.deepEqual((await engine.refresh()).changes, { update: 1 });
      assert.deepEqual((await engine.preview(settings({ labels: { team: "a" } }))).differences, [
        "metadata.labels.team: update",
      ]);
      await engine.up(settings({ labels: { team: "a" } }));
      assert.deepEqual((await engine.live("configmap/settings")).metadata.labels, { team: "a" });
    });

    it("make an object anew that somebody deleted, once a refresh has missed it", async () => {
      await using engine = await Engine.create();
      await engine.up(settings());
      await engine.kubectl("delete", "configmap/settings");
      assert.deepEqual((await engine.refresh()).changes, { delete: 1 });
      assert.deepEqual((await engine.up(settings())).changes, { create: 1 });
    });

    it("wait for a namespace and for a kind that the same update makes, in whatever order they come", async () => {
      await using engine = await Engine.create();
      const group = `${engine.namespace}.example`;
      const names = { plural: "widgets", singular: "widget", kind: "Widget" };
      const openAPIV3Schema = { type: "object", properties: { spec: { type: "object" } } };
      const versions = [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema } }];
      await engine.up((provider, namespace) => {
        const metadata = { name: "late", namespace: `${namespace}-late` };
        const widget = { apiVersion: `${group}/v1`, kind: "Widget", metadata };
        new apiextensions.CustomResource("widget", widget, { provider });
        new core.v1.ConfigMap("settings", { metadata }, { provider });
        const definition = {
          metadata: { name: `widgets.${group}` },
          spec: { group, names, scope: "Namespaced", versions },
        };
        new apiextensions.v1.CustomResourceDefinition("widgets", definition, { provider });
        new core.v1.Namespace("tenant", { metadata: { name: `${namespace}-late` } }, { provider });
      });
      const { kubectl } = engine.plane;
      assert.equal(await kubectl.has(`${engine.namespace}-late`, "configmap/late"), true);
      assert.equal(await kubectl.has(`${engine.namespace}-late`, `widgets.${group}/late`), true);
    });
  });

  describe("replacements", () => {
    it("delete first and make anew when an immutable field changes under a name of the program's choice", async () => {
      await using engine = await Engine.create();
      const program =
        (app: string): Program =>
        (provider, namespace) => {
          new apps.v1.Deployment("atom", deployment(namespace, { labels: { app } }), { provider });
        };
      await engine.up(program("one"));
      const { uid } = (await engine.live("deployment/atom")).metadata;
      const preview = await engine.preview(program("two"));
      assert.deepEqual(preview.changes, { replace: 1 });
      assert.ok(preview.differences.includes("spec.selector.matchLabels.app: update-replace"));
      await engine.up(program("two"));
      assert.notEqual((await engine.live("deployment/atom")).metadata.uid, uid);
    });

    it("run a Job again when its template changes", async () => {
      await using engine = await Engine.create();
      const program =
        (image: string): Program =>
        (provider, namespace) => {
          const containers = [{ name: "migrate", image }];
          const spec = { template: { spec: { restartPolicy: "Never", containers } } };
          const annotations = { "pulumi.com/skipAwait": "true" };
          new batch.v1.Job("migrate", { metadata: { name: "migrate", namespace, annotations }, spec }, { provider });
        };
      await engine.up(program("one"));
      assert.deepEqual((await engine.up(program("two"))).changes, { replace: 1 });
    });

    it("change a ConfigMap's data by a new one, unless the provider is told that they may change in place", async () => {
      await using strict = await Engine.create();
      await strict.up(settings({ data: { a: "1" } }));
      assert.deepEqual((await strict.preview(settings({ data: { a: "2" } }))).changes, { replace: 1 });
      await using mutable = await Engine.create({ provider: { enableConfigMapMutable: true } });
      await mutable.up(settings({ data: { a: "1" } }));
      assert.deepEqual((await mutable.preview(settings({ data: { a: "2" } }))).changes, { update: 1 });
    });

    it("give an object without a name one of its own, keep it, and put a new one beside it before the old one goes", async () => {
      await using engine = await Engine.create();
      await engine.up(unnamed({ a: "1" }));
      const [first] = await namesOf(engine, "configmap");
      assert.match(first ?? "", /^settings-[0-9a-f]{8}$/);
      assert.deepEqual((await engine.up(unnamed({ a: "1" }))).changes, {});
      assert.deepEqual((await engine.up(unnamed({ a: "2" }))).changes, { replace: 1 });
      const [second, ...others] = await namesOf(engine, "configmap");
      assert.notEqual(second, first);
      assert.deepEqual(others, []);
    });
  });

  describe("objects that exist already", () => {
    const existing = ["create", "configmap", "settings", "--from-literal=a=1"];

    it("are not touched by a create", async () => {
      await using engine = await Engine.create();
      await engine.kubectl(...existing);
      await assert.rejects(engine.up(settings({ data: { a: "2" } })), /exists/);
      assert.deepEqual((await engine.live("configmap/settings")).data, { a: "1" });
    });

    it("are adopted when the provider is told to", async () => {
      await using engine = await Engine.create({ provider: { upsertExistingObjects: true } });
      await engine.kubectl(...existing);
      await engine.up(settings({ data: { a: "1" }, labels: { team: "a" } }));
      assert.deepEqual((await engine.live("configmap/settings")).metadata.labels, { team: "a" });
    });

    it("are imported by their id, and are then as if the program had made them", async () => {
      await using engine = await Engine.create();
      await engine.kubectl(...existing);
      const { uid } = (await engine.live("configmap/settings")).metadata;
      const program =
        (options: pulumi.CustomResourceOptions): Program =>
        (provider, namespace) => {
          const args = { metadata: { name: "settings", namespace }, data: { a: "1" } };
          new core.v1.ConfigMap("settings", args, { provider, ...options });
        };
      const imported = await engine.up(program({ import: `${engine.namespace}/settings` }));
      assert.equal(imported.changes.import, 1);
      assert.deepEqual((await engine.up(program({}))).changes, {});
      assert.equal((await engine.live("configmap/settings")).metadata.uid, uid);
    });
  });

  describe("secrets", () => {
    it("stay out of the state in clear: a Secret's data, and any value that the program marks", async () => {
      await using engine = await Engine.create();
      await engine.up((provider, namespace) => {
        const metadata = { name: "secrets", namespace };
        new core.v1.Secret("secrets", { metadata, stringData: { token: "clear-token" } }, { provider });
        const data = { marked: pulumi.secret("clear-mark"), plain: "plain-text" };
        new core.v1.ConfigMap("settings", { metadata: { name: "settings", namespace }, data }, { provider });
      });
      await engine.refresh();
      const state = engine.state();
      assert.ok(state.includes("plain-text"));
      for (const clear of ["clear-token", Buffer.from("clear-token").toString("base64"), "clear-mark"]) {
        assert.ok(!state.includes(clear), `the state holds ${clear}`);
      }
      assert.deepEqual((await engine.live("secret/secrets")).data, {
        token: Buffer.from("clear-token").toString("base64"),
      });
    });
  });

  describe("deletions", () => {
    it("wait until the objects, and what they own, are gone; one that is gone already does no harm", async () => {
      await using engine = await Engine.create();
      await engine.up((provider, namespace) => {
        new apps.v1.Deployment("atom", deployment(namespace), { provider });
        const tenant = new core.v1.Namespace("tenant", { metadata: { name: `${namespace}-own` } }, { provider });
        const metadata = { name: "settings", namespace: tenant.metadata.name };
        new core.v1.ConfigMap("settings", { metadata }, { provider });
        new core.v1.ConfigMap("other", { metadata: { name: "other", namespace } }, { provider });
      });
      await engine.kubectl("delete", "configmap/other");
      await engine.destroy();
      assert.deepEqual(await namesOf(engine, "deployments,replicasets,pods,configmaps"), []);
      assert.equal(await engine.plane.kubectl.has("default", `namespace/${engine.namespace}-own`), false);
    });
  });

  it("fails, and does not take the cluster for an empty one, when the API server cannot be reached", async () => {
    const server = `https://127.0.0.1:${await freePort()}`;
    const clusters = [{ name: "gone", cluster: { server } }];
    const contexts = [{ name: "control-plane", context: { cluster: "gone", user: "gone" } }];
    const kubeconfig = JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters,
      contexts,
      users: [{ name: "gone" }],
    });
    await using engine = await Engine.create({ provider: { kubeconfig } });
    await assert.rejects(engine.up(settings()), /unreachable|cannot reach/);
  });
});
