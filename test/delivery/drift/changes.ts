import type { Difference, ResourceChange } from "../../../delivery/engine-events/changes.ts";
import { driftOf, type StackDrift } from "../../../delivery/drift/drift.ts";

/** A difference as somebody may have made it. */
export function difference(path: string, part: Partial<Difference> = {}): Difference {
  return { path, kind: "update", before: "as it was", after: "by hand", secret: false, replaces: false, ...part };
}

/** What a refresh says of a resource. */
export function refreshed(type: string, name: string, part: Partial<ResourceChange> = {}): ResourceChange {
  return {
    ...{ urn: `urn:pulumi:staging::atom::${type}::${name}`, type, name, component: ["atom-staging", "atom"] },
    ...{ operation: "update", differences: [], protected: false, retained: false, ...part },
  };
}

export const service = "kubernetes:core/v1:Service";

/** A Service that somebody changed. */
export function changedService(after = "ClientIP"): StackDrift {
  const differences = [difference("spec.sessionAffinity", { before: "None", after })];
  return driftOf("staging", { resources: [refreshed(service, "atom", { differences })] });
}

export const clean: StackDrift = { stack: "staging", resources: [] };
