import assert from "node:assert/strict";
import fc from "fast-check";
import { InvalidError } from "../../../delivery/cluster/errors.ts";
import { Fence } from "../../../delivery/cluster/fence.ts";
import { replacement } from "../../../delivery/cluster/replacement.ts";
import {
  deployments,
  pods,
  type ContainerState,
  type ContainerStatus,
  type Deployment,
} from "../../../delivery/cluster/resources.ts";
import { DeploymentSlots } from "../../../delivery/cluster/slots.ts";
import { MemoryCluster } from "../support/memory-cluster.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const { signal } = new AbortController();
const namespace = "atom-staging";
const template = {
  metadata: {
    labels: { "atom.dev/slot": "green", "atom.dev/template": "bbbbbbbbbbbb", "app.kubernetes.io/version": "v2" },
  },
  spec: { containers: [{ name: "atom", image: "registry.test/atom:v2" }] },
};

function inCrashLoop(name: string): ContainerStatus {
  const ended = { terminated: { reason: "Error", exitCode: 255 } };
  return { name, ready: false, restartCount: 3, state: { waiting: { reason: "CrashLoopBackOff" } }, lastState: ended };
}

describe("the slots", () => {
  let cluster: MemoryCluster;
  let slots: DeploymentSlots;

  beforeEach(() => {
    cluster = new MemoryCluster();
    const client = cluster.client();
    const writer = new Fence({ cluster: client, clock: new VirtualClock(), fence: 1, check: () => undefined });
    slots = new DeploymentSlots({ cluster: client, writer, namespace, service: "atom", replicas: 3 });
  });

  function put(replicas: number, status: Deployment["status"] = {}, generation = 2): void {
    cluster.put(deployments, {
      metadata: { namespace, name: "atom-green", generation },
      spec: { replicas, template },
      status,
    });
  }

  const full = { observedGeneration: 2, replicas: 3, updatedReplicas: 3, readyReplicas: 3 };

  it("are ready when every replica runs the template, is ready, and nothing else runs", async () => {
    put(3, full);
    assert.deepEqual(await slots.look("green", signal), {
      staged: { slot: "green", template: "bbbbbbbbbbbb", version: "v2", image: "registry.test/atom:v2" },
      ready: true,
      desiredReplicas: 3,
      readyReplicas: 3,
      stuck: undefined,
    });
    for (const status of [
      { ...full, readyReplicas: 2 },
      { ...full, updatedReplicas: 2 },
      { ...full, replicas: 4 },
      { ...full, observedGeneration: 1 },
      {},
    ]) {
      put(3, status);
      assert.equal((await slots.look("green", signal)).ready, false);
    }
    put(0, { observedGeneration: 2 });
    assert.equal((await slots.look("green", signal)).ready, false);
  });

  it("hold nothing where there is no Deployment", async () => {
    const { health, template: found } = await slots.lookInto("blue", signal);
    assert.deepEqual([health.staged, health.ready, health.desiredReplicas, found], [undefined, false, 0, undefined]);
  });

  it("give their template with their health, from one reading", async () => {
    put(3, full);
    const reads: string[] = [];
    cluster.before = ({ verb, name }) => {
      reads.push(`${verb} ${name}`);
    };
    const { health, template: found } = await slots.lookInto("green", signal);
    assert.deepEqual([health.ready, found, reads], [true, template, ["get atom-green"]]);
  });

  it("say why their pods cannot start", async () => {
    const podIn = (state: ContainerState, lastState: ContainerState = {}): void => {
      const labels = {
        "app.kubernetes.io/name": "atom",
        "atom.dev/slot": "green",
        "atom.dev/template": "bbbbbbbbbbbb",
      };
      cluster.put(pods, {
        metadata: { namespace, name: "atom-green-1", labels },
        status: { containerStatuses: [{ name: "atom", state, lastState }] },
      });
    };
    put(3);
    podIn({ waiting: { reason: "ContainerCreating" } });
    assert.equal((await slots.look("green", signal)).stuck, undefined);
    podIn({ waiting: { reason: "ImagePullBackOff", message: "no such image" } });
    assert.equal((await slots.look("green", signal)).stuck?.detail, "atom-green-1: ImagePullBackOff: no such image");
    podIn(
      { waiting: { reason: "CrashLoopBackOff", message: "back-off 10s" } },
      { terminated: { reason: "OOMKilled", exitCode: 137 } },
    );
    assert.equal(
      (await slots.look("green", signal)).stuck?.detail,
      "atom-green-1: CrashLoopBackOff: back-off 10s; it ended with OOMKilled (exit code 137)",
    );
    put(3, full);
    assert.equal((await slots.look("green", signal)).stuck, undefined, "what is ready is not stuck");
  });

  for (const [reason, lastState, crashed, hopeless] of [
    ["CrashLoopBackOff", { terminated: { reason: "Error", exitCode: 1 } }, true, true],
    ["CrashLoopBackOff", { terminated: { reason: "ContainerStatusUnknown", exitCode: 137 } }, false, false],
    ["ImagePullBackOff", {}, false, false],
    ["ErrImagePull", {}, false, false],
    ["CreateContainerConfigError", {}, false, false],
    ["ErrImageNeverPull", {}, false, true],
    ["InvalidImageName", {}, false, true],
  ] as const)
    it(`say of ${reason}${"terminated" in lastState ? ` after ${lastState.terminated.reason}` : ""} whether the version did it, and whether waiting helps`, async () => {
      const labels = {
        "app.kubernetes.io/name": "atom",
        "atom.dev/slot": "green",
        "atom.dev/template": "bbbbbbbbbbbb",
      };
      cluster.put(pods, {
        metadata: { namespace, name: "atom-green-1", labels },
        status: { containerStatuses: [{ name: "atom", state: { waiting: { reason } }, lastState }] },
      });
      put(3);
      const { stuck } = await slots.look("green", signal);
      assert.deepEqual([stuck?.crashed, stuck?.hopeless], [crashed, hopeless]);
    });

  for (const [what, containers] of [
    ["a proxy", { containerStatuses: [{ name: "atom", ready: true }, inCrashLoop("istio-proxy")] }],
    [
      "an init container",
      {
        initContainerStatuses: [inCrashLoop("vault-agent-init")],
        containerStatuses: [{ name: "atom", state: { waiting: { reason: "PodInitializing" } } }],
      },
    ],
  ] as const)
    it(`say that ${what} that others put into the pod crashes, and that the version does not`, async () => {
      const labels = {
        "app.kubernetes.io/name": "atom",
        "atom.dev/slot": "green",
        "atom.dev/template": "bbbbbbbbbbbb",
      };
      cluster.put(pods, { metadata: { namespace, name: "atom-green-1", labels }, status: containers });
      put(3);
      const { stuck } = await slots.look("green", signal);
      assert.deepEqual([stuck?.crashed, stuck?.hopeless], [false, false]);
      assert.match(stuck?.detail ?? "", /^atom-green-1: container \S+, which is not the version's: CrashLoopBackOff: /);
    });

  it("count their pods in one request", async () => {
    put(3, { readyReplicas: 2 });
    assert.deepEqual(await slots.count("green", signal), { ready: 2, desired: 3 });
    assert.deepEqual(await slots.count("blue", signal), { ready: 0, desired: 0 });
  });

  it("say what the Deployment says when its pods say nothing", async () => {
    put(3, {
      conditions: [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: "exceeded quota" }],
    });
    assert.equal((await slots.look("green", signal)).stuck?.detail, "atom-green: FailedCreate: exceeded quota");
    put(3, {
      conditions: [{ type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: "timed out" }],
    });
    assert.equal((await slots.look("green", signal)).stuck?.detail, "atom-green: ProgressDeadlineExceeded: timed out");
  });

  it("say that somebody has paused the Deployment, whatever its pods are at", async () => {
    put(3, { conditions: [{ type: "Progressing", status: "Unknown", reason: "DeploymentPaused" }] });
    const live = cluster.peek(deployments, { namespace, name: "atom-green" });
    cluster.put(deployments, { ...live, spec: { ...live.spec, paused: true } });
    const { stuck } = await slots.look("green", signal);
    assert.match(stuck?.detail ?? "", /^atom-green is paused, .*: kubectl rollout resume deployment atom-green$/);
    assert.deepEqual([stuck?.crashed, stuck?.hopeless], [false, false]);
  });

  it("say what the pods are at when the Deployment gives up on them", async () => {
    const labels = { "app.kubernetes.io/name": "atom", "atom.dev/slot": "green", "atom.dev/template": "bbbbbbbbbbbb" };
    const podWith = (status: ContainerStatus): void => {
      cluster.put(pods, {
        metadata: { namespace, name: "atom-green-1", labels },
        status: { containerStatuses: [status] },
      });
    };
    put(3, {
      conditions: [{ type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: "timed out" }],
    });
    podWith({ name: "atom", ready: false, state: { running: {} } });
    assert.equal(
      (await slots.look("green", signal)).stuck?.detail,
      "atom-green: ProgressDeadlineExceeded: timed out; atom-green-1: container atom runs and does not become ready",
    );
    podWith({
      name: "atom",
      ready: false,
      restartCount: 2,
      state: { running: {} },
      lastState: { terminated: { reason: "Error", exitCode: 1 } },
    });
    assert.match(
      (await slots.look("green", signal)).stuck?.detail ?? "",
      /; atom-green-1: container atom restarted 2 times, it ended with Error \(exit code 1\)$/,
    );
  });

  it("are scaled once, to nothing or to what a slot that serves has", async () => {
    put(3);
    await slots.scale("green", 0, signal);
    await slots.scale("green", 0, signal);
    assert.equal(cluster.writes.length, 1);
    await slots.scale("green", "full", signal);
    assert.equal(cluster.peek(deployments, { namespace, name: "atom-green" }).spec?.replicas, 3);
  });

  it("have no pods where there is no Deployment, and no more can be asked of it", async () => {
    await slots.scale("green", 0, signal);
    await assert.rejects(slots.scale("green", 2, signal), { name: "NotFoundError" });
  });

  it("take a template that was kept, exactly, whichever slot it ran in", async () => {
    put(0);
    const kept = {
      metadata: { labels: { "atom.dev/slot": "blue", "atom.dev/template": "aaaaaaaaaaaa" }, annotations: { a: "b" } },
      spec: { containers: [{ name: "atom", image: "registry.test/atom:v1" }] },
    };
    await slots.stage("green", kept, signal);
    const { spec } = cluster.peek(deployments, { namespace, name: "atom-green" });
    assert.deepEqual(spec, {
      replicas: 3,
      template: {
        ...kept,
        metadata: { ...kept.metadata, labels: { ...kept.metadata.labels, "atom.dev/slot": "green" } },
      },
    });
    await slots.stage("green", kept, signal);
    assert.equal(cluster.writes.length, 1);
  });

  it("leave the template that was staged to Pulumi, also where the run that staged it ended before", async () => {
    put(0);
    const owned = { "f:spec": { "f:template": { "f:spec": {} } } };
    const pulumi = { manager: "pulumi-kubernetes-1", operation: "Apply", apiVersion: "apps/v1" };
    const releaser = { manager: "atom-release", operation: "Update", apiVersion: "apps/v1", fieldsV1: owned };
    let staged = 0;
    // As the API server records it.
    cluster.stored = (_, object) => {
      const { spec } = object as Deployment;
      const isNew = spec?.template?.spec?.containers?.[0]?.image === "a:3" && staged === 0;
      if (!isNew) return object;
      staged += 1;
      return { ...object, metadata: { ...object.metadata, managedFields: [pulumi, releaser] } };
    };
    const owners = () => cluster.peek(deployments, { namespace, name: "atom-green" }).metadata.managedFields;
    const kept = { ...template, spec: { containers: [{ name: "atom", image: "a:3" }] } };
    cluster.after = ({ verb }) => {
      if (verb === "patch" && staged === 1) throw new Error("killed");
    };
    await assert.rejects(slots.stage("green", kept, signal), /killed/);
    assert.deepEqual(owners(), [pulumi, releaser]);
    cluster.after = () => undefined;
    await slots.scale("green", 3, signal);
    assert.deepEqual(owners(), [{ ...pulumi, fieldsV1: owned }]);
    const writes = cluster.writes.length;
    await slots.scale("green", 3, signal);
    assert.equal(cluster.writes.length, writes, "it is done once");
  });

  it("are scaled also where the template cannot be left to Pulumi, which is tried again with the next write", async () => {
    put(1);
    const owned = { "f:spec": { "f:template": { "f:spec": {} } } };
    const managedFields = [
      { manager: "pulumi-kubernetes-1", operation: "Apply", apiVersion: "apps/v1" },
      { manager: "atom-release", operation: "Update", apiVersion: "apps/v1", fieldsV1: owned },
    ];
    cluster.stored = (_, object) => ({ ...object, metadata: { ...object.metadata, managedFields } });
    let patches = 0;
    cluster.before = ({ verb }) => {
      const isHandOver = verb === "patch" && (patches += 1) % 2 === 0;
      if (isHandOver) throw new InvalidError({ verb, target: "deployments" }, "denied by a policy");
    };
    for (const replicas of [2, 3]) {
      await slots.scale("green", replicas, signal);
      assert.equal(cluster.peek(deployments, { namespace, name: "atom-green" }).spec?.replicas, replicas);
    }
    assert.equal(patches, 4);
  });
});

describe("a replacement", () => {
  it("is the merge patch that makes one thing of another, exactly", () => {
    const anyObject = fc.dictionary(
      fc.constantFrom("a", "b", "c"),
      fc.jsonValue({ maxDepth: 3, noUnicodeString: true }).filter((value) => !JSON.stringify(value).includes("null")),
    );
    fc.assert(
      fc.property(anyObject, anyObject, (from, to) => {
        const cluster = new MemoryCluster();
        const clean = JSON.parse(JSON.stringify({ from, to })) as { from: object; to: object };
        const patch = replacement(clean.from, clean.to);
        const name = { namespace, name: "x" };
        cluster.put(deployments, { metadata: name, spec: { template: clean.from } });
        if (patch !== undefined)
          cluster.serve({ by: "", verb: "patch", plural: "deployments", name: "x" }, deployments, name, {
            type: "merge",
            body: { spec: { template: patch } },
          });
        assert.deepEqual(cluster.peek(deployments, name).spec?.template, clean.to);
      }),
      { examples: [[JSON.parse('{"b":{"__proto__":""}}') as { b: object }, { b: {} }]] },
    );
  });
});
