// What a refresh found other than it was left. Pure.
import { secretText, type Difference, type ResourceChange, type StackChanges } from "../engine-events/changes.ts";

/** A resource that is not as the last update left it. */
export interface DriftedResource {
  /** As in `kubernetes:core/v1:Service`. */
  readonly type: string;
  readonly name: string;
  /** Names of the components that it is part of, the outermost first. */
  readonly component: readonly string[];
  /** Whether it is not there any more. */
  readonly gone: boolean;
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
 * engine leaves them out; and of the slots {@link slotFields}.
 */
export function driftOf(stack: string, { resources }: Pick<StackChanges, "resources">): StackDrift {
  const drifted = resources.flatMap((resource) => driftedOf(resource) ?? []);
  return { stack, resources: drifted.toSorted(goneFirst) };
}

function driftedOf(resource: ResourceChange): DriftedResource | undefined {
  const { type, name, component, operation } = resource;
  const gone = operation === "delete";
  const differences = gone || operation === "same" ? [] : resource.differences;
  const meant = differences.filter(({ path }) => !isReleasers(resource, path)).map((each) => hidden(type, each));
  return gone || meant.length > 0 ? { type, name, component, gone, differences: meant } : undefined;
}

/**
 * What a releaser writes of a slot's Deployment. The program ignores it in the slot that serves; of the other one the state has what was staged last,
 * and a release that goes back scales that down, or puts a kept version in its place.
 */
const slotFields = /^spec\.(replicas|template)\b/;

function isReleasers({ urn }: ResourceChange, path: string): boolean {
  return urn.includes("atom:slots:Slots$kubernetes:apps/v1:Deployment::") && slotFields.test(path);
}

/** What somebody wrote into a Secret by hand is one that no state marks. */
function hidden(type: string, difference: Difference): Difference {
  if (type !== "kubernetes:core/v1:Secret" || !/^(data|stringData)\b/.test(difference.path)) return difference;
  const { path, kind, replaces, before, after } = difference;
  return {
    ...{ path, kind, replaces, secret: true },
    ...(before === undefined ? {} : { before: secretText }),
    ...(after === undefined ? {} : { after: secretText }),
  };
}

function goneFirst(a: DriftedResource, b: DriftedResource): number {
  const [left, right] = [a, b].map(({ gone, type, name }) => `${gone ? 0 : 1} ${type} ${name}`) as [string, string];
  return left < right ? -1 : left > right ? 1 : 0;
}
