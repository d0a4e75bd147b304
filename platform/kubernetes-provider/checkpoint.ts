import { randomBytes } from "node:crypto";
import { asObject, asString, type JsonObject } from "./json.ts";
import { annotationOf, annotations, apiVersionOf } from "./kubernetes-object.ts";
import { markSecrets, withoutSecrets } from "./property-value.ts";

const INPUTS = "__inputs";
const INITIAL_API_VERSION = "__initialApiVersion";
const FIELD_MANAGER = "__fieldManager";

/** What Pulumi's state keeps of an object: the live object itself, and beside it what the next operation needs. */
export interface Checkpoint {
  readonly inputs: JsonObject;
  readonly live: JsonObject;
  /** Empty where the state does not know it. */
  readonly initialApiVersion: string;
  readonly fieldManager: string;
}

/** The outputs to give to the engine. Parts that were secret in `marked` (the inputs as the engine sent them) are secret here too. */
export function toOutputs(checkpoint: Checkpoint, marked: JsonObject): JsonObject {
  return {
    ...markSecrets(checkpoint.live, marked),
    [INPUTS]: markSecrets(checkpoint.inputs, marked),
    [INITIAL_API_VERSION]: checkpoint.initialApiVersion,
    [FIELD_MANAGER]: checkpoint.fieldManager,
  };
}

export function fromOutputs(outputs: JsonObject): Checkpoint {
  const { [INPUTS]: inputs, [INITIAL_API_VERSION]: version, [FIELD_MANAGER]: manager, ...live } = outputs;
  return {
    inputs: asObject(withoutSecrets(inputs ?? {})),
    live: asObject(withoutSecrets(live)),
    initialApiVersion: asString(version),
    fieldManager: asString(manager),
  };
}

/** The manager under which a resource is applied: its annotation's, else the one that the state knows, else a new one. */
export function fieldManagerFor(inputs: JsonObject, old?: Checkpoint): string {
  const annotated = annotationOf(inputs, annotations.patchFieldManager);
  if (annotated !== "") return annotated;
  if (old !== undefined && old.fieldManager !== "") return old.fieldManager;
  return `pulumi-kubernetes-${randomBytes(4).toString("hex")}`;
}

/** The version in which the object was first created; Pulumi shows it, and old states depend on it. */
export function initialApiVersionFor(inputs: JsonObject, old?: Checkpoint): string {
  return old === undefined || old.initialApiVersion === "" ? apiVersionOf(inputs) : old.initialApiVersion;
}
