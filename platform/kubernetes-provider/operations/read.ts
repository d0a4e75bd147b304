import { isNotFound } from "../api-client.ts";
import { readinessCheckFor } from "../await/kinds.ts";
import { notReady } from "../await/wait.ts";
import { fieldManagerFor, fromOutputs, initialApiVersionFor, toOutputs } from "../checkpoint.ts";
import { UnknownKindError } from "../discovery.ts";
import { asObject, type JsonObject } from "../json.ts";
import { apiVersionOf, kindOf, metadataOf, parseId, parseUrn, typeOfUrn } from "../kubernetes-object.ts";
import { normalizeInputs } from "../normalize.ts";
import { markSecrets, withoutSecrets } from "../property-value.ts";
import { prune } from "../prune.ts";
import { InitializationError, type Context } from "./context.ts";

export interface ReadRequest {
  readonly urn: string;
  readonly id: string;
  /** The state that the last operation returned; empty in an import. */
  readonly olds: JsonObject;
  /** The inputs that Pulumi knows; empty in an import. */
  readonly inputs: JsonObject;
}

export interface ReadResult {
  readonly id: string;
  readonly outputs: JsonObject;
  readonly inputs: JsonObject;
}

/** Annotations that controllers write and no program states. */
const FOREIGN_ANNOTATIONS = new Set([
  "deployment.kubernetes.io/revision",
  "kubectl.kubernetes.io/last-applied-configuration",
]);

/** Inputs that would make this object, for one that no program has made: everything but its status and what the server fills in. */
function inputsOfImported(live: JsonObject): JsonObject {
  const inputs = normalizeInputs(live);
  delete inputs.status;
  const { annotations, ...metadata } = metadataOf(inputs);
  const kept = Object.entries(asObject(annotations)).filter(([key]) => !FOREIGN_ANNOTATIONS.has(key));
  return {
    ...inputs,
    metadata: kept.length === 0 ? metadata : { ...metadata, annotations: Object.fromEntries(kept) },
  };
}

async function liveObject(context: Context, request: ReadRequest, known: JsonObject): Promise<JsonObject | undefined> {
  const type = typeOfUrn(parseUrn(request.urn));
  const apiVersion = apiVersionOf(known) || type.apiVersion;
  const kind = kindOf(known) || type.kind;
  try {
    return await context.cluster.get({ apiVersion, kind, ...parseId(request.id) }, context.signal);
  } catch (error) {
    // With its kind, the object is gone too.
    if (isNotFound(error) || error instanceof UnknownKindError) return undefined;
    throw error;
  }
}

/** Reads the object for a refresh or an import; undefined when it is gone. Throws an {@link InitializationError} when it is there but not ready. */
export async function read(context: Context, request: ReadRequest): Promise<ReadResult | undefined> {
  const marked = request.inputs;
  const known = normalizeInputs(asObject(withoutSecrets(marked)));
  const live = await liveObject(context, request, known);
  if (live === undefined || metadataOf(live).name === undefined) return undefined;

  const imported = kindOf(known) === "";
  const old = fromOutputs(request.olds);
  const inputs = imported ? inputsOfImported(live) : prune(live, known);
  const checkpoint = {
    fieldManager: fieldManagerFor(inputs, old),
    initialApiVersion: initialApiVersionFor(inputs, old),
  };
  const result: ReadResult = {
    id: request.id,
    outputs: toOutputs({ ...checkpoint, inputs, live }, marked),
    inputs: markSecrets(inputs, marked),
  };

  const readiness = imported ? undefined : await readinessCheckFor(inputs)?.(live, context.cluster, context.signal);
  if (readiness === undefined || readiness.state === "ready") return result;
  const cause = await notReady(context.cluster, live, "is not ready", readiness);
  throw new InitializationError(request.id, cause, result);
}
