import { open, type FileHandle } from "node:fs/promises";
import { blob, configBlob, type Blob, type ImageRecipe } from "./archive.ts";
import { ImageError } from "./image-error.ts";
import type { WrittenLayer } from "./layer.ts";
import { writeTarFile } from "./tar-file.ts";

const ociConfig = "application/vnd.oci.image.config.v1+json";
const ociLayer = "application/vnd.oci.image.layer.v1.tar";
const ociManifest = "application/vnd.oci.image.manifest.v1+json";

/**
 * Writes an archive that names the layers of another one and holds none: some kilobytes, imported in milliseconds. An OCI
 * layout may do so and a docker-archive may not. Only a containerd that has imported `base` can import it (measured with
 * containerd 1.6; it keeps the layers for as long as either image is there).
 */
export async function writeVariantArchive(recipe: ImageRecipe, base: string, file: string): Promise<void> {
  const layers = await archivedLayers(base);
  const config = configBlob(recipe, layers);
  const manifest = blob({
    schemaVersion: 2,
    mediaType: ociManifest,
    config: describe(ociConfig, config),
    layers: layers.map(({ diffId, size }) => ({ mediaType: ociLayer, digest: diffId, size })),
  });
  const annotations = { "io.containerd.image.name": recipe.reference };
  const index = { schemaVersion: 2, manifests: [{ ...describe(ociManifest, manifest), annotations }] };

  await writeTarFile(file, (tar) => {
    tar.add({ name: "oci-layout" }, JSON.stringify({ imageLayoutVersion: "1.0.0" }));
    for (const { digest, text } of [config, manifest]) tar.add({ name: `blobs/${digest.replace(":", "/")}` }, text);
    tar.add({ name: "index.json" }, JSON.stringify(index));
    return Promise.resolve();
  });
}

function describe(mediaType: string, { digest, text }: Blob): object {
  return { mediaType, digest, size: Buffer.byteLength(text) };
}

const blockBytes = 512;
const layerName = /^([0-9a-f]{64})\.tar$/;

/** The layers in an archive of ours, by their headers alone: their names hold their digests. */
async function archivedLayers(archive: string): Promise<readonly Omit<WrittenLayer, "file">[]> {
  const layers: Omit<WrittenLayer, "file">[] = [];
  await using handle = await open(archive);
  for (let offset = 0; ;) {
    const header = await readHeader(handle, offset);
    if (header === undefined) break;
    const digest = layerName.exec(header.name)?.[1];
    if (digest !== undefined) layers.push({ diffId: `sha256:${digest}`, size: header.size });
    offset += blockBytes * (1 + Math.ceil(header.size / blockBytes));
  }
  if (layers.length === 0) throw new ImageError(`${archive} is not an archive of ours: it has no layers.`);
  return layers;
}

/** The header of a tar entry, or undefined at the tar's end. Our archives' names are short, so no entry needs more than one. */
async function readHeader(
  handle: FileHandle,
  offset: number,
): Promise<{ readonly name: string; readonly size: number } | undefined> {
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(blockBytes), 0, blockBytes, offset);
  const field = (start: number, end: number): string => buffer.toString("latin1", start, end).replace(/\0.*$/s, "");
  const name = field(0, 100);
  return bytesRead < blockBytes || name === "" ? undefined : { name, size: Number.parseInt(field(124, 136), 8) };
}
