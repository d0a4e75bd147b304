import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { apps, batch, core } from "@pulumi/kubernetes";
import { controlPlane, FIRST_START_MS } from "../support/control-plane.ts";
import { eventually } from "../support/eventually.ts";
import { fates } from "../support/fake-kubelet.ts";
import { Engine, ENGINE_MS, type Program } from "./engine.ts";
import { deployment, type DeploymentOptions } from "./manifests.ts";

/** Long enough for the controllers to act, short enough for a test that waits for it to pass. */
const SHORT = { create: "4s", update: "4s" };

function workload(options: DeploymentOptions = {}): Program {
  return (provider, namespace) => {
    new apps.v1.Deployment("atom", deployment(namespace, options), { provider, customTimeouts: SHORT });
  };
}

function migration(image = "atom:1"): Program {
  return (provider, namespace) => {
    const containers = [{ name: "migrate", image }];
    const spec = { backoffLimit: 0, template: { spec: { restartPolicy: "Never", containers } } };
    const metadata = { name: "migrate", namespace };
    new batch.v1.Job("migrate", { metadata, spec }, { provider, customTimeouts: SHORT });
  };
}

function service(annotations: Record<string, string> = {}): Program {
  return (provider, namespace) => {
    const spec = { selector: { app: "atom" }, ports: [{ port: 8000 }] };
    const metadata = { name: "atom", namespace, annotations };
    new core.v1.Service("atom", { metadata, spec }, { provider, customTimeouts: { create: "30s" } });
  };
}

