import { randomBytes } from "node:crypto";
import { formatLedger, initialLedger } from "../../components/ledger/ledger.ts";
import { slotSelectorLabels } from "../../components/names/labels.ts";
import type { SlotName } from "../../components/names/slot-name.ts";
import { formatReleasePlan } from "../../components/release-plan/parse-plan.ts";
import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import { buildHttpRoutes } from "../../components/routes/http-routes.ts";
import { ClusterClient } from "../../delivery/cluster/client.ts";
import { Connection } from "../../delivery/cluster/connection.ts";
import { configMaps, deployments, services, virtualServices } from "../../delivery/cluster/resources.ts";
import { systemClock as clock } from "../../delivery/clock/system-clock.ts";
import { ProxiedPods } from "../../delivery/guard/pod-source.ts";
import { LedgerStore } from "../../delivery/ledger/store.ts";
import type { GuardSnapshot, Router } from "../../delivery/release/ports.ts";
import type { Adapters, SessionOptions, SessionTools } from "../../delivery/release/session.ts";
import { IstioRouter } from "../../delivery/router/istio.ts";
import { ReplicaRouter } from "../../delivery/router/replicas.ts";
import { releasePlan } from "../delivery/support/plans.ts";
import { guardSnapshot, slotSnapshot } from "../delivery/support/snapshots.ts";
import { CONTEXT, type ControlPlane } from "../support/control-plane.ts";
import { fakeKubelet, fates } from "../support/fake-kubelet.ts";

const { signal } = new AbortController();
const http = { service: "atom", port: 8000, timeout: 30_000, retries: { attempts: 0, perTryTimeout: 1_000, on: [] } };

/** What becomes of the candidate. */
interface Fate {
  /** Its pods answer with errors. */
  failing: boolean;
  /** Its image is not there. */
  imageMissing: boolean;
}

export interface ReleaserOptions {
  /** How long each step takes, in milliseconds. @default 600 */
  readonly wait?: number;
  /** Whose credentials the releaser has. @default the administrator's */
  readonly cluster?: ClusterClient;
}

/** An environment with the slots of `atom` on a real API server, blue serving; only requests and their counters are made up. */
export class ReleaseWorld implements AsyncDisposable {
  readonly plane: ControlPlane;
  readonly namespace: string;
  readonly fate: Fate = { failing: false, imageMissing: false };
  readonly plan: ReleasePlan;
  /** The administrator's. */
  readonly cluster: ClusterClient;
  readonly store: LedgerStore;
  readonly #connection: Connection;
  #kubelet: AsyncDisposable | undefined;

