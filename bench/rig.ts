import { rm } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { ClusterClient } from "../delivery/cluster/client.ts";
import { Connection } from "../delivery/cluster/connection.ts";
import { virtualServices } from "../delivery/cluster/resources.ts";
import { systemClock } from "../delivery/clock/system-clock.ts";
import { releasePlanKey, releasePlanName, type ReleasePlan } from "../components/release-plan/release-plan.ts";
import { buildHttpRoutes } from "../components/routes/http-routes.ts";
import { AtomProcess } from "../test/cluster/support/atom-process.ts";
import { stage } from "../test/cluster/support/staging.ts";
import { atom, ClusterStack, type Setting } from "../test/support/cluster-stack.ts";
import { eventually } from "../test/support/eventually.ts";
import type { OwnCluster } from "../test/support/own-cluster.ts";
import { DeadEnd, everybody } from "./dead-end.ts";
import { Load } from "./load/load.ts";
import { trialOf, type Trial } from "./trial.ts";

/** Faults of a version, as `ATOM_FAULTS` has them. */
export type Faults = Readonly<Record<string, unknown>>;

/** What the candidate's faults answer, and nothing else: so every one of these was a request that reached it. */
const candidateStatus = 555;
/** What the active version's faults answer. */
const activeStatus = 500;
/** `GET /api/skills` without a token: a request like any other to Envoy, the counters and the judgement. */
const healthyStatus = 401;

const answersInDrills = [healthyStatus, activeStatus, candidateStatus];

/** The longest that one release may take, in milliseconds. */
const releaseWithin = 240_000;
const service = "atom";

const wait = "3m";
const settings: readonly Setting[] = [
  [["atom:release", "thresholds", "errorRate"], { max: "0.1%", onBreach: "rollback" }],
  // The machine is busy with the load; latency is not what is measured.
  [["atom:release", "thresholds", "p95Latency"], { max: "2500ms", onBreach: "warn" }],
  [
    ["atom:release", "steps"],
    [
      { weight: 10, wait },
      { weight: 100, wait },
    ],
  ],
  [atom("replicas"), 1],
  // Five hundred requests a second are more than what `local` asks its share of the processor for: a pod that starves is killed by its probe.
  [atom("resources", "requests"), { cpu: "400m", memory: "96Mi" }],
  [["atom:namespace", "quota", "requests", "cpu"], "3"],
];

/** A stack in a cluster of its own, and what a measurement does with it. */
export class Rig implements AsyncDisposable {
  readonly #stack: ClusterStack;
  readonly #connection: Connection;
  readonly #cluster: ClusterClient;
  readonly #deadEnd: DeadEnd;
  #activeFaults = "{}";
  #tells = false;

  private constructor(stack: ClusterStack, deadEnd: DeadEnd) {
    const { kubeconfig, context } = stack.shared.cluster;
    this.#stack = stack;
    this.#deadEnd = deadEnd;
    this.#connection = Connection.open({ kubeconfig, context });
    this.#cluster = new ClusterClient(this.#connection, systemClock);
  }

  /** Brings the stack up: one slot serves, the other one is empty. */
  static async create(shared: OwnCluster, signal: AbortSignal): Promise<Rig> {
    const rig = new Rig(await ClusterStack.within(shared, "bench", ...settings), await DeadEnd.open());
    try {
      await rig.#stack.run("up", { signal });
      return rig;
    } catch (error) {
      await rig[Symbol.asyncDispose]();
      throw error;
    }
  }

  load(perSecond: number): Load {
    const { host, shared } = this.#stack;
    const url = `${shared.cluster.gatewayUrl}/api/skills`;
    return new Load({ url, headers: { host }, perSecond, keepStatus: candidateStatus });
  }

  /**
   * Stages a candidate with these faults, which its smoke test does not see, releases it, and resolves when it was taken back. Each has a
   * template of its own, put into the slot by one patch: what `pulumi up` does as well, in seconds in place of half a minute, and no
   * quarantine has to be lifted. Throws an OddEndError when the release ended otherwise.
   */
  async rollback(faults: Faults, load: Load, signal: AbortSignal): Promise<Trial> {
    const stack = this.#stack;
    await stage(stack, { ...faults, errorStatus: candidateStatus, exceptHeader: "x-canary" });
    await this.#calm(load, signal);
    await using release = new AtomProcess(
      stack,
      ["release", "--staged", "--json"],
      this.#tells ? this.#deadEnd.variables : {},
    );
    const limit = AbortSignal.any([signal, AbortSignal.timeout(releaseWithin)]);
    const { stderr } = await Promise.race([release.ended, rejection(limit)]);
    const taken = await load.take();
    const [record] = (await stack.ledger()).releases;
    if (record === undefined) throw new Error(`the release did not begin:\n${stderr}`);
    return trialOf(record, taken, answersInDrills);
  }

