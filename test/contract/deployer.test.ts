// What the deployer's own token is good for, on an API server that asks RBAC.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { parse, stringify } from "yaml";
import { deployerRules } from "../../components/deployer/rules.ts";
import type { KubernetesObject, Resource } from "../../delivery/cluster/api.ts";
import { slotNames } from "../../components/names/slot-name.ts";
import { ClusterClient } from "../../delivery/cluster/client.ts";
import { Connection } from "../../delivery/cluster/connection.ts";
import { ForbiddenError } from "../../delivery/cluster/errors.ts";
import { fenceAnnotation } from "../../delivery/cluster/fence.ts";
import {
  configMaps,
  deployments,
  horizontalPodAutoscalers,
  jobs,
  type Job,
  leases,
  pods,
  services,
  virtualServices,
} from "../../delivery/cluster/resources.ts";
import { systemClock as clock } from "../../delivery/clock/system-clock.ts";
import { ForwardedConnections } from "../../delivery/cluster/pod-connection.ts";
import { readReleasePlan } from "../../delivery/plan/read-plan.ts";
import { stageAtFullCapacity } from "../../delivery/release/kept.ts";
import { rollBackNow, runRelease, takeBack } from "../../delivery/release/releaser.ts";
import type { SessionOptions } from "../../delivery/release/session.ts";
import { CONTEXT, controlPlane, FIRST_START_MS } from "../support/control-plane.ts";
import { eventually } from "../support/eventually.ts";
import { ReleaseWorld } from "./release-world.ts";

const { signal } = new AbortController();
const signals = { abort: signal, leave: signal };
const account = "atom-deployer";

/** A world in which the deployer's account is as the program declares it, and who has its token. */
class Deployer implements AsyncDisposable {
  readonly world: ReleaseWorld;
  readonly cluster: ClusterClient;
  readonly #connection: Connection;

