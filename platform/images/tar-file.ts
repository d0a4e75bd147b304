import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { pack, type Header, type Pack } from "tar-stream";

/** Large enough that reading and writing cost little beside hashing. */
export const chunkBytes = 1024 * 1024;

export interface TarFileOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told of the tar's bytes as they are written. */
  readonly onChunk?: (chunk: Uint8Array) => void;
}

/**
 * Writes a tar of what `fill` adds to it. Entries have no time but the epoch, because times of this machine would make equal tars differ.
 * Rejects when `fill` does, when the file cannot be written, or with the signal's reason; the file is then not whole.
 */
export async function writeTarFile(
  file: string,
  fill: (tar: TarFile) => Promise<void>,
  { signal, onChunk }: TarFileOptions = {},
): Promise<void> {
  await using output = await open(file, "w");
  const tar = pack({ highWaterMark: chunkBytes });
  const save = async (): Promise<void> => {
    for await (const chunk of tar as AsyncIterable<Uint8Array>) {
      signal?.throwIfAborted();
      onChunk?.(chunk);
      await output.writeFile(chunk);
    }
  };
  const add = async (): Promise<void> => {
    try {
      await fill(new TarFile(tar));
      tar.finalize();
    } catch (error) {
      tar.destroy(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  };
  await Promise.all([save(), add()]);
}

export type EntryHeader = Pick<Header, "name"> & Partial<Header>;

/** A tar that is being written. */
export class TarFile {
  readonly #tar: Pack;

  constructor(tar: Pack) {
    this.#tar = tar;
  }

  add(header: EntryHeader, content: string | Uint8Array = ""): void {
    this.#tar.entry({ ...header, mtime: new Date(0) }, content);
  }

  /** Adds a file of exactly `header.size` bytes. */
  async addFile(header: EntryHeader & Pick<Header, "size">, file: string): Promise<void> {
    const source = createReadStream(file, { highWaterMark: chunkBytes });
    await pipeline(source, this.#tar.entry({ ...header, mtime: new Date(0) }));
  }
}
