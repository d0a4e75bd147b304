import type { Resources } from "../../components/workload/pod-template.ts";
import { releaserResources } from "../../components/workload/releaser.ts";
import { serviceDefinition } from "../../stacks/catalogue.ts";
import type { ConfigProblem } from "./error.ts";
import { amount } from "./quantity.ts";
import type { ServiceConfig, StackConfig } from "./schema.ts";

/** What the services use at most, in pods, CPUs and bytes. */
interface Usage {
  readonly pods: number;
  readonly requestsCpu: number;
  readonly requestsMemory: number;
  readonly limitsMemory: number;
}

/** A release needs room for both slots, one more pod of each while it is replaced, the migration, and the releaser where it runs in the cluster. */
export function quotaProblems({ namespace, services, release }: StackConfig): ConfigProblem[] {
  const { quota } = namespace;
  const usage = total([
    ...Object.entries(services).map(([name, service]) => serviceUsage(name, service)),
    ...(release.inCluster === undefined ? [] : Object.keys(services).map(() => usageOf(1, releaserResources))),
  ]);
  const rows: readonly (readonly [
    key: string,
    value: string | number,
    allowed: number,
    needed: number,
    unit: string,
  ])[] = [
    ["pods", quota.pods, quota.pods, usage.pods, ""],
    ["requests.cpu", quota.requests.cpu, amount(quota.requests.cpu), usage.requestsCpu, " CPUs"],
    ["requests.memory", quota.requests.memory, amount(quota.requests.memory), usage.requestsMemory, " bytes"],
    ["limits.memory", quota.limits.memory, amount(quota.limits.memory), usage.limitsMemory, " bytes"],
  ];
  return rows
    .filter(([, , allowed, needed]) => allowed < needed)
    .map(([key, value, , needed, unit]) => ({
      key: `namespace.quota.${key}`,
      value,
      allowed: `the services need ${Number(needed.toFixed(3))}${unit} with both slots at their most replicas; allowed: at least that`,
    }));
}

function serviceUsage(name: string, { replicas, autoscaling, resources }: ServiceConfig): Usage {
  const most = Math.max(replicas, autoscaling?.maxReplicas ?? 0);
  const pods = 2 * (most + 1) + (serviceDefinition(name)?.migration === undefined ? 0 : 1);
  return usageOf(pods, resources);
}

function usageOf(pods: number, resources: Resources): Usage {
  return {
    pods,
    requestsCpu: pods * amount(resources.requests.cpu),
    requestsMemory: pods * amount(resources.requests.memory),
    limitsMemory: pods * amount(resources.limits.memory),
  };
}

function total(usages: readonly Usage[]): Usage {
  const sum = (key: keyof Usage) => usages.reduce((before, usage) => before + usage[key], 0);
  return {
    pods: sum("pods"),
    requestsCpu: sum("requestsCpu"),
    requestsMemory: sum("requestsMemory"),
    limitsMemory: sum("limitsMemory"),
  };
}
