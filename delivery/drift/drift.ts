// What a refresh found other than it was left. Pure.
import type { Difference, ResourceChange, StackChanges } from "../engine-events/changes.ts";
import { withoutReleasersFields } from "./releaser-fields.ts";

/** The engine could not be asked how an environment is. */
export class LookError extends Error {
  override readonly name = "LookError";
}

/** A resource that is not as the last update left it. */
export interface DriftedResource {
  /** As in `kubernetes:core/v1:Service`. */
  readonly type: string;
  readonly name: string;
  /** Names of the components that it is part of, the outermost first. */
  readonly component: readonly string[];
  /** Whether it is not there any more. */
  readonly gone: boolean;
  /** Who changed it, by their field managers: `kubectl-set`. @default not known */
  readonly by?: readonly string[];
  /** From what was left to what there is; empty where it is gone. */
  readonly differences: readonly Difference[];
}

/** What somebody or something changed in an environment beside the program and the releaser. */
export interface StackDrift {
  readonly stack: string;
  /** Sorted: those that are gone first. Empty: the environment is as it was left. */
  readonly resources: readonly DriftedResource[];
}

/**
 * What of a refresh is drift. What a release moves is none: the weights and the ledger, which the program declares that it ignores, so that the
 * engine leaves them out; and what {@link withoutReleasersFields} knows of the slots.
 */
export function driftOf(stack: string, { resources }: Pick<StackChanges, "resources">): StackDrift {
  const drifted = resources.flatMap((resource) => driftedOf(resource) ?? []);
  return { stack, resources: drifted.toSorted(goneFirst) };
}

/** The same drift, and of these resources what they say beside it. */
export function withResources({ stack, resources }: StackDrift, more: readonly DriftedResource[]): StackDrift {
  const isSame = (a: DriftedResource) => (b: DriftedResource) => a.type === b.type && a.name === b.name;
  const merged = resources.map((each) => {
    const { by, differences = [] } = more.find(isSame(each)) ?? {};
    return { ...each, ...(by === undefined ? {} : { by }), differences: [...each.differences, ...differences] };
  });
  const others = more.filter((each) => !resources.some(isSame(each)));
  return { stack, resources: [...merged, ...others].toSorted(goneFirst) };
}

function driftedOf(resource: ResourceChange): DriftedResource | undefined {
  const { type, name, component, operation } = resource;
  const gone = operation === "delete";
  const differences = gone || operation === "same" ? [] : resource.differences;
  const meant = withoutReleasersFields({ ...resource, differences });
  return gone || meant.length > 0 ? { type, name, component, gone, differences: meant } : undefined;
}

function goneFirst(a: DriftedResource, b: DriftedResource): number {
  const [left, right] = [a, b].map(({ gone, type, name }) => `${gone ? 0 : 1} ${type} ${name}`) as [string, string];
  return left < right ? -1 : left > right ? 1 : 0;
}