  private constructor(world: ReleaseWorld, kubeconfig: string) {
    this.world = world;
    this.#connection = Connection.open({ kubeconfig, context: CONTEXT });
    this.cluster = new ClusterClient(this.#connection, clock);
  }

  static async create(router: "istio" | "replicas", inCluster = false): Promise<Deployer> {
    const world = await ReleaseWorld.create(await controlPlane(), router);
    const { namespace, plane } = world;
    const metadata = { namespace, name: account };
    const rbac = "rbac.authorization.k8s.io";
    const objects = [
      { apiVersion: "v1", kind: "ServiceAccount", metadata },
      {
        ...{ apiVersion: `${rbac}/v1`, kind: "Role", metadata },
        rules: deployerRules({ services: { atom: router }, inCluster }),
      },
      {
        ...{ apiVersion: `${rbac}/v1`, kind: "RoleBinding", metadata },
        roleRef: { apiGroup: rbac, kind: "Role", name: account },
        subjects: [{ kind: "ServiceAccount", name: account, namespace }],
      },
    ];
    const file = path.join(plane.folder, `${namespace}-deployer.json`);
    await writeFile(file, JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
    await plane.kubectl.run(["create", "-f", file]);
    const token = await plane.kubectl.run(["create", "token", account, "--namespace", namespace]);
    const kubeconfig = path.join(plane.folder, `${namespace}-kubeconfig`);
    const admin = parse(await readFile(plane.kubeconfig, "utf8")) as object;
    await writeFile(kubeconfig, stringify({ ...admin, users: [{ name: CONTEXT, user: { token: token.trim() } }] }));
    const deployer = new Deployer(world, kubeconfig);
    await eventually("the API server has taken the role in", () => deployer.cluster.list(pods, { namespace }));
    return deployer;
  }

  /** Name of a pod of the service. */
  pod(): Promise<string> {
    return eventually("there is a pod", async () => {
      const [pod] = await this.cluster.list(pods, { namespace: this.world.namespace }, { signal });
      return pod?.metadata.name;
    });
  }

  connect(name: string): Promise<unknown> {
    const { namespace } = this.world;
    return new ForwardedConnections(this.#connection).open({ namespace, name }, 8000);
  }

  releaser(wait?: number): SessionOptions {
    return this.world.releaser(account, { cluster: this.cluster, ...(wait === undefined ? {} : { wait }) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.close();
    await this.world[Symbol.asyncDispose]();
  }
}

describe("the deployer, with its own token", function () {
  this.timeout(60_000);

  before(async function () {
    this.timeout(FIRST_START_MS);
    await controlPlane();
  });

  for (const router of ["istio", "replicas"] as const) {
    it(`releases, goes back to a version that was kept, and takes back what it began (router ${router})`, async () => {
      await using deployer = await Deployer.create(router);
      const { world, cluster } = deployer;
      const { namespace, store } = world;
      await world.stage("green", "bbbbbbbbbbbb");
      const first = await runRelease(deployer.releaser(), { by: account }, signals);
      assert.equal(first.state.phase, "released", JSON.stringify(first.state));
      assert.deepEqual([await world.percent(), await world.replicas("blue")], [100, 0]);

      const kept = (await store.read(signal)).releases[1]?.podTemplate as object;
      const going: SessionOptions = {
        ...deployer.releaser(60_000),
        prepare: async ({ slots }, _ledger, stop) => {
          await slots.stage("blue", kept, stop);
          const plan = await readReleasePlan(cluster, namespace, "atom", stop);
          return { ...plan, steps: plan.steps.map((step) => ({ ...step, wait: 60_000 })) };
        },
      };
      const began = runRelease(going, { by: account }, signals);
      const ended = assert.rejects(began, { name: "LeaseLostError" });
      await eventually("there is traffic on what was kept", async () =>
        (await store.read(signal)).current?.state.phase === "measuring" ? true : undefined,
      );
      const back = await takeBack(deployer.releaser(), "it was a try", signals);
      assert.equal(back.state.phase, "aborted");
      assert.deepEqual([await world.percent(), await world.replicas("blue")], [100, 0]);
      await ended;
    });
  }

  it("raises the minima of the slots' autoscalers and gives them back, and rolls back at once to what it kept", async function () {
    // Two releases in real time, one of which is guarded for half a minute.
    this.timeout(240_000);
    await using deployer = await Deployer.create("istio");
    const { world } = deployer;
    const { namespace, store } = world;
    await world.stage("green", "bbbbbbbbbbbb");
    const autoscale = async (name: string, slot: string): Promise<void> => {
      const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: `atom-${slot}` };
      const spec = { scaleTargetRef, minReplicas: 1, maxReplicas: 5 };
      await world.cluster.create(horizontalPodAutoscalers, { metadata: { namespace, name }, spec });
    };
    for (const slot of slotNames) await autoscale(`atom-${slot}`, slot);
    await autoscale("handmade", "blue");
    assert.equal((await runRelease(deployer.releaser(), { by: account }, signals)).state.phase, "released");
    const written = (await world.cluster.list(horizontalPodAutoscalers, { namespace })).filter(
      ({ metadata }) => metadata.annotations?.[fenceAnnotation] !== undefined,
    );
    assert.deepEqual(written.map(({ metadata, spec }) => [metadata.name, spec?.minReplicas]).toSorted(), [
      ["atom-blue", 1],
      ["atom-green", 1],
    ]);
    const [record] = (await store.read(signal)).releases;
    assert.ok(record !== undefined);
    assert.equal(record.minima, undefined);
    const refused = record.journal.filter(({ detail }) => detail.startsWith("this account may not change"));
    assert.equal(refused.length, 1);
    assert.match(refused[0]?.detail ?? "", /HorizontalPodAutoscaler handmade, which may take pods away/);

    const session = { ...deployer.releaser(), prepare: stageAtFullCapacity(undefined) };
    const back = await rollBackNow(session, { by: account, rollback: "logins fail" }, signals);
    assert.deepEqual([back.id, back.state.phase], ["r2", "released"]);
    assert.deepEqual([await world.percent(), await world.replicas("blue"), await world.replicas("green")], [0, 2, 0]);
    for (const { metadata, spec } of await world.cluster.list(horizontalPodAutoscalers, { namespace }))
      assert.equal(spec?.minReplicas, 1, metadata.name);
  });

  it("reads a pod's counters through the API server", async () => {
    await using deployer = await Deployer.create("istio");
    const port = { namespace: deployer.world.namespace, name: await deployer.pod(), port: 8000 };
    // No node runs it, so nobody answers; but the API server tries.
    await assert.rejects(deployer.cluster.readPod(port, "/metrics"), (error) => !(error instanceof ForbiddenError));
  });

  it("opens connections to pods for the smoke test of a service without a mesh, and of no other", async () => {
    for (const [router, answer] of [
      // No node runs the pod, so no connection comes about; but the API server tries where it may.
      ["replicas", /response: 400$/],
      ["istio", /response: 403$/],
    ] as const) {
      await using deployer = await Deployer.create(router);
      await assert.rejects(deployer.connect(await deployer.pod()), { message: answer }, router);
    }
  });

  it("may do nothing else", async () => {
    await using deployer = await Deployer.create("istio");
    const { cluster } = deployer;
    const { namespace } = deployer.world;
    const secrets = { group: "", version: "v1", plural: "secrets", kind: "Secret" };
    const roles = { group: "rbac.authorization.k8s.io", version: "v1", plural: "roles", kind: "Role" };
    const tokens = { ...secrets, plural: "serviceaccounts", kind: "ServiceAccount" };
    const at = (name: string, where = namespace) => ({ namespace: where, name });
    const change = { type: "merge", body: { metadata: { labels: { changed: "yes" } } } } as const;
    const watch = (resource: Resource<KubernetesObject>, fields?: string) =>
      cluster.watch(
        resource,
        { namespace, ...(fields === undefined ? {} : { fields }) },
        { resourceVersion: "0", seconds: 1, onOpen: () => undefined, onEvent: () => undefined },
      );
    const forbidden: Readonly<Record<string, () => Promise<unknown>>> = {
      "read a Secret": () => cluster.get(secrets, at("atom-secrets")),
      "list the Secrets": () => cluster.list(secrets, { namespace }),
      "watch the Secrets": () => watch(secrets),
      "watch all Deployments": () => watch(deployments),
      "watch another Deployment": () => watch(deployments, "metadata.name=ion-blue"),
      "change another Deployment": () => cluster.patch(deployments, at("ion-blue"), change),
      "change an autoscaler of another name": () => cluster.patch(horizontalPodAutoscalers, at("ion-blue"), change),
      "delete an autoscaler": () => cluster.delete(horizontalPodAutoscalers, at("atom-blue")),
      "create a Deployment": () => cluster.create(deployments, { metadata: at("atom-red") }),
      "delete a slot": () => cluster.delete(deployments, at("atom-blue")),
      "delete a pod": () => cluster.delete(pods, at("atom-blue-x")),
      "create a pod": () => cluster.create(pods, { metadata: at("mine") }),
      "change a pod": () => cluster.patch(pods, at("atom-blue-x"), change),
      "create a Job": () => cluster.create(jobs, { metadata: at("mine") }),
      "change the Service of a slot": () => cluster.patch(services, at("atom-blue"), change),
      "change another VirtualService": () => cluster.patch(virtualServices, at("ion"), change),
      "change the release plan": () => cluster.patch(configMaps, at("atom-release-plan"), change),
      "read another ConfigMap": () => cluster.get(configMaps, at("kube-root-ca.crt")),
      "delete the ledger": () => cluster.delete(configMaps, at("atom-ledger")),
      "delete the lease": () => cluster.delete(leases, at("atom-release")),
      "read another service's lease": () => cluster.get(leases, at("ion-release")),
      "give itself rights": () => cluster.patch(roles, at(account), change),
      "look at an account": () => cluster.get(tokens, at(account)),
      "look into another namespace": () => cluster.list(pods, { namespace: "default" }),
      "read a ledger of another namespace": () => cluster.get(configMaps, at("atom-ledger", "default")),
      "move traffic in another namespace": () => cluster.patch(virtualServices, at("atom", "default"), change),
    };
    for (const [what, call] of Object.entries(forbidden))
      await assert.rejects(call(), ForbiddenError, `it could ${what}`);
  });

  it("starts a releaser in the cluster where that is set up, and reads how it goes", async () => {
    await using deployer = await Deployer.create("istio", true);
    const { cluster } = deployer;
    const { namespace } = deployer.world;
    const metadata = { namespace, name: "atom-release-x" };
    const container = { name: "releaser", image: "registry.test/atom-releaser:1" };
    const spec = { template: { spec: { restartPolicy: "Never", containers: [container] } } };
    const job = await cluster.create(jobs, { metadata, spec } as Job);
    assert.equal((await cluster.list(jobs, { namespace })).length, 1);
    assert.equal((await cluster.get(jobs, metadata)).metadata.uid, job.metadata.uid);
    const log = cluster.readLog({ namespace, name: "none" }, { lines: 1, bytes: 100 });
    await assert.rejects(log, { name: "NotFoundError" });
    await cluster.delete(jobs, metadata);
  });
});
