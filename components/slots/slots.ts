import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { labelKeys, serviceSelectorLabels, slotSelectorLabels } from "../names/labels.ts";
import { slotName } from "../names/names.ts";
import { slotNames, type BySlot, type SlotName } from "../names/slot-name.ts";
import { inSlot, type PodTemplate } from "../workload/pod-template.ts";
import type { LiveSlot } from "./live-release.ts";
import { frozenProperties, type SlotPlan } from "./plan.ts";

/** Replicas that follow the load. The fewest are those of the slot. */
export interface Autoscaling {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** CPU that is aimed at, in percent of what the pods request. */
  readonly cpuUtilization: number;
}

export interface SlotsArgs {
  readonly namespace: pulumi.Input<string>;
  readonly service: string;
  /** What each slot gets: see {@link planSlots}. */
  readonly plan: BySlot<SlotPlan>;
  /** The desired pod template, and its digest. */
  readonly desired: { readonly template: PodTemplate; readonly digest: string };
  /** What the slots run; what a slot keeps of it is declared as it is. */
  readonly live?: BySlot<LiveSlot | undefined> | undefined;
  /** @default a fixed number of replicas */
  readonly autoscaling?: Autoscaling | undefined;
  /** How long new pods may take to become ready, in seconds. */
  readonly readyDeadlineSeconds: number;
  /** Runs right before what a slot runs is written; rejects with why it may not be. @default nothing */
  readonly check?: ((slot: SlotName) => Promise<void>) | undefined;
}

/** The two Deployments of a service, each with its PodDisruptionBudget and, when asked for, its HorizontalPodAutoscaler. */
export class Slots extends pulumi.ComponentResource {
  constructor(name: string, args: SlotsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("atom:slots:Slots", name, {}, opts);
    for (const slot of slotNames) {
      const metadata = {
        name: slotName(args.service, slot),
        namespace: args.namespace,
        labels: { ...serviceSelectorLabels(args.service), [labelKeys.slot]: slot },
      };
      new k8s.apps.v1.Deployment(
        `${name}-${slot}`,
        // Version and digest are labels of the template alone: here they would lie as soon as the template is frozen.
        { metadata: { ...metadata, annotations: annotations(slot, args) }, spec: deploymentSpec(slot, args) },
        { parent: this, ignoreChanges: [...args.plan[slot].ignoreChanges], ...checked(slot, args) },
      );
      new k8s.policy.v1.PodDisruptionBudget(
        `${name}-${slot}`,
        { metadata, spec: disruptionBudget(slot, args.service) },
        { parent: this },
      );
      if (args.autoscaling !== undefined) {
        new k8s.autoscaling.v2.HorizontalPodAutoscaler(
          `${name}-${slot}`,
          {
            // A release has raised its minimum, and given it back: a change of the file takes the field over again.
            metadata: { ...metadata, annotations: { "pulumi.com/patchForce": "true" } },
            spec: autoscalerSpec(metadata.name, args.autoscaling),
          },
          { parent: this },
        );
      }
    }
    this.registerOutputs();
  }
}

/** The engine may have waited for long since it was decided what the slots get: for a migration above all. */
function checked(slot: SlotName, { plan, check }: SlotsArgs): Pick<pulumi.CustomResourceOptions, "hooks"> {
  const { outcome, ignoreChanges } = plan[slot];
  // What is made anew is in nobody's way.
  const isWritten = outcome !== "restored" && frozenProperties.some((property) => !ignoreChanges.includes(property));
  return isWritten && check !== undefined ? { hooks: { beforeUpdate: [() => check(slot)] } } : {};
}

/** What the engine's provider has to know of a slot's Deployment, and what the next run of the program reads there. */
function annotations(slot: SlotName, { plan, readyDeadlineSeconds }: SlotsArgs): Record<string, string> {
  const { applied, replicas } = plan[slot].marks;
  return {
    ...(applied === undefined ? {} : { [labelKeys.applied]: String(applied) }),
    ...(replicas === undefined ? {} : { [labelKeys.replicas]: replicas }),
    // The engine gives up when the Deployment does, and not before.
    "pulumi.com/timeoutSeconds": String(readyDeadlineSeconds + 30),
    // Staging takes an idle slot back from whoever scaled it down; what is not to be taken back is ignored (see plan.ts).
    "pulumi.com/patchForce": "true",
  };
}

function deploymentSpec(slot: SlotName, args: SlotsArgs): k8s.types.input.apps.v1.DeploymentSpec {
  const { service, plan, readyDeadlineSeconds } = args;
  return {
    replicas: plan[slot].replicas,
    revisionHistoryLimit: 3,
    progressDeadlineSeconds: readyDeadlineSeconds,
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    selector: { matchLabels: slotSelectorLabels(service, slot) },
    template: slotTemplate(slot, args),
  };
}

/** What a slot's Deployment is declared with. */
function slotTemplate(slot: SlotName, { plan, desired, live }: SlotsArgs): PodTemplate {
  const running = plan[slot].outcome === "desired" ? undefined : (live?.[slot] ?? plan[slot]);
  return running?.template ?? inSlot(desired.template, slot, desired.digest);
}

/** One pod at a time may leave; one that is not ready may always. */
function disruptionBudget(slot: SlotName, service: string): k8s.types.input.policy.v1.PodDisruptionBudgetSpec {
  return {
    maxUnavailable: 1,
    unhealthyPodEvictionPolicy: "AlwaysAllow",
    selector: { matchLabels: slotSelectorLabels(service, slot) },
  };
}

function autoscalerSpec(
  deployment: string,
  { minReplicas, maxReplicas, cpuUtilization }: Autoscaling,
): k8s.types.input.autoscaling.v2.HorizontalPodAutoscalerSpec {
  return {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: deployment },
    minReplicas,
    maxReplicas,
    metrics: [
      {
        type: "Resource",
        resource: { name: "cpu", target: { type: "Utilization", averageUtilization: cpuUtilization } },
      },
    ],
  };
}
