import { labelKeys } from "../../components/names/labels.ts";
import type { Difference, ResourceChange } from "../engine-events/changes.ts";

/**
 * What a releaser writes of a slot's Deployment. The program ignores it in the slot that serves; of the other one the state has what was staged last,
 * and a release that goes back scales that down, or puts a kept version in its place.
 */
const replicas = /^spec\.replicas\b/;
const template = /^spec\.template\b/;

/** Another version in the slot has another digest: its label is told, or all that it is part of. */
const digest = `spec.template.metadata.labels["${labelKeys.template}"]`;

/**
 * The differences that are drift: those that no release makes. A releaser writes a slot's template as a whole, with its digest; one that
 * differs under the same digest was changed by somebody else.
 */
export function withoutReleasersFields({
  urn,
  differences,
}: Pick<ResourceChange, "urn" | "differences">): readonly Difference[] {
  if (!urn.includes("atom:slots:Slots$kubernetes:apps/v1:Deployment::")) return differences;
  const isOtherVersion = differences.some(({ path }) => template.test(path) && digest.startsWith(path));
  return differences.filter(({ path }) => !replicas.test(path) && !(isOtherVersion && template.test(path)));
}
