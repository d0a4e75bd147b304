import { chmod, mkdir, rename, rm } from "node:fs/promises";
import { join, posix } from "node:path";
import type { Workshop } from "../recipe.ts";
import type { ToolFiles } from "../store.ts";
import type { Architecture, PublishedArchive, PublishedExecutable, ReleaseSource } from "../tool.ts";
import { checksumOf, verifyChecksum } from "./checksums.ts";
import { Downloads } from "./download.ts";
import type { ReleaseNetwork } from "./network.ts";
import { unpack } from "./unpack.ts";

type Published = PublishedExecutable | PublishedArchive;

const usualNames: Readonly<Record<Architecture, string>> = { x64: "amd64", arm64: "arm64" };

/** An address or a path of a release's row, for one version and architecture. */
export function fillTemplate(template: string, source: ReleaseSource, version: string, architecture: string): string {
  const names: Readonly<Record<string, string>> = source.architectures ?? usualNames;
  const name = names[architecture];
  if (name === undefined) throw new Error(`there is no release for ${architecture}`);
  return template.replaceAll("{version}", version).replaceAll("{arch}", name);
}

/** The executables of a release. What is downloaded becomes one only after its checksum was found right. */
export async function takeRelease(
  source: ReleaseSource,
  workshop: Workshop,
  network: ReleaseNetwork,
): Promise<ToolFiles> {
  const { folder, machine, tool } = workshop;
  const version = source.version ?? tool.version;
  const fill = (template: string): string => fillTemplate(template, source, version, machine.architecture);
  const downloads = new Downloads(network, workshop);
  const scratch = join(folder, "download");
  const bin = join(folder, "bin");
  await mkdir(scratch);
  await mkdir(bin);
  for (const [index, published] of source.files.entries()) {
    const url = new URL(fill(published.url));
    const name = posix.basename(url.pathname);
    const expected = await expectedChecksum(published, name, fill, workshop, downloads);
    const file = join(scratch, name);
    const label = source.files.length === 1 ? name : `${name} (${index + 1} of ${source.files.length})`;
    const actual = await downloads.save(url, file, label);
    verifyChecksum(url.href, expected, actual);
    if ("program" in published) await placeExecutable(file, join(bin, published.program));
    else await unpackExecutables(file, published, fill, bin, workshop);
  }
  await rm(scratch, { recursive: true });
  return { version, executables: Object.fromEntries(tool.executables.map((name) => [name, join("bin", name)])) };
}

async function expectedChecksum(
  { checksums, sha256 }: Published,
  name: string,
  fill: (template: string) => string,
  { machine }: Workshop,
  downloads: Downloads,
): Promise<string> {
  const pinned = Object.entries(sha256 ?? {}).find(([architecture]) => architecture === machine.architecture)?.[1];
  // A server of the user's own may serve builds of the user's own; no pin can know them.
  if (pinned !== undefined && !downloads.network.isOwnMirror) return pinned;
  const address = fill(checksums);
  const { content } = await downloads.read(new URL(address));
  return checksumOf(name, content.toString("utf8"), address);
}

async function placeExecutable(file: string, executable: string): Promise<void> {
  await chmod(file, 0o755);
  await rename(file, executable);
}

async function unpackExecutables(
  file: string,
  { programs, folder }: PublishedArchive,
  fill: (template: string) => string,
  bin: string,
  { update, signal }: Workshop,
): Promise<void> {
  update(`unpacking ${posix.basename(file)}`);
  const wanted = new Map(Object.entries(programs).map(([name, path]) => [fill(path), name]));
  const missing = new Set(wanted.keys());
  await unpack(
    file,
    "gzip",
    (path, { type }) => {
      const name = wanted.get(path);
      missing.delete(path);
      if (name !== undefined) return join(bin, name);
      const isBeside = folder !== undefined && posix.dirname(path) === folder && type === "file";
      return isBeside ? join(bin, posix.basename(path)) : undefined;
    },
    signal,
  );
  if (missing.size > 0) throw new Error(`${posix.basename(file)} has no ${[...missing].join(", ")}`);
}
