import { ApiError } from "../api-client.ts";
import { fieldManagerFor, fromOutputs, initialApiVersionFor, toOutputs } from "../checkpoint.ts";
import { referenceTo } from "../cluster.ts";
import { withoutIgnoredFields } from "../ignored-fields.ts";
import { asObject, type JsonObject } from "../json.ts";
import { annotations, apiVersionOf, describe, kindOf, metadataOf, withMetadata } from "../kubernetes-object.ts";
import { hasFieldsToTakeOver, takeOver } from "../managed-fields.ts";
import { normalizeInputs } from "../normalize.ts";
import { parsePath } from "../property-path.ts";
import { hasUnknown, withoutSecrets } from "../property-value.ts";
import { awaitOutputs, forcesConflicts, type Context } from "./context.ts";

export interface UpdateRequest {
  readonly urn: string;
  readonly id: string;
  readonly olds: JsonObject;
  readonly news: JsonObject;
  readonly ignoreChanges: readonly string[];
  readonly preview: boolean;
  /** `customTimeouts` of the resource; 0 when there is none. */
  readonly timeoutSeconds: number;
}

interface Change {
  readonly inputs: JsonObject;
  /** The object as the cluster holds it before the change. */
  readonly before: JsonObject;
  readonly fieldManager: string;
  readonly ignoreChanges: readonly string[];
  readonly dryRun: boolean;
}

/** The API server's message names the field and its manager; this adds the way out. */
function explain(error: unknown, inputs: JsonObject): unknown {
  if (!(error instanceof ApiError) || error.reason !== "Conflict") return error;
  return new Error(
    `${describe(inputs)}: ${error.message}\nTo leave the field to the other manager, ignore it (ignoreChanges); to take it, annotate the resource with ${annotations.patchForce}: "true".`,
    { cause: error },
  );
}

/** A CustomResourceDefinition is replaced as a whole: its lists cannot be merged field by field. */
async function replaceDefinition(
  context: Context,
  { inputs, before, fieldManager, dryRun }: Change,
): Promise<JsonObject> {
  const resourceVersion = metadataOf(before).resourceVersion ?? "";
  return context.cluster.replace(withMetadata(inputs, { resourceVersion }), { fieldManager, dryRun });
}

async function apply(context: Context, change: Change): Promise<JsonObject> {
  const { inputs, fieldManager, dryRun } = change;
  let { before } = change;
  if (!dryRun) {
    const entries = takeOver(before, fieldManager);
    if (entries !== undefined) before = await context.cluster.setManagedFields(referenceTo(before), entries);
  }
  const applied = withoutIgnoredFields(inputs, before, fieldManager, change.ignoreChanges.map(parsePath));
  // A dry run cannot take over the fields of our own create first, so it must not stumble over them.
  const own = dryRun && hasFieldsToTakeOver(before);
  const force = own || forcesConflicts(inputs, context.settings);
  return context.cluster.apply(applied, { fieldManager, dryRun, force });
}

/** Applies the inputs and waits until the object is ready; in a preview the API server applies them without storing the result. */
export async function update(context: Context, request: UpdateRequest): Promise<JsonObject> {
  const { urn, id, news, preview, timeoutSeconds, ignoreChanges } = request;
  const inputs = normalizeInputs(asObject(withoutSecrets(news)));
  if (preview && hasUnknown(news)) return news;
  if (preview && (await context.cluster.findType(apiVersionOf(inputs), kindOf(inputs))) === undefined) return news;

  const old = fromOutputs(request.olds);
  const fieldManager = fieldManagerFor(inputs, old);
  const checkpoint = { fieldManager, initialApiVersion: initialApiVersionFor(inputs, old) };
  try {
    const before = await context.cluster.get(referenceTo({ ...old.live, apiVersion: apiVersionOf(inputs) }));
    const change = { inputs, before, fieldManager, ignoreChanges, dryRun: preview };
    const isDefinition = kindOf(inputs) === "CustomResourceDefinition";
    const live = await (isDefinition ? replaceDefinition(context, change) : apply(context, change));
    if (preview) return toOutputs({ ...checkpoint, inputs, live }, news);
    return await awaitOutputs(context, { urn, id, inputs, marked: news, live, timeoutSeconds, checkpoint });
  } catch (error) {
    if (preview && error instanceof ApiError && error.reason === "Forbidden") return news;
    throw explain(error, inputs);
  }
}