describe("the Kubernetes provider's waiting", function () {
  this.timeout(ENGINE_MS);

  before(async function () {
    this.timeout(FIRST_START_MS);
    await controlPlane();
  });

  it("ends when every replica of a Deployment is available, of the new template and of no other", async () => {
    await using engine = await Engine.create();
    await engine.up(workload({ replicas: 2 }));
    await engine.up(workload({ replicas: 2, image: "atom:2" }));
    const { status } = await engine.live("deployment/atom");
    assert.deepEqual([status?.replicas, status?.updatedReplicas, status?.availableReplicas], [2, 2, 2]);
  });

  it("ends at once for a Deployment without replicas", async () => {
    await using engine = await Engine.create({ fate: fates.imageMissing });
    await engine.up(workload({ replicas: 0 }));
  });

  const reasons = [
    ["an image that is not there", fates.imageMissing, /ErrImageNeverPull.*image "atom:none" is not present/],
    ["a container that crashes", fates.crashing, /CrashLoopBackOff[^]*exit code 7/],
    ["a pod that fits on no node", fates.unschedulable, /0\/1 nodes: insufficient cpu/],
  ] as const;
  for (const [what, fate, reason] of reasons) {
    it(`gives the reason when a Deployment does not come up: ${what}`, async () => {
      await using engine = await Engine.create({ fate });
      await assert.rejects(engine.up(workload()), reason);
    });
  }

  it("says that it is the readiness when a Deployment's pods run and do not become ready", async () => {
    await using engine = await Engine.create({ fate: fates.unready });
    await assert.rejects(engine.up(workload()), /readiness|unready status/);
  });

  it("says that the quota is used up when a Deployment's pods are refused", async () => {
    await using engine = await Engine.create();
    await engine.kubectl("create", "quota", "none", "--hard=pods=0");
    await assert.rejects(engine.up(workload()), /exceeded quota: none/);
  });

  it("says what Pod Security forbids when a Deployment's pods are refused", async () => {
    await using engine = await Engine.create();
    const label = "pod-security.kubernetes.io/enforce=restricted";
    await engine.plane.kubectl.run(["label", "namespace", engine.namespace, label]);
    await assert.rejects(engine.up(workload()), /violates PodSecurity "restricted:latest"/);
  });

  it("says that the progress deadline has passed when the Deployment controller gave up", async () => {
    await using engine = await Engine.create({ fate: fates.unready });
    const program: Program = (provider, namespace) => {
      const { metadata, spec } = deployment(namespace);
      const args = { metadata, spec: { ...spec, progressDeadlineSeconds: 1 } };
      new apps.v1.Deployment("atom", args, { provider, customTimeouts: { create: "20s" } });
    };
    await assert.rejects(engine.up(program), /ProgressDeadlineExceeded/);
  });

  it("keeps an object that did not come up in the state, and mends it in the next up", async () => {
    let fate = fates.imageMissing as (pod: object) => object | undefined;
    await using engine = await Engine.create({ fate: (pod) => fate(pod) });
    await assert.rejects(engine.up(workload()));
    const { uid } = (await engine.live("deployment/atom")).metadata;
    fate = fates.ready;

    const outcome = await engine.up(workload({ image: "atom:2" }));

    assert.deepEqual(outcome.changes, { update: 1 });
    assert.equal((await engine.live("deployment/atom")).metadata.uid, uid);
  });

  it("reports in a refresh that a Deployment is no longer up, and fails nothing over it", async () => {
    await using engine = await Engine.create();
    await engine.up(workload());
    await engine.kubectl("create", "quota", "none", "--hard=pods=0");
    await engine.kubectl("delete", "pods", "--all");
    await eventually("the pod is missed", async () => {
      const { status } = await engine.live("deployment/atom");
      return status?.availableReplicas === undefined ? true : undefined;
    });
    assert.match((await engine.refresh()).output, /exceeded quota|Minimum number of/);
  });

  it("does not happen for an object that says so", async () => {
    await using engine = await Engine.create({ fate: fates.imageMissing });
    await engine.up(workload({ annotations: { "pulumi.com/skipAwait": "true" } }));
  });

  it("takes no longer than the object's annotation says", async () => {
    await using engine = await Engine.create({ fate: fates.unschedulable });
    const begin = performance.now();
    await assert.rejects(
      engine.up((provider, namespace) => {
        const annotations = { "pulumi.com/timeoutSeconds": "2" };
        new apps.v1.Deployment("atom", deployment(namespace, { annotations }), { provider });
      }),
    );
    assert.ok(performance.now() - begin < 15_000);
  });

  it("ends with the Job: complete", async () => {
    await using engine = await Engine.create({ fate: fates.succeeded });
    await engine.up(migration());
    assert.equal((await engine.live("job/migrate")).status?.succeeded, 1);
  });

  it("ends with the Job: failed, with the reason, and the next up runs a changed one", async () => {
    let fate = fates.failed as (pod: object) => object | undefined;
    await using engine = await Engine.create({ fate: (pod) => fate(pod) });
    await assert.rejects(engine.up(migration()), /BackoffLimitExceeded/);
    fate = fates.succeeded;
    assert.deepEqual((await engine.up(migration("atom:2"))).changes, { replace: 1 });
  });

  it("ends for a Service that selects no pod yet, as one of an empty slot does", async () => {
    await using engine = await Engine.create();
    await engine.up(service());
  });

  it("lasts for a Service until the pods that it selects are ready", async () => {
    await using engine = await Engine.create({ fate: fates.unready });
    // A pod is listed behind a Service once it has an address on a node that is there.
    const node = `node-of-${engine.namespace}`;
    await create(engine, { apiVersion: "v1", kind: "Node", metadata: { name: node } });
    const bound = JSON.stringify({ spec: { nodeName: node } });
    await engine.kubectl("run", "atom", "--image=atom:1", "--labels=app=atom", `--overrides=${bound}`);
    await eventually("the pod runs", async () =>
      (await engine.live("pod/atom")).status?.phase === "Running" ? true : undefined,
    );
    const status = { podIP: "10.9.8.7", podIPs: [{ ip: "10.9.8.7" }] };
    await engine.plane.kubectl.patchStatus(engine.namespace, "pod/atom", status);
    // The controller that lists them has heard of the pod, so that the Service's list is never one without it.
    await engine.kubectl("expose", "pod", "atom", "--name=other", "--port=80");
    await eventually("the pod is listed", async () =>
      (await podsBehind(engine, "other")) === "atom" ? true : undefined,
    );
    let settled = false;
    const up = engine.up(service()).finally(() => (settled = true));
    await eventually("the pod is listed behind the Service", async () =>
      (await podsBehind(engine, "atom")) === "atom" ? true : undefined,
    );
    assert.equal(settled, false);
    await engine.plane.kubectl.patchStatus(engine.namespace, "pod/atom", {
      conditions: [{ type: "Ready", status: "True" }],
    });
    await up;
    await engine.plane.kubectl.run(["delete", "node", node]);
  });

  it("ends soon when the person cancels, and what was made stays in the state", async () => {
    await using engine = await Engine.create({ fate: fates.unschedulable, asProcess: true });
    const cancel = new AbortController();
    const program: Program = (provider, namespace) => {
      new apps.v1.Deployment("atom", deployment(namespace), { provider, customTimeouts: { create: "90s" } });
    };
    const up = engine.up(program, { signal: cancel.signal });
    const failed = assert.rejects(up);
    await eventually("the Deployment is there", async () =>
      (await engine.plane.kubectl.has(engine.namespace, "deployment/atom")) ? true : undefined,
    );
    const begin = performance.now();
    cancel.abort();
    await failed;
    assert.ok(performance.now() - begin < 30_000);
    assert.match(engine.state(), /kubernetes:apps\/v1:Deployment/);
  });
});

/** Names of the pods that the cluster lists behind a Service. */
function podsBehind(engine: Engine, name: string): Promise<string> {
  const selector = `--selector=kubernetes.io/service-name=${name}`;
  return engine.kubectl("get", "endpointslices", selector, "--output=jsonpath={.items[*].endpoints[*].targetRef.name}");
}

async function create(engine: Engine, object: object): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), "atom-object-"));
  try {
    const file = path.join(folder, "object.json");
    await writeFile(file, JSON.stringify(object));
    await engine.plane.kubectl.run(["create", `--filename=${file}`]);
  } finally {
    await rm(folder, { recursive: true });
  }
}
