import { asObject, asString, type JsonObject } from "./json.ts";

/** Annotations on a resource that steer the provider; their names are those of the official provider. */
export const annotations = {
  autonamed: "pulumi.com/autonamed",
  skipAwait: "pulumi.com/skipAwait",
  timeoutSeconds: "pulumi.com/timeoutSeconds",
  patchForce: "pulumi.com/patchForce",
  patchFieldManager: "pulumi.com/patchFieldManager",
  deletionPropagation: "pulumi.com/deletionPropagationPolicy",
  waitFor: "pulumi.com/waitFor",
  replaceUnready: "pulumi.com/replaceUnready",
} as const;

/** The engine's name of a resource, e.g. `urn:pulumi:local::atom::kubernetes:apps/v1:Deployment::atom-blue`. */
export interface Urn {
  readonly stack: string;
  readonly type: string;
  readonly name: string;
}

export function parseUrn(urn: string): Urn {
  const [stack = "", , qualifiedType = "", ...name] = urn.replace(/^urn:pulumi:/, "").split("::");
  return { stack, type: qualifiedType.split("$").at(-1) ?? "", name: name.join("::") };
}

/** `apiVersion` and `kind` of a resource type, e.g. of `kubernetes:core/v1:Pod`. */
export function typeOfUrn(urn: Urn): { readonly apiVersion: string; readonly kind: string } {
  const [, apiVersion = "", kind = ""] = urn.type.split(":");
  return { apiVersion: apiVersion.replace(/^core\//, ""), kind };
}

export function kindOf(object: JsonObject): string {
  return asString(object.kind);
}

export function apiVersionOf(object: JsonObject): string {
  return asString(object.apiVersion);
}

export function metadataOf(object: JsonObject): JsonObject {
  return asObject(object.metadata);
}

export function nameOf(object: JsonObject): string {
  return asString(metadataOf(object).name);
}

/** The namespace that the object names; empty where it names none. */
export function namespaceOf(object: JsonObject): string {
  return asString(metadataOf(object).namespace);
}

export function annotationOf(object: JsonObject, annotation: string): string {
  return asString(asObject(metadataOf(object).annotations)[annotation]);
}

/** A copy with these metadata in place of the old ones of the same name. */
export function withMetadata(object: JsonObject, metadata: JsonObject): JsonObject {
  return { ...object, metadata: { ...metadataOf(object), ...metadata } };
}

/** The resource id that Pulumi keeps: `namespace/name`, or `name` for an object of the cluster. */
export function idOf(object: JsonObject): string {
  const namespace = namespaceOf(object);
  return namespace === "" ? nameOf(object) : `${namespace}/${nameOf(object)}`;
}

export function parseId(id: string): { readonly namespace: string; readonly name: string } {
  const [first = "", second] = id.split("/");
  return second === undefined ? { namespace: "", name: first } : { namespace: first, name: second };
}

/** `Deployment atom-local/atom-blue`, for messages. */
export function describe(object: JsonObject): string {
  return `${kindOf(object)} ${idOf(object)}`;
}
