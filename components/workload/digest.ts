import { createHash } from "node:crypto";

/** JSON with sorted keys and without absent values: equal values have equal text, however they were written. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1)))
      : inner,
  );
}

/**
 * Digest of a pod template without its slot and digest labels: the first 12 hexadecimal characters of the SHA-256 of its canonical
 * JSON. Two templates with one digest run the same thing, whichever slot they are in.
 */
export function templateDigest(template: unknown): string {
  return createHash("sha256").update(canonicalJson(template)).digest("hex").slice(0, 12);
}
