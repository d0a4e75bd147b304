import { isDeepStrictEqual } from "node:util";
import { labelKeys } from "../../components/names/labels.ts";
import { slotName } from "../../components/names/names.ts";
import { serviceSelector } from "../../components/routes/service-selector.ts";
import { slotWeights } from "../../components/routes/traffic.ts";
import type { ClusterApi, FencedWriter } from "../cluster/api.ts";
import { deployments, services, type Deployment } from "../cluster/resources.ts";
import type { ServedRequests } from "../guard/served.ts";
import {
  PodsNotReadyError,
  type Clock,
  type Confirmation,
  type Router,
  type Slot,
  type Split,
} from "../release/ports.ts";
import { replacingSelector } from "./selector.ts";
import { judgeShare } from "./observed-share.ts";
import { replicaCounts } from "./replica-counts.ts";

export interface ReplicaRouterOptions {
  readonly writer: FencedWriter;
  readonly cluster: ClusterApi;
  readonly clock: Clock;
  readonly namespace: string;
  readonly service: string;
  /** Pods of a slot that serves. */
  readonly replicas: number;
  readonly served: ServedRequests;
  /** How long pods may take to become ready, or to leave, before traffic is moved onto them, in milliseconds. @default 120000 */
  readonly readyTimeoutMs?: number;
}

const lookEveryMs = 250;

/**
 * Moves traffic without a mesh: the Service selects one slot or both, and the number of the candidate's pods is its share. A
 * connection stays with its pod, so shares are those of new connections.
 */
export class ReplicaRouter implements Router {
  readonly #options: ReplicaRouterOptions;
  /** Pods that the shares are of: what serves may have been scaled since the plan was made. */
  #serving: number;

  constructor(options: ReplicaRouterOptions) {
    this.#options = options;
    this.#serving = options.replicas;
  }

  /** The way back is one patch of the Service's selector. On the way there the pods are made ready before they are selected. */
  async shift(split: Split, signal: AbortSignal): Promise<void> {
    if (split.percent > 0 && split.podsAsTheyAre !== true) await this.#scaleCandidate(split, signal);
    const { writer, namespace, service } = this.#options;
    const selector = this.#selector(split);
    await writer.write(
      services,
      { namespace, name: service },
      ({ spec }) => {
        if (isDeepStrictEqual(spec?.selector, selector)) return undefined;
        return { spec: { selector: replacingSelector(spec?.selector, selector) } };
      },
      { signal },
    );
  }

  /**
   * For all or nothing judges as the Istio router does, by what the pods served; but requests in the wrong slot contradict nothing, since
   * connections stay with their pods until these end. For a share in between it asks for ready pods in the right numbers behind the
   * Service and for requests at both slots: requests over one connection are not independent, so that their share is not to be tested.
   */
  async confirm(split: Split, since: number, signal: AbortSignal): Promise<Confirmation> {
    const { cluster, namespace, service, served } = this.#options;
    const replicas = this.#serving;
    const live = await cluster.get(services, { namespace, name: service }, { signal });
    if (!isDeepStrictEqual(live.spec?.selector, this.#selector(split)))
      return { status: "contradicted", detail: `the Service ${service} does not select as it should` };
    const readings = await served.servedSince(split, since, signal);
    const { percent } = split;
    const counts = replicaCounts(percent, replicas);
    if (percent === 0 || percent === 100) {
      const others = [50, replicaCounts(1, replicas).percent, 100 - percent];
      const { outcome, detail } = judgeShare(readings, percent, others);
      if (outcome !== "contradicted") return { status: outcome === "confirmed" ? "confirmed" : "pending", detail };
      return { status: "pending", detail: `${detail}; connections made before stay until their pods end` };
    }
    const candidate = await this.#deployment(split.candidate, signal);
    const ready = candidate.status?.readyReplicas ?? 0;
    if (ready !== counts.candidate)
      return { status: "pending", detail: `the candidate has ${ready} ready pods where ${counts.candidate} are due` };
    const first = readings[0];
    const last = readings.at(-1);
    const seen = {
      candidate: (last?.candidate ?? 0) - (first?.candidate ?? 0),
      active: (last?.active ?? 0) - (first?.active ?? 0),
    };
    const total = seen.candidate + seen.active;
    const detail =
      `${counts.candidate} of ${counts.candidate + counts.active} pods are the candidate's (${counts.percent.toFixed(0)} % ` +
      `for ${percent} %), which took ${seen.candidate} of ${total} requests`;
    return { status: seen.candidate > 0 && seen.active > 0 ? "confirmed" : "pending", detail };
  }

  /** Without a mesh it is all, nothing, or what the numbers of ready pods make of it. */
  async weight({ active, candidate }: Split, signal: AbortSignal): Promise<number | undefined> {
    const { cluster, namespace, service } = this.#options;
    const { spec } = await cluster.get(services, { namespace, name: service }, { signal });
    const selected = spec?.selector?.[labelKeys.slot];
    if (selected !== undefined) return selected === candidate ? 100 : 0;
    const [ours, theirs] = await Promise.all([this.#readyPods(candidate, signal), this.#readyPods(active, signal)]);
    return ours + theirs === 0 ? undefined : (100 * ours) / (ours + theirs);
  }

  /** The Service is what users are routed by: `shift` has done it. */
  selectSlot(): Promise<boolean> {
    return Promise.resolve(false);
  }

  async #readyPods(slot: Slot, signal: AbortSignal): Promise<number> {
    return (await this.#deployment(slot, signal)).status?.readyReplicas ?? 0;
  }

  #selector({ active, percent }: Split): Record<string, string> {
    return serviceSelector(this.#options.service, slotWeights({ active, candidateWeight: percent }));
  }

  async #scaleCandidate(split: Split, signal: AbortSignal): Promise<void> {
    const { writer, namespace, service, clock, replicas, readyTimeoutMs = 120_000 } = this.#options;
    this.#serving = Math.max(replicas, await this.#readyPods(split.active, signal));
    const wanted = replicaCounts(split.percent, this.#serving).candidate;
    const name = slotName(service, split.candidate);
    await writer.write(
      deployments,
      { namespace, name },
      ({ spec }) => (spec?.replicas === wanted ? undefined : { spec: { replicas: wanted } }),
      { signal },
    );
    const start = clock.monotonic();
    for (;;) {
      const deployment = await this.#deployment(split.candidate, signal);
      if (runs(deployment, wanted)) return;
      if (clock.monotonic() - start >= readyTimeoutMs)
        throw new PodsNotReadyError(
          `${name} has ${deployment.status?.readyReplicas ?? 0} ready pods after ${readyTimeoutMs / 1000} s where ` +
            `${wanted} are due for ${split.percent} % of the traffic`,
        );
      await clock.sleep(lookEveryMs, signal);
    }
  }

  #deployment(slot: Slot, signal: AbortSignal): Promise<Deployment> {
    const { cluster, namespace, service } = this.#options;
    return cluster.get(deployments, { namespace, name: slotName(service, slot) }, { signal });
  }
}

/** Exactly so many pods, all ready: pods on their way out would still be selected. */
function runs({ metadata, status }: Deployment, replicas: number): boolean {
  return (
    (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0) &&
    (status?.readyReplicas ?? 0) === replicas &&
    (status?.replicas ?? 0) === replicas
  );
}
