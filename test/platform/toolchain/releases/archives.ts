import { hash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack, type Header } from "tar-stream";

export type Entry = Pick<Header, "name"> & Partial<Header> & { readonly content?: string };

/** The bytes of a tar. */
export async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const { content = "", ...header } of entries) tar.entry({ mtime: new Date(0), ...header }, content);
  tar.finalize();
  return buffer(tar as AsyncIterable<Uint8Array>);
}

export async function tarGzOf(entries: readonly Entry[]): Promise<Buffer> {
  return gzipSync(await tarOf(entries));
}

export function sha256(content: string | Uint8Array): string {
  return hash("sha256", content);
}
