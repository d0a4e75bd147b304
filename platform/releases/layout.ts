import { createHash, hash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readdir, realpath, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { constants, createGzip } from "node:zlib";
import { writeTarFile } from "../images/tar-file.ts";
import { fillTemplate } from "../toolchain/releases/release.ts";
import type { ToolFiles } from "../toolchain/store.ts";
import type { ImageFile, ImageSource, PublishedArchive, PublishedSource, ReleaseSource } from "../toolchain/tool.ts";

/** What is served at a path: a file, or a text. */
export type Offer = { readonly file: string } | { readonly text: string; readonly contentType: string };

/** Paths, each `/<host>/<path>` of an official address, with what is served there. */
export type Offers = ReadonlyMap<string, Offer>;

export interface OwnBuild {
  readonly source: PublishedSource;
  readonly version: string;
  readonly files: ToolFiles;
}

/** Lays a tool of ours out as its publisher does. Archives and layers are written into `folder`; plain executables stay where they are. */
export async function layOut(
  build: OwnBuild,
  { folder, architecture, signal }: { folder: string; architecture: string; signal?: AbortSignal | undefined },
): Promise<Offers> {
  await mkdir(folder, { recursive: true });
  const { source } = build;
  return source.kind === "release"
    ? layOutRelease({ ...build, source }, { folder, architecture, signal })
    : layOutImages({ ...build, source }, { folder, architecture, signal });
}

interface Layout {
  readonly folder: string;
  readonly architecture: string;
  readonly signal: AbortSignal | undefined;
}

async function layOutRelease(
  { source, version, files }: OwnBuild & { readonly source: ReleaseSource },
  { folder, architecture, signal }: Layout,
): Promise<Offers> {
  const fill = (template: string): string => fillTemplate(template, source, version, architecture);
  const offers = new Map<string, Offer>();
  const checksums = new Map<string, string>();
  for (const published of source.files) {
    const url = fill(published.url);
    const name = basename(new URL(url).pathname);
    const file =
      "program" in published
        ? await realpath(executableOf(files, published.program))
        : await packArchive(files, published, fill, { file: join(folder, name), signal });
    offers.set(pathOf(url), { file });
    const list = pathOf(fill(published.checksums));
    checksums.set(list, `${checksums.get(list) ?? ""}${await sha256Of(file, signal)}  ${name}\n`);
  }
  for (const [path, text] of checksums) offers.set(path, { text, contentType: "text/plain" });
  return offers;
}

async function packArchive(
  files: ToolFiles,
  { programs, folder }: PublishedArchive,
  fill: (template: string) => string,
  { file, signal }: { file: string; signal: AbortSignal | undefined },
): Promise<string> {
  const entries = new Map(Object.entries(programs).map(([name, path]) => [fill(path), executableOf(files, name)]));
  const [first] = Object.keys(programs);
  if (folder !== undefined && first !== undefined) {
    const home = dirname(executableOf(files, first));
    for (const name of await readdir(home)) entries.set(`${folder}/${name}`, join(home, name));
  }
  return packTar(entries, file, signal);
}

async function layOutImages(
  { source, version, files }: OwnBuild & { readonly source: ImageSource },
  layout: Layout,
): Promise<Offers> {
  const offers = new Map<string, Offer>();
  for (const [name, image] of Object.entries(source.programs)) {
    const executable = executableOf(files, name);
    for (const [path, offer] of await layOutImage(image, version, executable, layout)) offers.set(path, offer);
  }
  return offers;
}

/** An image of one layer that holds the executable alone. */
async function layOutImage(
  { registry, repository, tag, path }: ImageFile,
  version: string,
  executable: string,
  { folder, architecture, signal }: Layout,
): Promise<Offers> {
  const platform = { os: "linux", architecture: architecture === "x64" ? "amd64" : architecture };
  const packed = join(folder, `${basename(repository)}.tar.gz`);
  const layerFile = await packTar(new Map([[path, executable]]), packed, signal);
  const layer = {
    mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
    digest: `sha256:${await sha256Of(layerFile, signal)}`,
    size: (await stat(layerFile)).size,
  };
  const config = document("application/vnd.oci.image.config.v1+json", platform);
  const manifest = document("application/vnd.oci.image.manifest.v1+json", {
    schemaVersion: 2,
    config: config.descriptor,
    layers: [layer],
  });
  const index = document("application/vnd.oci.image.index.v1+json", {
    schemaVersion: 2,
    manifests: [{ ...manifest.descriptor, platform }],
  });
  const at = (rest: string): string => `/${registry}/v2/${repository}/${rest}`;
  return new Map<string, Offer>([
    [at(`manifests/${tag.replaceAll("{version}", version)}`), index.offer],
    [at(`manifests/${index.descriptor.digest}`), index.offer],
    [at(`manifests/${manifest.descriptor.digest}`), manifest.offer],
    [at(`blobs/${config.descriptor.digest}`), config.offer],
    [at(`blobs/${layer.digest}`), { file: layerFile }],
  ]);
}

function document(contentType: string, value: object) {
  const text = JSON.stringify({ mediaType: contentType, ...value });
  const digest = `sha256:${hash("sha256", text)}`;
  return {
    descriptor: { mediaType: contentType, digest, size: Buffer.byteLength(text) },
    offer: { text, contentType },
  };
}

/** Fast rather than small: it is read once, over loopback. */
const gzipLevel = constants.Z_BEST_SPEED;

async function packTar(
  entries: ReadonlyMap<string, string>,
  file: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const tarFile = `${file}.tar`;
  await writeTarFile(
    tarFile,
    async (tar) => {
      for (const [name, path] of entries) await tar.addFile({ name, mode: 0o755, size: (await stat(path)).size }, path);
    },
    { signal },
  );
  await pipeline(createReadStream(tarFile), createGzip({ level: gzipLevel }), createWriteStream(file), { signal });
  await rm(tarFile);
  return file;
}

async function sha256Of(file: string, signal: AbortSignal | undefined): Promise<string> {
  const content = createHash("sha256");
  await pipeline(createReadStream(file), content, { signal });
  return content.digest("hex");
}

function executableOf({ executables }: ToolFiles, name: string): string {
  const path = executables[name];
  if (path === undefined) throw new Error(`the tool has no executable ${name}`);
  return path;
}

function pathOf(address: string): string {
  const { host, pathname } = new URL(address);
  return `/${host}${pathname}`;
}
