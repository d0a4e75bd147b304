import { hash } from "node:crypto";
import { z } from "zod";
import type { ImageFile } from "../tool.ts";
import { verifyChecksum } from "./checksums.ts";
import type { Ask, Downloads } from "./download.ts";
import { DownloadError, type Answer } from "./network.ts";
import type { StallTimer } from "./stall-timer.ts";
import type { Compression } from "./unpack.ts";

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const descriptor = z.object({ mediaType: z.string(), digest });
const imageIndex = z.object({
  manifests: z.array(
    descriptor.extend({ platform: z.object({ os: z.string(), architecture: z.string() }).optional() }),
  ),
});
const imageManifest = z.object({ config: descriptor, layers: z.array(descriptor).min(1) });
const imageConfig = z.object({ os: z.string(), architecture: z.string() });
const token = z.union([
  z.object({ token: z.string().min(1) }),
  z.object({ access_token: z.string().min(1) }).transform(({ access_token }) => ({ token: access_token })),
]);

export type LayerDescriptor = z.infer<typeof descriptor>;

/** Docker's names and those of the Open Container Initiative, for an index and for a manifest. */
const accepted = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** How an image names the architectures. */
const architectures: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/** One repository of a container registry, read by its HTTP API without an account. */
export class ImageRepository {
  readonly #image: ImageFile;
  readonly #downloads: Downloads;
  #authorization: string | undefined;

  constructor(image: ImageFile, downloads: Downloads) {
    this.#image = image;
    this.#downloads = downloads;
  }

  /** The layers of the image for one architecture, the lowest first. Each document is checked against the digest that leads to it. */
  async layers(reference: string, architecture: string): Promise<readonly LayerDescriptor[]> {
    const wanted = architectures[architecture];
    const first: unknown = JSON.parse(await this.#manifest(reference));
    const index = imageIndex.safeParse(first);
    if (!index.success) return this.#layersOf(imageManifest.parse(first), wanted);
    const own = index.data.manifests.find(
      ({ platform }) => platform?.os === "linux" && platform.architecture === wanted,
    );
    if (own === undefined)
      throw new Error(`${this.#image.repository} has no image for linux/${wanted ?? architecture}`);
    return this.#layersOf(imageManifest.parse(JSON.parse(await this.#manifest(own.digest))), wanted);
  }

  /** Writes a layer's blob, checked against its digest. */
  async saveLayer(layer: LayerDescriptor, file: string, label: string): Promise<void> {
    const url = this.#address(`blobs/${layer.digest}`);
    const actual = await this.#downloads.save(url, file, label, this.#ask());
    verifyChecksum(url.href, layer.digest, `sha256:${actual}`);
  }

  /** An image without an index says in its config what it is for. */
  async #layersOf(
    manifest: z.infer<typeof imageManifest>,
    wanted: string | undefined,
  ): Promise<readonly LayerDescriptor[]> {
    const text = await this.#document(`blobs/${manifest.config.digest}`, manifest.config.digest);
    const { os, architecture } = imageConfig.parse(JSON.parse(text));
    if (os !== "linux" || architecture !== wanted)
      throw new Error(`the image ${this.#image.repository} is for ${os}/${architecture}`);
    return manifest.layers;
  }

  #manifest(reference: string): Promise<string> {
    const expected = reference.startsWith("sha256:") ? reference : undefined;
    return this.#document(`manifests/${reference}`, expected, { accept: accepted });
  }

  async #document(path: string, expected: string | undefined, headers: Record<string, string> = {}): Promise<string> {
    const url = this.#address(path);
    const { content } = await this.#downloads.read(url, this.#ask(headers));
    if (expected !== undefined) verifyChecksum(url.href, expected, `sha256:${hash("sha256", content)}`);
    return content.toString("utf8");
  }

  #address(path: string): URL {
    return new URL(`https://${this.#image.registry}/v2/${this.#image.repository}/${path}`);
  }

  /** Asks without a token first; a registry that wants one says where anybody gets it. */
  #ask(headers: Readonly<Record<string, string>> = {}): Ask {
    return async (url, timer) => {
      const answer = await this.#request(url, headers, timer);
      const challenge = answer.headers["www-authenticate"];
      if (answer.status !== 401 || challenge === undefined) return answer;
      answer.body.destroy();
      this.#authorization = `Bearer ${await this.#token(url, challenge)}`;
      return this.#request(url, headers, timer);
    };
  }

  #request(url: URL, headers: Readonly<Record<string, string>>, timer: StallTimer): Promise<Answer> {
    const authorization = this.#authorization === undefined ? {} : { authorization: this.#authorization };
    return this.#downloads.network.request(url, { headers: { ...headers, ...authorization }, timer });
  }

  async #token(from: URL, challenge: string): Promise<string> {
    const [, scheme = "", rest = ""] = /^(\w+)\s+(.*)$/.exec(challenge) ?? [];
    const parameters = new Map(
      [...rest.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [name, value]),
    );
    const realm = URL.parse(parameters.get("realm") ?? "");
    if (scheme.toLowerCase() !== "bearer" || realm === null)
      throw new DownloadError(from, "asks for credentials, and names no place where anybody gets a token");
    for (const name of ["service", "scope"]) {
      const value = parameters.get(name);
      if (value !== undefined) realm.searchParams.set(name, value);
    }
    const { content } = await this.#downloads.read(realm);
    return token.parse(JSON.parse(content.toString("utf8"))).token;
  }
}

/** How a layer is packed, by its media type. */
export function compressionOf({ mediaType }: LayerDescriptor): Compression {
  if (/[.+]gzip$/.test(mediaType)) return "gzip";
  if (mediaType.endsWith("+zstd")) return "zstd";
  return "none";
}
