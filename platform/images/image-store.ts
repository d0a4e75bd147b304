import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { recipeDigest, writeArchive, type ImageRecipe } from "./archive.ts";
import type { Image, ImagesOptions } from "./images.ts";
import { writeVariantArchive } from "./variant-archive.ts";
import { silentReporter } from "../progress.ts";

const hourMs = 3_600_000;
/** Another start may be about to import the one that is replaced. */
const replacedLifetimeMs = hourMs;
const unusedLifetimeMs = 30 * 24 * hourMs;

/** Archives by the digest of what is in them. One that is there under its name is whole, and never changes. */
export class ImageStore {
  readonly #folder: string;
  readonly #options: ImagesOptions;

  constructor(options: ImagesOptions) {
    this.#options = options;
    this.#folder = options.cacheDir ?? defaultCacheFolder();
  }

  /** The image's archive with all its layers, written unless it is there. */
  async ensure(recipe: ImageRecipe): Promise<Image> {
    const { reference } = recipe;
    const archive = this.#path(recipe, "");
    const estimate = { estimateSeconds: 3 };
    if (!(await touch(archive)))
      await (this.#options.reporter ?? silentReporter).task(`Image ${reference}`, estimate, () =>
        this.#write(archive, (draft) => writeArchive(recipe, draft, this.#options.signal)),
      );
    return { reference, archive };
  }

  /** The image's archive without the layers, which are those of `base`. */
  async ensureVariant(recipe: ImageRecipe, base: Image): Promise<Image> {
    const archive = this.#path(recipe, "-variant");
    if (!(await touch(archive)))
      await this.#write(archive, (draft) => writeVariantArchive(recipe, base.archive, draft));
    return { reference: recipe.reference, archive };
  }

  #path(recipe: ImageRecipe, suffix: string): string {
    return path.join(this.#folder, `${fileName(recipe.reference)}${suffix}-${recipeDigest(recipe).slice(0, 32)}.tar`);
  }

  async #write(archive: string, write: (draft: string) => Promise<void>): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    // In the same folder, because a rename is atomic only within a file system.
    const draft = path.join(this.#folder, `.${path.basename(archive)}.${randomUUID()}`);
    try {
      await write(draft);
      await rename(draft, archive);
    } finally {
      await rm(draft, { force: true });
    }
    await this.#prune(archive);
  }

  /** Removes older archives of the same image, and whatever nobody has used for long: drafts of killed builds too. */
  async #prune(current: string): Promise<void> {
    const name = path.basename(current).replace(/[^-]*$/, "");
    for (const entry of await readdir(this.#folder)) {
      const file = path.join(this.#folder, entry);
      const isReplaced = entry.replace(/^\./, "").startsWith(name);
      const lifetimeMs = isReplaced ? replacedLifetimeMs : unusedLifetimeMs;
      const usedAt = await stat(file).then(
        ({ mtimeMs }) => mtimeMs,
        () => undefined,
      );
      if (file !== current && usedAt !== undefined && Date.now() - usedAt > lifetimeMs) await rm(file, { force: true });
    }
  }
}

/** `$XDG_CACHE_HOME/atom/images`, or `~/.cache/atom/images`. */
function defaultCacheFolder(): string {
  const cache = process.env.XDG_CACHE_HOME;
  return path.join(cache === undefined || cache === "" ? path.join(homedir(), ".cache") : cache, "atom", "images");
}

function fileName(reference: string): string {
  return reference.replaceAll(/[^A-Za-z0-9.]+/g, "_");
}

/** Marks a file as used; whether it is there. */
async function touch(file: string): Promise<boolean> {
  const now = new Date();
  return await utimes(file, now, now).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
      throw error;
    },
  );
}
