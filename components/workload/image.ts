/** What makes a reference to an image acceptable, for messages. */
export const imageRule =
  'an image with a fixed tag or a digest, such as "registry.example/atom:1.4.2" or "registry.example/atom@sha256:…"';

const name = /^[a-z0-9]+(?:[._:/-]+[a-z0-9]+)*$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const digestPattern = /^sha256:[0-9a-f]{64}$/;

interface ImageReference {
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** Splits a reference into its parts; `undefined` where it is none, or where it names no fixed version (no tag, or `latest`). */
export function parseImage(reference: string): ImageReference | undefined {
  const [tagged = "", digest, ...rest] = reference.split("@");
  if (rest.length > 0 || (digest !== undefined && !digestPattern.test(digest))) return undefined;
  const colon = tagged.lastIndexOf(":");
  const hasTag = colon > tagged.lastIndexOf("/");
  const tag = hasTag ? tagged.slice(colon + 1) : undefined;
  const repository = hasTag ? tagged.slice(0, colon) : tagged;
  if (!name.test(repository) || (tag !== undefined && !tagPattern.test(tag))) return undefined;
  if (digest === undefined && (tag === undefined || tag === "latest")) return undefined;
  return { tag, digest };
}

/**
 * The version that an image's pods carry as a label: its tag, else the first 12 characters of its digest.
 * Shortened and trimmed to what a label allows.
 */
export function imageVersion(reference: string): string {
  const parsed = parseImage(reference);
  const version = parsed?.tag ?? parsed?.digest?.slice("sha256:".length, "sha256:".length + 12) ?? "unknown";
  return version.slice(0, 63).replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "") || "unknown";
}
