import { hash } from "node:crypto";
import { rm } from "node:fs/promises";
import { writeLayer, type Layer, type WrittenLayer } from "./layer.ts";
import { writeTarFile, type TarFile } from "./tar-file.ts";

/** How a container of the image is run; the keys are those of the image's config. */
export interface ImageConfig {
  /** Numeric, so that Kubernetes can tell that it is not root. */
  readonly User: string;
  readonly WorkingDir: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
}

/** An image before it is written. */
export interface ImageRecipe {
  readonly reference: string;
  readonly config: ImageConfig;
  /** The lowest first: what changes least. */
  readonly layers: readonly Layer[];
}

/** Changes when the same recipe would be written otherwise, so that older archives are not taken for it. */
const format = 1;

/** The digest of all that makes an image what it is. */
export function recipeDigest({ reference, config, layers }: ImageRecipe): string {
  const parts = [format, architecture(), reference, config, layers.map(({ digest }) => digest)];
  return hash("sha256", JSON.stringify(parts));
}

/** Writes a docker-archive. Its layers pass through files beside it, because a tar says how long an entry is before it begins. */
export async function writeArchive(recipe: ImageRecipe, file: string, signal?: AbortSignal): Promise<void> {
  const layerFile = (index: number): string => `${file}.layer-${index}`;
  try {
    const layers: WrittenLayer[] = [];
    for (const [index, layer] of recipe.layers.entries())
      layers.push(await writeLayer(layer, layerFile(index), signal));
    await writeTarFile(file, (tar) => addImage(tar, recipe, layers), { signal });
  } finally {
    for (const index of recipe.layers.keys()) await rm(layerFile(index), { force: true });
  }
}

async function addImage(tar: TarFile, recipe: ImageRecipe, layers: readonly WrittenLayer[]): Promise<void> {
  const config = configBlob(recipe, layers);
  const configName = `${config.digest.replace("sha256:", "")}.json`;
  const layerName = ({ diffId }: WrittenLayer): string => `${diffId.replace("sha256:", "")}.tar`;
  tar.add({ name: configName }, config.text);
  for (const layer of layers) await tar.addFile({ name: layerName(layer), size: layer.size }, layer.file);
  const manifest = [{ Config: configName, RepoTags: [recipe.reference], Layers: layers.map(layerName) }];
  tar.add({ name: "manifest.json" }, JSON.stringify(manifest));
}

/** A piece of text that is named by its digest. */
export interface Blob {
  readonly text: string;
  /** `sha256:…` */
  readonly digest: string;
}

export function blob(value: unknown): Blob {
  const text = JSON.stringify(value);
  return { text, digest: `sha256:${hash("sha256", text)}` };
}

/** The config of an image, as Docker and OCI have it. */
export function configBlob({ config }: ImageRecipe, layers: readonly Pick<WrittenLayer, "diffId">[]): Blob {
  const created = new Date(0).toISOString();
  return blob({
    architecture: architecture(),
    os: "linux",
    created,
    config,
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(() => ({ created })),
  });
}

/** This machine's architecture, as images name it. */
function architecture(): string {
  return process.arch === "x64" ? "amd64" : process.arch;
}
