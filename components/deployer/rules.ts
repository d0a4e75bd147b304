import type { types } from "@pulumi/kubernetes";
import { leaseName, ledgerName, slotName } from "../names/names.ts";
import { slotNames } from "../names/slot-name.ts";

type PolicyRule = types.input.rbac.v1.PolicyRule;

/**
 * The least that a releaser needs in its namespace: move traffic, scale the slots, keep ledger and lease, and look at pods. It reads no
 * Secret, creates no pod and changes no pod template. (`pulumi up` declares namespaces and roles, and needs an account of its own.)
 */
export function deployerRules(services: readonly string[]): PolicyRule[] {
  const slots = services.flatMap((service) => slotNames.map((slot) => slotName(service, slot)));
  const named = (
    apiGroup: string,
    resource: string,
    names: readonly string[],
    verbs: readonly string[],
  ): PolicyRule => ({
    apiGroups: [apiGroup],
    resources: [resource],
    resourceNames: [...names],
    verbs: [...verbs],
  });
  const any = (apiGroup: string, resources: readonly string[], verbs: readonly string[]): PolicyRule => ({
    apiGroups: [apiGroup],
    resources: [...resources],
    verbs: [...verbs],
  });
  return [
    named("networking.istio.io", "virtualservices", services, ["get", "patch"]),
    named("", "services", services, ["get", "patch"]),
    named("apps", "deployments", slots, ["get"]),
    named("apps", "deployments/scale", slots, ["get", "patch", "update"]),
    named("", "configmaps", services.map(ledgerName), ["get", "patch", "update"]),
    named("coordination.k8s.io", "leases", services.map(leaseName), ["get", "patch", "update", "delete"]),
    // A name cannot be asked for before the object exists, nor when many are listed.
    any("coordination.k8s.io", ["leases"], ["create"]),
    any("apps", ["deployments", "replicasets"], ["list", "watch"]),
    any("", ["pods", "events"], ["get", "list", "watch"]),
    // The guard reads each pod's own counters through the API server.
    any("", ["pods/proxy"], ["get"]),
    // Without a mesh the smoke test asks the candidate by its own Service; to send a request with a body is to `create`.
    named(
      "",
      "services/proxy",
      slots.map((slot) => `${slot}:http`),
      ["get", "create"],
    ),
  ];
}
