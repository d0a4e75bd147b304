import { labelKeys, slotSelectorLabels } from "../../components/names/labels.ts";
import { slotName } from "../../components/names/names.ts";
import type { Candidate, PodCount, Slot, SlotHealth, Slots, StuckPods } from "../release/ports.ts";
import type { ClusterApi, FencedWriter } from "./api.ts";
import { fieldManager } from "./client.ts";
import { ClusterError, NotFoundError } from "./errors.ts";
import { replacement } from "./replacement.ts";
import { deployments, pods, type Deployment, type PodTemplate } from "./resources.ts";
import { stuckPods } from "./stuck-pods.ts";
import { withTemplateOwnedByPulumi } from "./template-owner.ts";

export interface DeploymentSlotsOptions {
  readonly cluster: ClusterApi;
  readonly writer: FencedWriter;
  readonly namespace: string;
  readonly service: string;
  /** Pods of a slot that serves. */
  readonly replicas: number;
}

/** A way back may wait for what it is a part of. In milliseconds. */
const handOverWithin = 2_000;

/** What is in a slot, and how it is. */
export interface SlotContent {
  readonly health: SlotHealth;
  readonly template: PodTemplate | undefined;
}

/** The slots as the two Deployments of a service. */
export class DeploymentSlots implements Slots {
  readonly #options: DeploymentSlotsOptions;

  constructor(options: DeploymentSlotsOptions) {
    this.#options = options;
  }

  async look(slot: Slot, signal: AbortSignal): Promise<SlotHealth> {
    return (await this.lookInto(slot, signal)).health;
  }

  /** The same with the pod template as it is, from one reading; `undefined` without a Deployment. */
  async lookInto(slot: Slot, signal: AbortSignal): Promise<SlotContent> {
    const deployment = await this.#deployment(slot, signal);
    return { health: await this.#health(slot, deployment, signal), template: deployment?.spec?.template };
  }

  async #health(slot: Slot, deployment: Deployment | undefined, signal: AbortSignal): Promise<SlotHealth> {
    const staged = deployment && stagedIn(slot, deployment);
    const desired = deployment?.spec?.replicas ?? 0;
    const ready = deployment?.status?.readyReplicas ?? 0;
    const settled = deployment !== undefined && isRolledOut(deployment);
    return {
      staged,
      ready: settled,
      desiredReplicas: desired,
      readyReplicas: ready,
      stuck:
        deployment === undefined || settled || desired === 0 ? undefined : await this.#stuck(slot, deployment, signal),
    };
  }

  async count(slot: Slot, signal: AbortSignal): Promise<PodCount> {
    const deployment = await this.#deployment(slot, signal);
    return { ready: deployment?.status?.readyReplicas ?? 0, desired: deployment?.spec?.replicas ?? 0 };
  }

  async scale(slot: Slot, replicas: number | "full", signal: AbortSignal): Promise<void> {
    const wanted = replicas === "full" ? this.#options.replicas : replicas;
    try {
      await this.#write(
        slot,
        ({ spec }) => (spec?.replicas === wanted ? undefined : { spec: { replicas: wanted } }),
        signal,
      );
    } catch (error) {
      // What is not there has no pods.
      if (wanted !== 0 || !(error instanceof NotFoundError)) throw error;
    }
  }

  /**
   * Puts a pod template that was kept into a slot, whichever slot it ran in.
   *
   * @param replicas @default those of a slot that serves
   */
  async stage(
    slot: Slot,
    template: PodTemplate,
    signal: AbortSignal,
    replicas = this.#options.replicas,
  ): Promise<void> {
    const labels = { ...template.metadata?.labels, [labelKeys.slot]: slot };
    const wanted = { ...template, metadata: { ...template.metadata, labels } };
    await this.#write(
      slot,
      ({ spec }) => {
        const change = replacement(spec?.template ?? {}, wanted);
        if (change === undefined && spec?.replicas === replicas) return undefined;
        return { spec: { replicas, ...(change === undefined ? {} : { template: change }) } };
      },
      signal,
    );
  }

  /**
   * Changes a slot and leaves its pod template to `pulumi up`, which has to find it its own when it stages the next version. Each write
   * sees to it, so that a template is handed over too when the run that staged it ended in between.
   */
  async #write(
    slot: Slot,
    change: (live: Deployment) => Readonly<Record<string, unknown>> | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { writer } = this.#options;
    const name = this.#name(slot);
    const owners = ({ metadata }: Deployment) => withTemplateOwnedByPulumi(metadata, fieldManager);
    const live = await writer.write(deployments, name, change, { signal });
    if (owners(live) === undefined) return;
    const handOver = (found: Deployment): Readonly<Record<string, unknown>> | undefined => {
      const managedFields = owners(found);
      return managedFields && { metadata: { managedFields } };
    };
    try {
      await writer.write(deployments, name, handOver, { signal, timeout: handOverWithin });
    } catch (error) {
      // The slot is as it was asked for, and the next write tries this again.
      if (!(error instanceof ClusterError)) throw error;
    }
  }

  #name(slot: Slot): { readonly namespace: string; readonly name: string } {
    const { namespace, service } = this.#options;
    return { namespace, name: slotName(service, slot) };
  }

  async #deployment(slot: Slot, signal: AbortSignal): Promise<Deployment | undefined> {
    try {
      return await this.#options.cluster.get(deployments, this.#name(slot), { signal });
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }

  async #stuck(slot: Slot, deployment: Deployment, signal: AbortSignal): Promise<StuckPods | undefined> {
    const { cluster, namespace, service } = this.#options;
    const labels = { ...slotSelectorLabels(service, slot) };
    const template = deployment.spec?.template?.metadata?.labels?.[labelKeys.template];
    if (template !== undefined) labels[labelKeys.template] = template;
    const selector = Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(",");
    return stuckPods(deployment, await cluster.list(pods, { namespace, selector }, { signal }));
  }
}

function stagedIn(slot: Slot, { spec }: Deployment): Candidate | undefined {
  const labels = spec?.template?.metadata?.labels;
  const template = labels?.[labelKeys.template];
  if (template === undefined) return undefined;
  return {
    slot,
    template,
    version: labels?.[labelKeys.version] ?? "",
    image: spec?.template?.spec?.containers?.[0]?.image ?? "",
  };
}

/** All pods are of the present template and ready, and none of another one is left. */
function isRolledOut({ metadata, spec, status }: Deployment): boolean {
  const desired = spec?.replicas ?? 0;
  return (
    desired > 0 &&
    (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0) &&
    status?.updatedReplicas === desired &&
    status.readyReplicas === desired &&
    status.replicas === desired
  );
}
