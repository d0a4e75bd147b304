import type { ResourceChange } from "../engine-events/changes.ts";

/**
 * What a releaser writes of a slot's Deployment. The program ignores it in the slot that serves; of the other one the state has what was staged last,
 * and a release that goes back scales that down, or puts a kept version in its place.
 */
const slotFields = /^spec\.(replicas|template)\b/;

/** Whether a property is one that a release moves, so that it is no drift. */
export function isReleasersField({ urn }: Pick<ResourceChange, "urn">, path: string): boolean {
  return urn.includes("atom:slots:Slots$kubernetes:apps/v1:Deployment::") && slotFields.test(path);
}
