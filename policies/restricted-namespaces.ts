import { kindOf, valueAt } from "./resource.ts";
import type { ResourceRule } from "./rule.ts";

/** https://kubernetes.io/docs/concepts/security/pod-security-admission/ */
const label = "pod-security.kubernetes.io/enforce";
const versionLabel = `${label}-version`;

export const restrictedNamespaces: ResourceRule = {
  name: "restricted-namespaces",
  description: "Every namespace enforces the restricted Pod Security Standard, in its newest version.",
  violations: (resource) => {
    if (kindOf(resource) !== "Namespace") return [];
    const labels = valueAt(resource.inputs, "metadata", "labels");
    const level = valueAt(labels, label);
    const version = valueAt(labels, versionLabel) ?? "latest";
    return [
      ...(level === "restricted" ? [] : [`It must have the label ${label}: restricted, and has ${shown(level)}.`]),
      ...(version === "latest" ? [] : [`It must not hold the label ${versionLabel} to ${shown(version)}.`]),
    ];
  },
};

function shown(value: unknown): string {
  return typeof value === "string" ? value : "none";
}
