import { labelKeys } from "../../components/names/labels.ts";
import type { Difference, ResourceChange } from "../engine-events/changes.ts";

/** What a releaser writes of a slot's Deployment. */
const slots = {
  resource: "atom:slots:Slots$kubernetes:apps/v1:Deployment::",
  replicas: /^spec\.replicas\b/,
  template: /^spec\.template\b/,
  /** Another version in the slot has another digest: its label is told, or all that it is part of. */
  digest: `spec.template.metadata.labels["${labelKeys.template}"]`,
};

/**
 * The weights, and what the Service of the service's own name selects; those of the slots are never turned. They are ignored too, but not in
 * the state of an update that wrote them. An autoscaler's minimum is raised while a release needs the pods.
 */
const moved = [
  { resource: /atom:routes:Istio\$kubernetes:networking\.istio\.io\/v1:VirtualService::/, fields: /^spec\.http\b/ },
  {
    resource: /atom:routes:Istio\$kubernetes:core\/v1:Service::(?!.*-(blue|green)$)/,
    fields: /^spec\.selector\b/,
  },
  {
    resource: /atom:slots:Slots\$kubernetes:autoscaling\/v2:HorizontalPodAutoscaler::/,
    fields: /^spec\.minReplicas\b/,
  },
];

/**
 * The differences that are drift: those that no release makes. The program ignores what a releaser writes in the slot that serves; of the
 * other one the state has what was staged last, and a release that goes back scales that down, or puts a kept version in its place. A
 * releaser writes a slot's template as a whole, with its digest; one that differs under the same digest was changed by somebody else.
 */
export function withoutReleasersFields({
  urn,
  differences,
}: Pick<ResourceChange, "urn" | "differences">): readonly Difference[] {
  const fields = moved.find(({ resource }) => resource.test(urn))?.fields;
  if (fields !== undefined) return differences.filter(({ path }) => !fields.test(path));
  if (!isSlot({ urn })) return differences;
  const { replicas, template, digest } = slots;
  const isOtherVersion = differences.some(({ path }) => template.test(path) && digest.startsWith(path));
  return differences.filter(({ path }) => !replicas.test(path) && !(isOtherVersion && template.test(path)));
}

/** Whether it is the Deployment of a slot. */
export function isSlot({ urn }: Pick<ResourceChange, "urn">): boolean {
  return urn.includes(slots.resource);
}
