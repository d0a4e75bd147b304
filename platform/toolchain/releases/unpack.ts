import { createReadStream, createWriteStream } from "node:fs";
import { posix } from "node:path";
import type { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { extract, type Header } from "tar-stream";

/** How a tar is packed. */
export type Compression = "gzip" | "zstd" | "none";

/** Far more than any executable; it stops an archive that unpacks without an end. */
const maxEntryBytes = 2 ** 30;

/**
 * Reads a tar and writes the entries for which `place` gives a file. `place` is asked for every entry, with its path relative to the
 * tar's root. Rejects when what it chose is no plain file, and when the tar is not whole.
 */
export async function unpack(
  archive: string,
  compression: Compression,
  place: (path: string, header: Header) => string | undefined,
  signal?: AbortSignal,
): Promise<void> {
  const tar = extract();
  const take = async (): Promise<void> => {
    for await (const entry of tar) {
      const path = posix.normalize(entry.header.name).replace(/^\/+|\/+$/g, "");
      const file = place(path, entry.header);
      if (file === undefined) {
        entry.resume();
        continue;
      }
      const { type, size } = entry.header;
      if (type !== "file" && type !== "contiguous-file") throw new Error(`${path} in the archive is a ${type}`);
      if (size > maxEntryBytes) throw new Error(`${path} in the archive is larger than ${maxEntryBytes} bytes`);
      await pipeline(entry, createWriteStream(file, { flags: "wx", mode: 0o755 }), { signal });
    }
  };
  const input = createReadStream(archive);
  const [decompress] = decompressors[compression]();
  const feed =
    decompress === undefined ? pipeline(input, tar, { signal }) : pipeline(input, decompress, tar, { signal });
  await Promise.all([feed, take()]);
}

const decompressors: Readonly<Record<Compression, () => readonly Transform[]>> = {
  gzip: () => [createGunzip()],
  zstd: () => [createZstdDecompress()],
  none: () => [],
};
