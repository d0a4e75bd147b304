import type { types } from "@pulumi/kubernetes";
import { leaseName, ledgerName, slotName } from "../names/names.ts";
import { slotNames } from "../names/slot-name.ts";
import { releasePlanName } from "../release-plan/release-plan.ts";

type PolicyRule = types.input.rbac.v1.PolicyRule;

/** What a deployer releases. */
export interface DeployerScope {
  /** The router of each service, by name. */
  readonly services: Readonly<Record<string, "istio" | "replicas">>;
  /** Whether releases may run from Jobs in the cluster. */
  readonly inCluster: boolean;
}

/**
 * What a releaser does in its namespace, and nothing else. It asks for no Secret. But whoever may change the pod template of a Deployment, or
 * create a Job, decides what runs beside the namespace's Secrets: guard its token as you guard them. (`pulumi up` declares namespaces and roles,
 * and needs an account of its own.)
 */
export function deployerRules({ services, inCluster }: DeployerScope): PolicyRule[] {
  const names = Object.keys(services);
  const withRouter = (router: "istio" | "replicas") => names.filter((name) => services[name] === router);
  const slotsOf = (all: readonly string[]) =>
    all.flatMap((service) => slotNames.map((slot) => slotName(service, slot)));
  const [meshed, meshless] = [withRouter("istio"), withRouter("replicas")];
  return [
    // Moving traffic, and the stamp of the releaser that may.
    ...named("networking.istio.io", "virtualservices", meshed, [...watching, "patch"]),
    // The Service of the service's own name: behind a mesh callers inside the cluster, without one all users.
    ...named("", "services", names, [...watching, "patch"]),
    // Scaling the slots, staging a version that was kept, and the stamp.
    ...named("apps", "deployments", slotsOf(names), [...watching, "patch"]),
    // The slots' autoscalers are found by what they scale. Those that have a slot's name get their minimum raised for a release.
    ...autoscalers("autoscaling", "horizontalpodautoscalers", slotsOf(names)),
    ...autoscalers("keda.sh", "scaledobjects", slotsOf(names)),
    ...named("", "configmaps", names.map(ledgerName), ["get", "patch"]),
    // What a verdict rests on beside that.
    ...named("", "configmaps", names.map(releasePlanName), watching),
    ...named("", "services", slotsOf(names), watching),
    ...named("coordination.k8s.io", "leases", names.map(leaseName), ["get", "patch"]),
    // A name cannot be asked for before the object exists, nor when many are listed.
    any("coordination.k8s.io", "leases", ["create"]),
    any("", "pods", ["list"]),
    // The guard reads each pod's own counters through the API server.
    any("", "pods/proxy", ["get"]),
    // Without a mesh the smoke test goes to the pods over connections that the API server forwards. Opening one is to create it, and to get it
    // for API servers that go by the method of the WebSocket's request.
    ...(meshless.length === 0 ? [] : [any("", "pods/portforward", ["create", "get"])]),
    ...(inCluster ? jobRules : []),
  ];
}

function autoscalers(group: string, resource: string, names: readonly string[]): PolicyRule[] {
  return [...named(group, resource, names, ["get", "patch"]), any(group, resource, ["list"])];
}

/** Following one object: it is listed and watched by its name alone, which is what a rule with names allows. */
const watching = ["get", "list", "watch"] as const;

/** Starting a releaser in the cluster, following it, and taking away one that does not start. Its name is new each time. */
const jobRules: readonly PolicyRule[] = [
  any("batch", "jobs", ["create", "get", "list", "delete"]),
  any("", "pods/log", ["get"]),
  any("", "events", ["list"]),
];

/** Rules about these objects alone; none where there are none, because a rule without names is about all of them. */
function named(apiGroup: string, resource: string, names: readonly string[], verbs: readonly string[]): PolicyRule[] {
  return names.length === 0 ? [] : [{ ...any(apiGroup, resource, verbs), resourceNames: [...names] }];
}

function any(apiGroup: string, resource: string, verbs: readonly string[]): PolicyRule {
  return { apiGroups: [apiGroup], resources: [resource], verbs: [...verbs] };
}
