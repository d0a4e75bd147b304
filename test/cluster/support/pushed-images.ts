import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { importImages } from "../../../platform/cluster/image-import.ts";
import type { ImageRecipe } from "../../../platform/images/archive.ts";
import { atomLayers, atomRecipe, type AtomLayers } from "../../../platform/images/atom-image.ts";
import { deliveryRecipe } from "../../../platform/images/delivery-image.ts";
import { ensureImages } from "../../../platform/images/images.ts";
import { writeVariantArchive } from "../../../platform/images/variant-archive.ts";
import type { OwnCluster } from "../../support/own-cluster.ts";

const run = promisify(execFile);

/** Digests of the two images that a build pushes, by the stages of their Dockerfiles. */
export interface Digests {
  readonly service: string;
  readonly delivery: string;
}

/** Images that an embedded cluster has by the digests of their manifests alone, as a node has what it pulled from a registry. */
export class PushedImages implements AsyncDisposable {
  readonly #cluster: string;
  readonly #registry: string;
  readonly #folder: string;
  readonly #layers: AtomLayers;
  /** Archives of images with the same layers. */
  readonly #bases: Digests;
  #versions = 0;

  private constructor(cluster: string, registry: string, folder: string, layers: AtomLayers, bases: Digests) {
    this.#cluster = cluster;
    this.#registry = registry;
    this.#folder = folder;
    this.#layers = layers;
    this.#bases = bases;
  }

  /** @param registry what comes before the images' names */
  static async create({ cluster, toolchain }: OwnCluster, registry: string): Promise<PushedImages> {
    const images = await ensureImages(toolchain);
    // The sources may have changed since the cluster was started.
    await importImages(cluster.name, images);
    const archiveOf = (name: string): string =>
      images.find(({ reference }) => reference.startsWith(`atom.local/${name}:`))?.archive ?? "";
    const bases = { service: archiveOf("atom"), delivery: archiveOf("atom-delivery") };
    const folder = await mkdtemp(path.join(tmpdir(), "atom-pushed-"));
    return new PushedImages(cluster.name, registry, folder, await atomLayers(), bases);
  }

  /** Pushes a version of the service that was never there before, and the releaser. @param faults what it does to its users */
  async push(faults: object): Promise<Digests> {
    const version = `2.${++this.#versions}.0`;
    const variant = { version, reference: "", env: { ATOM_FAULTS: JSON.stringify(faults) } };
    return {
      service: await this.#push("atom", atomRecipe(variant, this.#layers), this.#bases.service),
      delivery: await this.#push("atom-delivery", await deliveryRecipe(this.#layers.runtime), this.#bases.delivery),
    };
  }

  /** After the cluster, or at the end of what runs these images. */
  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }

  async #push(name: string, recipe: ImageRecipe, base: string): Promise<string> {
    // An image's name is no part of its manifest.
    const unnamed = path.join(this.#folder, "unnamed.tar");
    await writeVariantArchive(recipe, base, unnamed);
    const { stdout } = await run("tar", ["--extract", "--to-stdout", "--file", unnamed, "index.json"]);
    const [manifest] = (JSON.parse(stdout) as { readonly manifests: readonly { readonly digest: string }[] }).manifests;
    if (manifest === undefined) throw new Error("the archive has no manifest");
    const { digest } = manifest;
    const reference = `${this.#registry}/${name}@${digest}`;
    const archive = path.join(this.#folder, `${digest.replace(":", "-")}.tar`);
    await writeVariantArchive({ ...recipe, reference }, base, archive);
    await importImages(this.#cluster, [{ reference, archive }]);
    return digest;
  }
}
