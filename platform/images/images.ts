import type { Reporter } from "../progress.ts";
import type { Toolchain } from "../toolchain/ensure.ts";
import type { ToolName } from "../toolchain/tools.ts";
import { atomLayers, atomRecipe, serviceVersion, type AtomLayers, type AtomVariant } from "./atom-image.ts";
import { deliveryRecipe } from "./delivery-image.ts";
import { ImageStore } from "./image-store.ts";
import { toolImages, toolRecipe } from "./tool-image.ts";

/** An image in the form that `ctr image import` and `docker load` take. */
export interface Image {
  /** Full name with tag, such as `atom.local/atom:0.1.0`. */
  readonly reference: string;
  /** Absolute path of a tar; its name holds the digest of its content, so it never changes. */
  readonly archive: string;
}

export interface ImagesOptions {
  /** Told of each image that is made; nothing when all are in the cache. @default silent */
  readonly reporter?: Reporter;
  /** @default `$XDG_CACHE_HOME/atom/images`, or `~/.cache/atom/images` */
  readonly cacheDir?: string;
  /** Ends the work and rejects with the signal's reason. @default never */
  readonly signal?: AbortSignal;
}

/** What `ensureImages` takes from its toolchain: ask `ensureTools` for these. */
export const imageTools: readonly ToolName[] = [...new Set(toolImages.map(({ tool }) => tool))];

/**
 * Makes every image that the embedded cluster runs from our own files, or finds it in the cache: pause, Prometheus,
 * Alertmanager, the config reloader, Atom and its releaser. Throws an `ImageError` when something that belongs in one is not there.
 */
export async function ensureImages(
  toolchain: Pick<Toolchain, "path">,
  options: ImagesOptions = {},
): Promise<readonly Image[]> {
  const store = new ImageStore(options);
  const images: Image[] = [];
  for (const image of toolImages) images.push(await store.ensure(await toolRecipe(image, toolchain, options.signal)));
  const layers = await atomLayers(options.signal);
  images.push(await ensureAtomImage(store, layers));
  images.push(await store.ensure(await deliveryRecipe(layers.runtime, options.signal)));
  return images;
}

/**
 * Makes an image of the service with a version, a name and an environment of its own. It shares all layers with the `atom` image of
 * {@link ensureImages} and its archive does not hold them: import that one first. So a test can have many of them.
 */
export async function buildAtomImage(variant: AtomVariant, options: ImagesOptions = {}): Promise<Image> {
  const store = new ImageStore(options);
  const layers = await atomLayers(options.signal);
  return await store.ensureVariant(atomRecipe(variant, layers), await ensureAtomImage(store, layers));
}

async function ensureAtomImage(store: ImageStore, layers: AtomLayers): Promise<Image> {
  const version = await serviceVersion();
  return await store.ensure(atomRecipe({ version, reference: `atom.local/atom:${version}` }, layers));
}
