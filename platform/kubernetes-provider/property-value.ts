import { isObject, type Json, type JsonObject } from "./json.ts";

/** The engine's marks, as the wire format of Pulumi defines them. */
const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";
const UNKNOWN_VALUES = new Set([
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

export function isSecret(value: Json | undefined): value is JsonObject {
  return isObject(value) && value[SIGNATURE_KEY] === SECRET_SIGNATURE;
}

export function secret(value: Json): JsonObject {
  return isSecret(value) ? value : { [SIGNATURE_KEY]: SECRET_SIGNATURE, value };
}

/** The value without its secret marks, at any depth. */
export function withoutSecrets(value: Json): Json {
  if (isSecret(value)) return withoutSecrets(value.value ?? null);
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutSecrets(item)]));
}

function some(value: Json, test: (value: Json) => boolean): boolean {
  if (test(value)) return true;
  if (Array.isArray(value)) return value.some((item) => some(item, test));
  return isObject(value) && Object.values(value).some((item) => some(item, test));
}

/** True when part of the value is not known yet, as in a preview that waits for another resource. */
export function hasUnknown(value: Json): boolean {
  return some(value, (part) => typeof part === "string" && UNKNOWN_VALUES.has(part));
}

/**
 * Marks the parts of `outputs` that were secret in `inputs`. An array with one secret in it becomes secret as a whole: the API server may
 * reorder it. The data of a Secret is always marked.
 */
export function markSecrets(outputs: JsonObject, inputs: JsonObject): JsonObject {
  const marked: JsonObject = { ...outputs };
  if (outputs.kind === "Secret") {
    for (const key of ["data", "stringData"]) {
      if (marked[key] !== undefined) marked[key] = secret(marked[key]);
    }
    return marked;
  }
  for (const [key, input] of Object.entries(inputs)) {
    const output = marked[key];
    if (output === undefined) continue;
    if (isObject(output) && isObject(input) && !isSecret(input)) marked[key] = markSecrets(output, input);
    else if (some(input, isSecret)) marked[key] = secret(output);
  }
  return marked;
}
