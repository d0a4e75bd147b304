import { isAutonamed } from "../autoname.ts";
import { fromOutputs } from "../checkpoint.ts";
import { diffProperties, type PropertyChange } from "../diff.ts";
import { immutableFields } from "../immutable-fields.ts";
import { asObject, type JsonObject } from "../json.ts";
import { apiVersionOf, kindOf, metadataOf, nameOf, namespaceOf, withMetadata } from "../kubernetes-object.ts";
import { normalizeInputs } from "../normalize.ts";
import { parsePath } from "../property-path.ts";
import { withoutSecrets } from "../property-value.ts";
import { prune } from "../prune.ts";
import type { Context } from "./context.ts";

export interface DiffRequest {
  /** The state that the last operation returned. */
  readonly olds: JsonObject;
  readonly news: JsonObject;
  readonly ignoreChanges: readonly string[];
}

export interface DiffResult {
  readonly changes: readonly PropertyChange[];
  readonly deleteBeforeReplace: boolean;
}

function withoutNamespace(object: JsonObject): JsonObject {
  return {
    ...object,
    metadata: Object.fromEntries(Object.entries(metadataOf(object)).filter(([key]) => key !== "namespace")),
  };
}

/** No namespace means "default" for a namespaced kind, and nothing for a kind of the cluster. */
function withCanonicalNamespace(object: JsonObject, namespaced: boolean): JsonObject {
  return namespaced ? withMetadata(object, { namespace: namespaceOf(object) || "default" }) : withoutNamespace(object);
}

/**
 * Compares what the program wants with what the cluster held at the last update or refresh, cut down to what the program had said. So
 * drift that a refresh found shows as a change, and what other managers added does not.
 */
export async function diff(context: Context, { olds, news, ignoreChanges }: DiffRequest): Promise<DiffResult> {
  const old = fromOutputs(olds);
  const wanted = normalizeInputs(asObject(withoutSecrets(news)));
  const type = await context.cluster.findType(apiVersionOf(wanted), kindOf(wanted));
  const namespaced = type?.namespaced ?? true;
  const pruned = normalizeInputs(prune(old.live, normalizeInputs(old.inputs)));
  const named = nameOf(wanted) === "" ? pruned : withMetadata(pruned, { name: nameOf(old.live) });
  const canonical = withCanonicalNamespace(wanted, namespaced);

  const changes = diffProperties(withCanonicalNamespace(named, namespaced), canonical, {
    immutable: immutableFields(canonical, context.settings.mutability),
    ignored: ignoreChanges.map(parsePath),
  });
  // Two objects of one name cannot be there at once; where the name is ours to choose, or differs, the new one comes first.
  const sameName = nameOf(canonical) === nameOf(old.live) && !isAutonamed(canonical);
  const sameNamespace = !namespaced || namespaceOf(canonical) === (namespaceOf(old.live) || "default");
  return {
    changes,
    deleteBeforeReplace: changes.some(({ replaces }) => replaces) && sameName && sameNamespace,
  };
}
