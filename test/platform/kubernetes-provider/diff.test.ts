import assert from "node:assert/strict";
import fc from "fast-check";
import { diffProperties } from "../../../platform/kubernetes-provider/diff.ts";
import { immutableFields } from "../../../platform/kubernetes-provider/immutable-fields.ts";
import type { JsonObject } from "../../../platform/kubernetes-provider/json.ts";
import { formatPath, parsePath } from "../../../platform/kubernetes-provider/property-path.ts";
import { prune } from "../../../platform/kubernetes-provider/prune.ts";

const NEITHER = { configMap: false, secret: false };

/** Each change as a line: `spec.replicas: update`, with `!` when it replaces the object. */
function changes(old: JsonObject, wanted: JsonObject, ignored: string[] = [], mutability = NEITHER): string[] {
  const options = { immutable: immutableFields(wanted, mutability), ignored: ignored.map(parsePath) };
  return diffProperties(old, wanted, options).map(
    ({ path, kind, replaces }) => `${formatPath(path)}: ${kind}${replaces ? "!" : ""}`,
  );
}

describe("a diff", () => {
  it("names each property that is new, gone or changed, and no other", () => {
    const old = { metadata: { name: "a", labels: { x: "1", y: "2" } }, spec: { ports: [1, 2], kept: true } };
    const wanted = { metadata: { name: "a", labels: { x: "2", z: "3" } }, spec: { ports: [1, 3, 4], kept: true } };
    assert.deepEqual(changes(old, wanted), [
      "metadata.labels.x: update",
      "metadata.labels.y: delete",
      "metadata.labels.z: add",
      "spec.ports[1]: update",
      "spec.ports[2]: add",
    ]);
  });

  it("of an object with itself is empty", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue()), (value) => {
        const object = JSON.parse(JSON.stringify(value)) as JsonObject;
        assert.deepEqual(diffProperties(object, structuredClone(object), { immutable: [], ignored: [] }), []);
      }),
    );
  });

  it("leaves out what lies at or below an ignored path", () => {
    const old = { spec: { replicas: 2, template: { image: "a" }, paused: false } };
    const wanted = { spec: { replicas: 3, template: { image: "b" }, paused: true } };
    assert.deepEqual(changes(old, wanted, ["spec.template", "spec.replicas"]), ["spec.paused: update"]);
  });

  it("replaces an object whose name or namespace changes, of whatever kind", () => {
    const object = (name: string, namespace: string) => ({
      apiVersion: "x/v1",
      kind: "X",
      metadata: { name, namespace },
    });
    assert.deepEqual(changes(object("a", "n"), object("b", "m")), [
      "metadata.name: update!",
      "metadata.namespace: update!",
    ]);
  });

  it("replaces a Deployment for its selector, and not for its template", () => {
    const object = (app: string) => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      spec: { selector: { matchLabels: { app } }, template: { metadata: { labels: { app } } } },
    });
    assert.deepEqual(changes(object("a"), object("b")), [
      "spec.selector.matchLabels.app: update!",
      "spec.template.metadata.labels.app: update",
    ]);
  });

  it("replaces an object when an immutable field comes with the part that is new", () => {
    const job = { apiVersion: "batch/v1", kind: "Job" };
    assert.deepEqual(changes(job, { ...job, spec: { template: {} } }), ["spec: add!"]);
    assert.deepEqual(changes(job, { ...job, spec: { suspend: true } }), ["spec: add"]);
  });

  it("replaces a Pod for a container's command, and not for a toleration", () => {
    const pod = (command: string, tolerations: string[]) => ({
      apiVersion: "v1",
      kind: "Pod",
      spec: { containers: [{ command: [command] }], tolerations },
    });
    assert.deepEqual(changes(pod("a", ["x"]), pod("b", ["y"])), [
      "spec.containers[0].command[0]: update!",
      "spec.tolerations[0]: update",
    ]);
  });

  it("replaces a ConfigMap for its data unless they may change, and always when it is sealed", () => {
    const map = (a: string, immutable: boolean) => ({ apiVersion: "v1", kind: "ConfigMap", data: { a }, immutable });
    const mutable = { configMap: true, secret: false };
    assert.deepEqual(changes(map("1", false), map("2", false)), ["data.a: update!"]);
    assert.deepEqual(changes(map("1", false), map("2", false), [], mutable), ["data.a: update"]);
    assert.deepEqual(changes(map("1", true), map("2", true), [], mutable), ["data.a: update!"]);
  });
});

describe("a live object cut down to its inputs", () => {
  it("has the live values of the fields that the inputs name, and no other", () => {
    const live = { spec: { replicas: 5, strategy: {}, list: [{ a: 1, default: 2 }, { a: 3 }] }, status: {} };
    const inputs = { spec: { replicas: 1, list: [{ a: 9 }] }, missing: 1 };
    assert.deepEqual(prune(live, inputs), { spec: { replicas: 5, list: [{ a: 1 }] } });
  });

  it("of its own shape is itself", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue()), (value) => {
        const object = JSON.parse(JSON.stringify(value)) as JsonObject;
        assert.deepEqual(prune(object, object), object);
      }),
    );
  });
});