  /**
   * What the mesh alone takes: sends traffic to a failing candidate and back by bare patches, without a releaser. Resolves to the time from
   * the patch's answer to the last bad answer, in milliseconds, for each round.
   */
  async barePatches(rounds: number, load: Load, signal: AbortSignal): Promise<number[]> {
    const stack = this.#stack;
    await stage(stack, { errorShare: 1, errorStatus: candidateStatus });
    await this.#rolledOut("green");
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await this.#route(10, signal);
      await delay(1_000, undefined, { signal });
      const backAt = await this.#route(0, signal);
      await delay(1_000, undefined, { signal });
      const last = (await load.take()).kept.at(-1)?.answeredAt ?? backAt;
      times.push(Math.max(0, last - backAt));
    }
    return times;
  }

  /** Gives the version that serves these faults. Users have them as well, so they are its own and not the candidate's. */
  async setActiveFaults(faults: Faults): Promise<void> {
    const value = JSON.stringify({ ...faults, errorStatus: activeStatus });
    if (value === this.#activeFaults) return;
    this.#activeFaults = value;
    const { kubectl, namespace } = this.#stack;
    const container = { name: service, env: [{ name: "ATOM_FAULTS", value }] };
    const patch = { spec: { template: { spec: { containers: [container] } } } };
    await kubectl.run(["patch", "deployment/atom-blue", "-n", namespace, "--patch", JSON.stringify(patch)]);
    await this.#rolledOut("blue");
  }

  /** Changes the steps of releases to come. */
  setSteps(steps: ReleasePlan["steps"]): Promise<void> {
    return this.#setPlan({ steps });
  }

  /** Whether releases to come tell everybody, at a place that never answers; else nobody. */
  async setTelling(tells: boolean): Promise<void> {
    this.#tells = tells;
    await this.#setPlan({ notifications: tells ? everybody : null });
  }

  /** Changes the plan that the program published. */
  async #setPlan(change: Partial<ReleasePlan>): Promise<void> {
    const resource = `configmap/${releasePlanName(service)}`;
    const { kubectl, namespace } = this.#stack;
    const { data } = await this.#stack.get(resource);
    const plan = JSON.parse(data?.[releasePlanKey] ?? "{}") as ReleasePlan;
    const text = JSON.stringify({ ...plan, ...change });
    await kubectl.patch(namespace, resource, "bench", { data: { [releasePlanKey]: text } });
  }

  /** Takes Prometheus away; resolves when nobody answers in its place. */
  async stopPrometheus(): Promise<void> {
    const { kubectl, shared } = this.#stack;
    await kubectl.patch("monitoring", "prometheus/atom", "bench", { spec: { replicas: 0 } });
    const url = `${shared.cluster.prometheusUrl}/-/healthy`;
    await eventually(
      "Prometheus was gone",
      () =>
        fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
          ({ ok }) => (ok ? undefined : true),
          () => true,
        ),
      60_000,
    );
  }

  /** The whole cluster is about to go: only the stack's folder is left to remove. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.close();
    await this.#deadEnd[Symbol.asyncDispose]();
    await rm(this.#stack.folder, { recursive: true, force: true });
  }

  /** Resolves when clients saw nothing but what they should for a second: what a measurement begins with is not its doing. */
  async #calm(load: Load, signal: AbortSignal): Promise<void> {
    await eventually(
      "the load was answered as it should be",
      async () => {
        await load.take();
        await delay(1_000, undefined, { signal });
        const { statuses } = await load.take();
        const seen = Object.keys(statuses).map(Number);
        return seen.length > 0 && seen.every((status) => answersInDrills.includes(status)) ? true : undefined;
      },
      120_000,
    );
  }

  async #route(percent: number, signal: AbortSignal): Promise<number> {
    const { namespace } = this.#stack;
    const http = { service, port: 8000, timeout: 15_000, retries: { attempts: 0, perTryTimeout: 5_000, on: [] } };
    const body = { spec: { http: buildHttpRoutes(http, { active: "blue", candidateWeight: percent }) } };
    await this.#cluster.patch(virtualServices, { namespace, name: service }, { type: "merge", body }, { signal });
    return Date.now();
  }

  async #rolledOut(slot: string): Promise<void> {
    const { kubectl, namespace } = this.#stack;
    await eventually(
      `${slot} was rolled out`,
      async () => {
        await kubectl.run(["rollout", "status", `deployment/atom-${slot}`, "-n", namespace, "--timeout", "25s"]);
        return true;
      },
      90_000,
    );
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) fail();
    else signal.addEventListener("abort", fail, { once: true });
  });
}
