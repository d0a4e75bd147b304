import { withAutoname } from "../autoname.ts";
import { asObject, type JsonObject } from "../json.ts";
import {
  annotationOf,
  annotations,
  apiVersionOf,
  kindOf,
  metadataOf,
  namespaceOf,
  parseUrn,
  withMetadata,
} from "../kubernetes-object.ts";
import { normalizeInputs } from "../normalize.ts";
import { markSecrets, withoutSecrets } from "../property-value.ts";
import type { Context } from "./context.ts";

export interface CheckRequest {
  readonly urn: string;
  /** The inputs of the last update; empty on a first one. */
  readonly olds: JsonObject;
  readonly news: JsonObject;
  readonly seed: Uint8Array;
  readonly proposedName: string | undefined;
}

export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

/** Resource types of the official provider that are programs of their own. */
const NOT_OFFERED = /^kubernetes:(helm\.sh|kustomize|yaml)\//;

/** Annotations that would change what happens, and that the stand-in does not follow. */
const IGNORED_ANNOTATIONS = [annotations.waitFor, annotations.replaceUnready];

function failuresOf(type: string, inputs: JsonObject): CheckFailure[] {
  const kind = kindOf(inputs);
  const failures: CheckFailure[] = [];
  if (NOT_OFFERED.test(type) || /(List|Patch)$/.test(type) || kind.endsWith("List")) {
    failures.push({ property: "", reason: `the stand-in does not offer resources of type ${type}` });
    return failures;
  }
  if (kind === "") failures.push({ property: "kind", reason: "is missing" });
  if (apiVersionOf(inputs) === "") failures.push({ property: "apiVersion", reason: "is missing" });
  if (metadataOf(inputs).generateName !== undefined) {
    const reason = "is not supported with server-side apply; leave out the name to have one made";
    failures.push({ property: "metadata.generateName", reason });
  }
  return failures;
}

async function withDefaultNamespace(inputs: JsonObject, { settings, cluster }: Context): Promise<JsonObject> {
  const { namespace } = settings;
  if (namespace === undefined || namespaceOf(inputs) !== "") return inputs;
  const type = await cluster.findType(apiVersionOf(inputs), kindOf(inputs));
  return type?.namespaced === false ? inputs : withMetadata(inputs, { namespace });
}

/** Completes the inputs (name, namespace, canonical forms) and says what is wrong with them. The API server checks the rest. */
export async function check(
  context: Context,
  { urn, olds, news, seed, proposedName }: CheckRequest,
): Promise<{ readonly inputs: JsonObject; readonly failures: readonly CheckFailure[] }> {
  const { type, name } = parseUrn(urn);
  const plain = asObject(withoutSecrets(news));
  const failures = failuresOf(type, plain);
  if (failures.length > 0) return { inputs: news, failures };
  const old = asObject(withoutSecrets(olds));
  for (const annotation of IGNORED_ANNOTATIONS.filter((key) => annotationOf(plain, key) !== "")) {
    await context.log.log("WARNING", urn, `the stand-in does not follow the annotation ${annotation}`);
  }
  const named = withAutoname(normalizeInputs(plain), { name, seed, old, proposed: proposedName });
  const inputs = await withDefaultNamespace(named, context);
  return { inputs: markSecrets(inputs, news), failures: [] };
}
