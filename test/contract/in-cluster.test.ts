import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { V1Pod } from "@kubernetes/client-node";
import { podSecurityLabels } from "../../components/tenant/tenant.ts";
import { ClusterClient } from "../../delivery/cluster/client.ts";
import { Connection } from "../../delivery/cluster/connection.ts";
import { jobs, pods } from "../../delivery/cluster/resources.ts";
import { systemClock as clock } from "../../delivery/clock/system-clock.ts";
import { followJob, type FollowedEnd } from "../../delivery/in-cluster/follow-job.ts";
import { releaserJob } from "../../delivery/in-cluster/job.ts";
import { smokeUserOf } from "../../delivery/in-cluster/releaser-environment.ts";
import { startReleaser, type StartedJob } from "../../delivery/in-cluster/start.ts";
import { releasePlan } from "../delivery/support/plans.ts";
import { CONTEXT, controlPlane, FIRST_START_MS, type ControlPlane } from "../support/control-plane.ts";
import { eventually } from "../support/eventually.ts";
import { fakeKubelet, fates, type PodFate } from "../support/fake-kubelet.ts";

const { signal } = new AbortController();

/** Jobs, their pods and what becomes of them are Kubernetes' own; only the containers are made up. */
describe("a releaser's Job on a real API server", function () {
  this.timeout(60_000);

  let plane: ControlPlane;
  let connection: Connection;
  let cluster: ClusterClient;
  let namespace: string;
  let said: string[];
  let node: AsyncDisposable | undefined;

  before(async function () {
    this.timeout(FIRST_START_MS);
    plane = await controlPlane();
    connection = Connection.open({ kubeconfig: plane.kubeconfig, context: CONTEXT });
    cluster = new ClusterClient(connection, clock);
  });

  after(() => {
    connection.close();
  });

  beforeEach(async () => {
    namespace = `in-cluster-${randomBytes(4).toString("hex")}`;
    said = [];
    node = undefined;
    await create({ kind: "Namespace", metadata: { name: namespace, labels: podSecurityLabels("restricted") } });
  });

  afterEach(async () => {
    await node?.[Symbol.asyncDispose]();
    await plane.kubectl.run(["delete", "namespace", namespace, "--wait=false"]);
  });

  async function create(object: object, ...args: readonly string[]): Promise<void> {
    const file = path.join(plane.folder, `${namespace}-${randomBytes(4).toString("hex")}.json`);
    writeFileSync(file, JSON.stringify({ apiVersion: "v1", ...object }));
    await plane.kubectl.run(["create", "--filename", file, "--validate=strict", ...args]);
  }

  const account = (): Promise<void> =>
    create({ kind: "ServiceAccount", metadata: { namespace, name: "atom-deployer" } });

  const plan = () =>
    releasePlan({
      namespace,
      inCluster: { image: "registry.test/atom-delivery:1" },
      entry: { url: "https://gateway.test", caFileVariable: "ENTRY_CA_FILE" },
      prometheus: {
        url: "https://prometheus.test",
        scrapeInterval: 5_000,
        auth: { kind: "bearer", tokenVariable: "PROMETHEUS_TOKEN" },
      },
      smoke: { steps: [{ name: "live", method: "GET", path: "/live" }] },
    });

  function start(): Promise<StartedJob> {
    return startReleaser({ cluster, plan: plan(), request: { by: "anna" }, candidate: "green", signal });
  }

  function follow(job: StartedJob, startWithin?: number): Promise<FollowedEnd> {
    const say = (line: string): void => {
      said.push(line);
    };
    return followJob({ cluster, clock, job, say, signal, ...(startWithin === undefined ? {} : { startWithin }) });
  }

  function play(fate: PodFate): void {
    node = fakeKubelet(plane.kubeconfig, namespace, fate);
  }

  /** A pod whose container ended with this code. */
  function exited(pod: V1Pod, exitCode: number): object {
    const [container] = fates.failed(pod).containerStatuses as [Record<string, unknown>];
    const state = { terminated: { exitCode, reason: "Error", finishedAt: new Date().toISOString() } };
    return { phase: "Failed", containerStatuses: [{ ...container, state }] };
  }

  it("is taken with every one of its fields, and its pod too where Pod Security is restricted", async () => {
    await account();
    const manifest = releaserJob({
      plan: plan(),
      image: "registry.test/atom-delivery:1",
      id: "x1y2z3",
      account: "atom-deployer",
      request: { by: "anna", hotfix: "why" },
      smokeUser: smokeUserOf("atom", "atom-secrets-0123456789ab"),
    });
    await create({ ...manifest, apiVersion: "batch/v1", kind: "Job" }, "--dry-run=server");
    play(fates.succeeded);
    const job = await start();
    assert.deepEqual(await follow(job), { exitCode: 0, log: [] });
    const [pod] = await cluster.list(pods, { namespace });
    const { spec } = pod as unknown as V1Pod;
    const mounts = spec?.containers[0]?.volumeMounts?.map(({ mountPath }) => mountPath);
    assert.deepEqual(mounts, ["/etc/atom/authorities", "/var/run/secrets/kubernetes.io/serviceaccount"]);
    assert.deepEqual(said, []);
  });

  it("is the only one of its service until it is over", async () => {
    await account();
    const { name } = await start();
    await assert.rejects(start(), { name: "ReleaserRunningError", job: name });
    play(fates.succeeded);
    const second = await eventually("the first one is over", async () => start().catch(() => undefined));
    assert.notEqual(second.name, name);
  });

  it("fails at once when the release went back, is held or was refused", async () => {
    await account();
    play((pod) => exited(pod, 10));
    const end = await follow(await start());
    assert.equal(end.exitCode, 10);
    assert.match(end.detail ?? "", /^PodFailurePolicy: .* failed with exit code 10 matching FailJob rule at index 2$/);
    assert.equal((await cluster.list(pods, { namespace })).length, 1);
  });

  it("brings another pod after one that was told to go, and counts no failure", async () => {
    await account();
    let first: string | undefined;
    play((pod) => {
      first ??= pod.metadata?.uid ?? "";
      return pod.metadata?.uid === first ? exited(pod, 130) : fates.succeeded(pod);
    });
    const job = await start();
    assert.deepEqual(await follow(job), { exitCode: 0, log: [] });
    assert.match(said.join("\n"), /^atom-release-\w+-\w+ ended \(exit code 130\); another pod takes the release up$/);
    const { status } = (await cluster.get(jobs, job)) as { status?: { failed?: number; succeeded?: number } };
    assert.deepEqual([status?.failed ?? 0, status?.succeeded], [0, 1]);
  });

  it("says that its account is missing, and that the quota is used up", async () => {
    const accountless = {
      name: "ReleaserNotStartedError",
      message: /its ServiceAccount is not there \(pods .*atom-deployer/,
    };
    await assert.rejects(follow(await start(), 2_000), accountless);
    await eventually(
      "the Job is gone",
      async () => (await cluster.list(jobs, { namespace })).length === 0 || undefined,
    );
    await account();
    await create({ kind: "ResourceQuota", metadata: { namespace, name: "quota" }, spec: { hard: { pods: "0" } } });
    await eventually("the quota is in force", async () => {
      const { status } = await plane.kubectl.get(namespace, "resourcequota/quota");
      return status?.hard === undefined ? undefined : true;
    });
    const full = /the quota of the namespace leaves no room for it \(pods .* exceeded quota: quota, requested: pods=1/;
    await assert.rejects(follow(await start(), 2_000), full);
  });

  it("says that its image is missing", async () => {
    await account();
    play(fates.imageMissing);
    await assert.rejects(follow(await start(), 2_000), /its image cannot be had \(ErrImageNeverPull: /);
  });
});
