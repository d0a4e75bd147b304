import { createHash } from "node:crypto";
import { createReadStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Readable } from "node:stream";
import { extract, type Header } from "tar-stream";

export interface TarEntry {
  readonly header: Header;
  readonly digest: string;
  /** Kept for small entries only. */
  readonly text: string;
}

/** What a tar holds, by name. */
export async function readTar(tar: string | Readable): Promise<ReadonlyMap<string, TarEntry>> {
  const entries = new Map<string, TarEntry>();
  const source = typeof tar === "string" ? createReadStream(tar, { highWaterMark: 1024 * 1024 }) : tar;
  for await (const entry of source.pipe(extract())) {
    const hash = createHash("sha256");
    const kept: Buffer[] = [];
    for await (const chunk of entry as AsyncIterable<Buffer>) {
      hash.update(chunk);
      if (entry.header.size < 65_536) kept.push(chunk);
    }
    const { header } = entry;
    entries.set(header.name, { header, digest: hash.digest("hex"), text: Buffer.concat(kept).toString() });
  }
  return entries;
}

/** A folder that goes when the test ends. */
export class TemporaryFolder implements Disposable {
  readonly path = mkdtempSync(path.join(tmpdir(), "atom-images-"));

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
