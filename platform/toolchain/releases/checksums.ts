import { posix } from "node:path";

/** What arrived is not what its publisher signed for; it is thrown away. */
export class ChecksumError extends Error {
  override readonly name = "ChecksumError";

  constructor(what: string, expected: string, actual: string) {
    super(`${what} has the SHA-256 ${actual}, and its publisher names ${expected}`);
  }
}

/** The SHA-256 of a file in what its publisher wrote: lines of `sha256sum`, or one digest alone. Throws where there is not exactly one. */
export function checksumOf(file: string, text: string, source: string): string {
  const alone = /^\s*([0-9a-f]{64})\s*$/i.exec(text)?.[1];
  if (alone !== undefined) return alone.toLowerCase();
  const named = [...text.matchAll(/^([0-9a-f]{64})[ \t]+\*?(\S+)[ \t]*\r?$/gim)]
    .filter(([, , name = ""]) => posix.basename(name) === file)
    .map(([, digest = ""]) => digest.toLowerCase());
  const [digest, ...others] = new Set(named);
  if (digest === undefined) throw new Error(`${source} has no SHA-256 of ${file}`);
  if (others.length > 0) throw new Error(`${source} has more than one SHA-256 of ${file}`);
  return digest;
}

/** Throws {@link ChecksumError} unless both are the same. */
export function verifyChecksum(what: string, expected: string, actual: string): void {
  if (expected !== actual) throw new ChecksumError(what, expected, actual);
}
