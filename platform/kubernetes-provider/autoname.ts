import { createHash, randomBytes } from "node:crypto";
import { asObject, type JsonObject } from "./json.ts";
import { annotationOf, annotations, metadataOf, nameOf, withMetadata } from "./kubernetes-object.ts";

export interface Autonaming {
  /** The resource's name in the program. */
  readonly name: string;
  /** From the engine, so that the preview's name is the update's; empty where it sends none. */
  readonly seed: Uint8Array;
  /** The inputs of the last update; empty where there was none. */
  readonly old: JsonObject;
  /** The name that the project's autonaming rules propose. */
  readonly proposed: string | undefined;
}

export function isAutonamed(object: JsonObject): boolean {
  return annotationOf(object, annotations.autonamed) === "true";
}

function withName(inputs: JsonObject, name: string): JsonObject {
  const noted = { ...asObject(metadataOf(inputs).annotations), [annotations.autonamed]: "true" };
  return withMetadata(inputs, { name, annotations: noted });
}

/**
 * The inputs with a name: their own, else the one that was made up before, else `<name>-<8 hex digits>`. A name that was made up is noted in
 * an annotation: such an object is replaced by creating the new one first.
 */
export function withAutoname(inputs: JsonObject, { name, seed, old, proposed }: Autonaming): JsonObject {
  if (nameOf(inputs) !== "") return inputs;
  if (isAutonamed(old)) return withName(inputs, nameOf(old));
  const digits = seed.length > 0 ? createHash("sha256").update(seed).digest() : randomBytes(4);
  return withName(inputs, proposed ?? `${name}-${digits.toString("hex").slice(0, 8)}`);
}
