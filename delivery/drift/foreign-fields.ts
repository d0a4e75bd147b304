// What was set in the templates of slots that have pods, beside the program and the releaser. Pure.
import type { FieldTree } from "../cluster/api.ts";
import { fieldManager } from "../cluster/client.ts";
import type { Deployment } from "../cluster/resources.ts";
import { isPulumi, isWhole, templateOf } from "../cluster/template-owner.ts";
import { secretText, type Difference } from "../engine-events/changes.ts";
import type { DriftedResource } from "./drift.ts";

/** What `kubectl rollout restart` leaves: the same version in new pods. */
const restarted = "spec.template.metadata.annotations.kubectl.kubernetes.io/restartedAt";

/**
 * The slots' Deployments that have pods, and fields in their template that others own. The engine does not see these: with server-side apply a
 * field that the program does not declare belongs to whoever set it, and of the slot that serves the program declares what it finds there. The
 * API server keeps in `metadata.managedFields` who owns what. Values are not shown: nobody has declared them, and they may be secrets.
 */
export function foreignFields(slots: readonly Deployment[]): readonly DriftedResource[] {
  return slots.flatMap(({ metadata, spec }) => {
    if (spec?.replicas === 0) return [];
    const foreign = (metadata.managedFields ?? []).filter(isWhole).flatMap(({ manager = "unknown", fieldsV1 }) => {
      if (isPulumi(manager) || manager === fieldManager) return [];
      const template = templateOf(fieldsV1);
      const paths = template === undefined ? [] : pathsOf(template, "spec.template");
      return paths.filter((path) => path !== restarted).map((path) => ({ path, manager }));
    });
    if (foreign.length === 0) return [];
    return {
      ...{ type: "kubernetes:apps/v1:Deployment", name: metadata.name, component: [], gone: false },
      by: [...new Set(foreign.map(({ manager }) => manager))],
      differences: foreign.map(({ path }) => addition(path)),
    };
  });
}

function addition(path: string): Difference {
  return { path, kind: "add", after: secretText, secret: true, replaces: false };
}

/**
 * The fields of such a tree: `spec.template.spec.containers.atom.env.HOTPATCH`. Elements of lists go by their keys; one that was added as a
 * whole is named, and what it consists of is not.
 */
function pathsOf(tree: FieldTree, path: string): readonly string[] {
  const parts = Object.entries(tree).filter(([key]) => key !== ".");
  if (parts.length === 0) return [path];
  return parts.flatMap(([key, part]) => {
    const place = `${path}.${nameOf(key)}`;
    return key.startsWith("k:") && "." in part ? [place] : pathsOf(part, place);
  });
}

/** `f:image` is a field, `k:{"name":"atom"}` an element by its key, `v:"NET_ADMIN"` a member of a set. */
function nameOf(key: string): string {
  const text = key.slice(2);
  if (!key.startsWith("k:")) return text;
  try {
    return Object.values(JSON.parse(text) as object).join("/");
  } catch {
    return text;
  }
}
