import { mkdir, rm } from "node:fs/promises";
import { join, posix } from "node:path";
import type { Workshop } from "../recipe.ts";
import type { ToolFiles } from "../store.ts";
import type { ImageFile, ImageSource } from "../tool.ts";
import { Downloads } from "./download.ts";
import type { ReleaseNetwork } from "./network.ts";
import { compressionOf, ImageRepository } from "./registry.ts";
import { unpack } from "./unpack.ts";

/** Executables out of the layers of container images. A layer is read only when its digest was found right. */
export async function takeFromImages(
  source: ImageSource,
  workshop: Workshop,
  network: ReleaseNetwork,
): Promise<ToolFiles> {
  const { folder, tool } = workshop;
  const version = source.version ?? tool.version;
  const downloads = new Downloads(network, workshop);
  const scratch = join(folder, "download");
  await mkdir(join(folder, "bin"));
  for (const [name, image] of Object.entries(source.programs)) {
    await mkdir(scratch);
    // What the digest of the row was taken of is not what a server of the user's own serves.
    const digest = network.isOwnMirror ? undefined : image.digest;
    const reference = digest ?? image.tag.replaceAll("{version}", version);
    await takeFromImage(
      image,
      reference,
      { name, scratch, executable: join(folder, "bin", name) },
      workshop,
      downloads,
    );
    await rm(scratch, { recursive: true });
  }
  return { version, executables: Object.fromEntries(tool.executables.map((name) => [name, join("bin", name)])) };
}

interface Target {
  readonly name: string;
  readonly scratch: string;
  readonly executable: string;
}

/** The highest layer that says something of the file decides; the ones below it need not be downloaded. */
async function takeFromImage(
  image: ImageFile,
  reference: string,
  { name, scratch, executable }: Target,
  { machine, signal, update }: Workshop,
  downloads: Downloads,
): Promise<void> {
  const repository = new ImageRepository(image, downloads);
  const layers = await repository.layers(reference, machine.architecture);
  for (const [index, layer] of [...layers.entries()].reverse()) {
    const file = join(scratch, `layer-${index}`);
    await repository.saveLayer(layer, file, `${name}, layer ${index + 1} of ${layers.length}`);
    update(`unpacking ${name}`);
    const seen = { file: false, removal: false };
    const place = (path: string): string | undefined => {
      seen.removal ||= removes(path, image.path);
      if (path !== image.path) return undefined;
      seen.file = true;
      return executable;
    };
    await unpack(file, compressionOf(layer), place, signal);
    if (seen.file) return;
    if (seen.removal) break;
    await rm(file);
  }
  throw new Error(`the image ${image.registry}/${image.repository}:${reference} has no ${image.path}`);
}

/** Whether an entry of a layer removes a path of the layers below: by name, or all that was in one of its folders. */
export function removes(entry: string, path: string): boolean {
  const folder = posix.dirname(entry);
  const name = posix.basename(entry);
  if (!name.startsWith(".wh.")) return false;
  const isInside = (of: string): boolean => of === "." || path.startsWith(`${of}/`);
  if (name === ".wh..wh..opq") return isInside(folder);
  const removed = posix.join(folder, name.slice(".wh.".length));
  return path === removed || isInside(removed);
}
