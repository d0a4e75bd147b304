import { createHash, hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { chunkBytes, writeTarFile, type EntryHeader, type TarFile } from "./tar-file.ts";

/** Something in a layer. Paths are absolute in the image. All belongs to root unless `owner` says otherwise. */
export type LayerEntry =
  | { readonly path: string; readonly directory: true; readonly mode?: number; readonly owner?: number }
  | { readonly path: string; readonly text: string; readonly mode?: number }
  | { readonly path: string; readonly file: string; readonly mode?: number };

/** A layer that is not written yet: its entries in the order of the tar, and a digest of all that they are. */
export interface Layer {
  readonly entries: readonly DigestedEntry[];
  /** Changes whenever a name, a mode, an owner or a byte of the layer does. */
  readonly digest: string;
}

type DigestedEntry = LayerEntry & { readonly size: number; readonly contentDigest: string };

/** A layer's tar. */
export interface WrittenLayer {
  readonly file: string;
  readonly size: number;
  /** `sha256:…` of the uncompressed tar. */
  readonly diffId: string;
}

/** Reads what the entries name, adds the folders that they lie in, and puts all in order. */
export async function digestLayer(entries: readonly LayerEntry[], signal?: AbortSignal): Promise<Layer> {
  const byPath = new Map<string, LayerEntry>();
  for (const entry of entries) {
    for (let folder = path.posix.dirname(entry.path); folder !== "/"; folder = path.posix.dirname(folder))
      if (!byPath.has(folder)) byPath.set(folder, { path: folder, directory: true });
    byPath.set(entry.path, entry);
  }
  const sorted = [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  const digested: DigestedEntry[] = [];
  for (const entry of sorted) digested.push({ ...entry, ...(await digestContent(entry, signal)) });
  const identity = digested.map((entry) => [tarHeader(entry), entry.contentDigest]);
  return { entries: digested, digest: hash("sha256", JSON.stringify(identity)) };
}

/** Writes a layer's tar: the same layer gives the same bytes. */
export async function writeLayer(layer: Layer, file: string, signal?: AbortSignal): Promise<WrittenLayer> {
  const diff = createHash("sha256");
  let size = 0;
  const onChunk = (chunk: Uint8Array): void => {
    diff.update(chunk);
    size += chunk.length;
  };
  const fill = async (tar: TarFile): Promise<void> => {
    for (const entry of layer.entries) await addEntry(tar, entry);
  };
  await writeTarFile(file, fill, { signal, onChunk });
  return { file, size, diffId: `sha256:${diff.digest("hex")}` };
}

async function addEntry(tar: TarFile, entry: DigestedEntry): Promise<void> {
  const header = tarHeader(entry);
  if (!("file" in entry)) tar.add(header, "text" in entry ? entry.text : "");
  else if (entry.size <= chunkBytes) tar.add(header, await readFile(entry.file));
  else await tar.addFile(header, entry.file);
}

async function digestContent(
  entry: LayerEntry,
  signal?: AbortSignal,
): Promise<{ readonly size: number; readonly contentDigest: string }> {
  if ("directory" in entry) return { size: 0, contentDigest: "" };
  if ("text" in entry) return { size: Buffer.byteLength(entry.text), contentDigest: hash("sha256", entry.text) };
  const { size } = await stat(entry.file);
  // A stream costs a millisecond, and a layer may have thousands of files.
  if (size <= chunkBytes) return { size, contentDigest: hash("sha256", await readFile(entry.file, { signal })) };
  const content = createHash("sha256");
  await pipeline(createReadStream(entry.file, { highWaterMark: chunkBytes }), content, { signal });
  return { size, contentDigest: content.digest("hex") };
}

/** Owners of this machine would make equal layers differ. */
function tarHeader(entry: LayerEntry & { readonly size: number }): EntryHeader & { readonly size: number } {
  const owner = "directory" in entry ? (entry.owner ?? 0) : 0;
  const { size } = entry;
  const shared = { name: entry.path.slice(1), uid: owner, gid: owner, size };
  if ("directory" in entry) return { ...shared, type: "directory", mode: entry.mode ?? 0o755 };
  return { ...shared, type: "file", mode: entry.mode ?? 0o644 };
}
