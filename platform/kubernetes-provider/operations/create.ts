import { setTimeout as delay } from "node:timers/promises";
import { ApiError, isNotFound } from "../api-client.ts";
import { fieldManagerFor, initialApiVersionFor, toOutputs } from "../checkpoint.ts";
import { UnknownKindError } from "../discovery.ts";
import { asObject, type JsonObject } from "../json.ts";
import { apiVersionOf, describe, idOf, kindOf } from "../kubernetes-object.ts";
import { hasUnknown, withoutSecrets } from "../property-value.ts";
import { awaitOutputs, forcesConflicts, type Context } from "./context.ts";

export interface CreateRequest {
  readonly urn: string;
  readonly news: JsonObject;
  readonly preview: boolean;
  /** `customTimeouts` of the resource; 0 when there is none. */
  readonly timeoutSeconds: number;
}

export interface CreateResult {
  /** Empty in a preview. */
  readonly id: string;
  readonly outputs: JsonObject;
}

/** A create is a plain POST under this name, as the official provider does it; the first update turns the fields into applied ones. */
const CREATE_MANAGER = "pulumi-kubernetes";
const ATTEMPTS = 5;

async function send(context: Context, inputs: JsonObject, fieldManager: string, dryRun: boolean): Promise<JsonObject> {
  const { cluster, settings } = context;
  if (!settings.upsert) return cluster.create(inputs, { fieldManager: CREATE_MANAGER, dryRun });
  return cluster.apply(inputs, { fieldManager, dryRun, force: dryRun || forcesConflicts(inputs, settings) });
}

/** Refused for now: what it needs is made, or what it replaces is deleted, at this very moment. */
function mayPass(error: unknown): error is Error {
  if (isNotFound(error) || error instanceof UnknownKindError) return true;
  return error instanceof ApiError && error.reason === "AlreadyExists" && error.message.includes("being deleted");
}

/**
 * A namespace or a CustomResourceDefinition of the same update may appear a moment later: the program need not order what belongs
 * together. An object whose deletion was not waited for (`pulumi.com/skipAwait`) makes room a moment later.
 */
async function sendPatiently(
  context: Context,
  urn: string,
  inputs: JsonObject,
  fieldManager: string,
): Promise<JsonObject> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send(context, inputs, fieldManager, false);
    } catch (error) {
      if (attempt === ATTEMPTS || !mayPass(error)) throw error;
      void context.log.status(urn, `attempt ${attempt} of ${ATTEMPTS}: ${error.message}`);
      await delay(500 * 2 ** (attempt - 1), undefined, { signal: context.signal });
    }
  }
}

function explain(error: unknown, inputs: JsonObject): unknown {
  if (!(error instanceof ApiError) || error.reason !== "AlreadyExists") return error;
  return new Error(
    `${describe(inputs)} exists already, and Pulumi's state does not have it. Where an update was interrupted, npm run up adopts what it made; else import it (pulumi import), rename the resource with an alias, or set upsertExistingObjects on the provider to adopt it.`,
    { cause: error },
  );
}

/** What a dry run cannot answer yet: an object in a namespace, or of a kind, that the same update will make; or what we may not even try. */
function cannotPreview(error: unknown): boolean {
  if (error instanceof UnknownKindError) return true;
  if (!(error instanceof ApiError)) return false;
  const missingNamespace = error.code === 404 && error.subject === "namespaces";
  return missingNamespace || error.reason === "Forbidden" || error.reason === "AlreadyExists";
}

async function preview(context: Context, news: JsonObject, inputs: JsonObject, manager: string): Promise<CreateResult> {
  if (hasUnknown(news)) return { id: "", outputs: news };
  try {
    const live = await send(context, inputs, manager, true);
    // A preview must not show a status that nothing has brought about.
    delete live.status;
    const initialApiVersion = initialApiVersionFor(inputs);
    return { id: "", outputs: toOutputs({ inputs, live, fieldManager: manager, initialApiVersion }, news) };
  } catch (error) {
    if (cannotPreview(error)) return { id: "", outputs: news };
    throw error;
  }
}

/** Makes the object and waits until it is ready; in a preview the API server makes it without storing it. */
export async function create(context: Context, request: CreateRequest): Promise<CreateResult> {
  const { urn, news, timeoutSeconds } = request;
  const inputs = asObject(withoutSecrets(news));
  const fieldManager = fieldManagerFor(inputs);
  if (request.preview) return preview(context, news, inputs, fieldManager);
  try {
    const live = await sendPatiently(context, urn, inputs, fieldManager);
    // A kind's name is given by its definition, not by every answer.
    const made = { apiVersion: apiVersionOf(inputs), kind: kindOf(inputs), ...live };
    const checkpoint = { fieldManager, initialApiVersion: initialApiVersionFor(inputs) };
    const id = idOf(made);
    const outputs = await awaitOutputs(context, {
      urn,
      id,
      inputs,
      marked: news,
      live: made,
      timeoutSeconds,
      checkpoint,
    });
    return { id, outputs };
  } catch (error) {
    throw explain(error, inputs);
  }
}
