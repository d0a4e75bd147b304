import path from "node:path";
import { permissions } from "../objects/permissions.ts";
import type { Layout, Part } from "./component.ts";

/** Names of the tasks. */
export const applyPermissions = "apply permissions";
export const applyIstioDefinitions = "apply Istio's CRDs";
export const applyOperatorDefinitions = "apply the operator's CRDs";

const permissionsFile = "etc/permissions.json";

/**
 * Kinds that no stack declares. The operator does without them, and each is a second of work for the API server at a time when
 * everything waits for it.
 */
const unusedDefinitions = ["prometheusagents.monitoring.coreos.com", "thanosrulers.monitoring.coreos.com"];

/** What the API server is told first: the rights of the cluster's clients, and the kinds that stacks use. */
export function definitions({ instance, tools }: Layout): Part {
  return {
    components: [
      {
        name: applyPermissions,
        kind: "task",
        after: ["kube-apiserver"],
        deadlineSeconds: 30,
        work: { kind: "apply", paths: [path.join(instance.folder, permissionsFile)] },
      },
      {
        name: applyIstioDefinitions,
        kind: "task",
        after: ["kube-apiserver"],
        deadlineSeconds: 60,
        work: { kind: "apply", paths: [tools.file("istio-crds")] },
      },
      {
        name: applyOperatorDefinitions,
        kind: "task",
        after: ["kube-apiserver"],
        deadlineSeconds: 60,
        work: { kind: "apply", paths: [tools.file("prometheus-operator-crds")], except: unusedDefinitions },
      },
    ],
    files: { [permissionsFile]: JSON.stringify(permissions(instance.nodeName), null, 2) },
  };
}