  private constructor(plane: ControlPlane, plan: ReleasePlan) {
    this.plane = plane;
    this.plan = plan;
    this.namespace = plan.namespace;
    this.#connection = Connection.open({ kubeconfig: plane.kubeconfig, context: CONTEXT });
    this.cluster = new ClusterClient(this.#connection, clock);
    this.store = this.#storeOf(this.cluster);
  }

  static async create(plane: ControlPlane, router: "istio" | "replicas" = "istio"): Promise<ReleaseWorld> {
    const namespace = `release-${randomBytes(4).toString("hex")}`;
    const world = new ReleaseWorld(plane, planFor(namespace, router));
    await world.#bringUp();
    return world;
  }

  /** Puts a version into a slot, as `pulumi up` does. */
  async stage(slot: SlotName, digest: string): Promise<void> {
    const labels = { "app.kubernetes.io/name": "atom", "atom.dev/slot": slot };
    const template = {
      metadata: { labels: { ...labels, "atom.dev/template": digest } },
      spec: { containers: [{ name: "atom", image: `registry.test/atom:${digest}` }] },
    };
    const spec = { replicas: 2, selector: { matchLabels: labels }, template };
    await this.cluster.create(deployments, { metadata: this.#named(`atom-${slot}`), spec });
  }

  /** A releaser that watches steps of 10 and 100 percent, or of 50 and 100 without a mesh. */
  releaser(holder: string, { wait = 600, cluster = this.cluster }: ReleaserOptions = {}): SessionOptions {
    const steps = this.plan.steps.map((step) => ({ ...step, wait }));
    return {
      ...{ cluster, clock, holder },
      store: this.#storeOf(cluster),
      plan: { ...this.plan, steps },
      adapters: (tools) => this.#adapters(tools),
    };
  }

  /** The percentage of requests that green gets, by the object that routes them. */
  async percent(): Promise<number> {
    if (this.plan.router.kind === "replicas") {
      const { spec } = await this.cluster.get(services, this.#named("atom"));
      return { blue: 0, green: 100 }[spec?.selector?.["atom.dev/slot"] ?? ""] ?? 50;
    }
    const { spec } = await this.cluster.get(virtualServices, this.#named("atom"));
    const routes = spec?.http as readonly { readonly route: readonly { readonly weight?: number }[] }[];
    return routes.at(-1)?.route[1]?.weight ?? NaN;
  }

  async replicas(slot: SlotName): Promise<number | undefined> {
    return (await this.cluster.get(deployments, this.#named(`atom-${slot}`))).spec?.replicas;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kubelet?.[Symbol.asyncDispose]();
    await this.plane.kubectl.run(["delete", "namespace", this.namespace, "--wait=false"]);
    this.#connection.close();
  }

  async #bringUp(): Promise<void> {
    const { cluster, namespace, plan, fate } = this;
    await this.plane.kubectl.run(["create", "namespace", namespace]);
    await cluster.create(configMaps, {
      metadata: this.#named("atom-ledger"),
      data: { "ledger.json": formatLedger(initialLedger("atom")) },
    });
    await cluster.create(configMaps, {
      metadata: this.#named("atom-release-plan"),
      data: { "plan.json": formatReleasePlan(plan) },
    });
    if (plan.router.kind === "istio")
      await cluster.create(virtualServices, {
        metadata: this.#named("atom"),
        spec: { hosts: ["atom"], http: buildHttpRoutes(http, { active: "blue", candidateWeight: 0 }) },
      });
    await this.#createServices();
    this.#kubelet = fakeKubelet(this.plane.kubeconfig, namespace, (pod) =>
      fate.imageMissing && pod.metadata?.labels?.["atom.dev/slot"] === "green"
        ? fates.imageMissing(pod)
        : fates.ready(pod),
    );
    await this.stage("blue", "aaaaaaaaaaaa");
  }

  async #createServices(): Promise<void> {
    const selectors = {
      atom: slotSelectorLabels("atom", "blue"),
      "atom-blue": slotSelectorLabels("atom", "blue"),
      "atom-green": slotSelectorLabels("atom", "green"),
    };
    for (const [name, selector] of Object.entries(selectors)) {
      const spec = { selector, ports: [{ name: "http", port: 8000 }] };
      await this.cluster.create(services, { metadata: this.#named(name), spec });
    }
  }

  #adapters(tools: SessionTools): Adapters {
    const router = this.#router(tools);
    return {
      router: {
        shift: (split, stop) => router.shift(split, stop),
        weight: (split, stop) => router.weight(split, stop),
        selectSlot: (slot, stop) => router.selectSlot(slot, stop),
        // Asked all the same, for what it reads; there are no requests that it could judge by.
        confirm: async (split, since, stop) => {
          await router.confirm(split, since, stop);
          return { status: "confirmed", detail: "" };
        },
      },
      guard: { watch: (_, stop) => this.#watch(tools, stop) },
      gate: null,
      smoke: { run: () => Promise.resolve({ passed: true, duration: 0, steps: [] }) },
      synthetic: null,
      notifier: { notify: () => undefined, trouble: () => undefined },
    };
  }

  #router({ cluster, writer, plan: { replicas } }: SessionTools): Router {
    const { namespace } = this;
    const served = { servedSince: () => Promise.resolve([]) };
    return this.plan.router.kind === "istio"
      ? new IstioRouter({ writer, namespace, http, shares: [10, 100], served })
      : new ReplicaRouter({ writer, cluster, clock, namespace, service: "atom", replicas, served });
  }

  async *#watch({ cluster }: SessionTools, stop: AbortSignal): AsyncIterable<GuardSnapshot> {
    const pods = new ProxiedPods({ cluster, namespace: this.namespace, service: "atom", port: 8000 });
    for (let requests = 10; !stop.aborted; requests += 10) {
      await pods.list(signal);
      const errors = this.fate.failing && requests > 10 ? requests - 10 : 0;
      yield guardSnapshot({
        at: clock.now(),
        candidate: slotSnapshot({ requests, errors }),
        active: slotSnapshot({ requests: 9 * requests }),
      });
      await clock.sleep(50, stop).catch(() => undefined);
    }
  }

  #storeOf(cluster: ClusterClient): LedgerStore {
    return new LedgerStore({ cluster, clock, namespace: this.namespace, service: "atom" });
  }

  #named(name: string): { readonly namespace: string; readonly name: string } {
    return { namespace: this.namespace, name };
  }
}

function planFor(namespace: string, router: "istio" | "replicas"): ReleasePlan {
  const steps = [router === "istio" ? 10 : 50, 100].map((percent) => ({ percent, wait: 600 }));
  return releasePlan({
    ...{ namespace, steps, soak: 500 },
    gate: { minRequests: 10, every: 200 },
    deadlines: { ready: 20_000 },
    ...(router === "replicas" ? { router: { kind: "replicas" } } : {}),
  });
}
