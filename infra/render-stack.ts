import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../components/errors/user-error.ts";
import { collect } from "./collect.ts";
import { parseStackConfig } from "./config/parse.ts";
import { readStackFile } from "./config/stack-file.ts";
import { manifestFiles, manifestHeader } from "./manifests.ts";

/** The folder to render into holds files that no rendering wrote. */
export class ForeignFilesError extends UserError {
  override readonly name = "ForeignFilesError";
  readonly files: readonly string[];

  constructor(directory: string, files: readonly string[]) {
    const some = files.slice(0, 5).join(", ");
    super(
      `${directory} holds files that no rendering wrote: ${some}${files.length > 5 ? ` and ${files.length - 5} more` : ""}.\n` +
        "Nothing was written. Name a folder that is new or empty.",
    );
    this.files = files;
  }
}

export interface RenderOptions {
  /** The project's folder, with Pulumi.<stack>.yaml. */
  readonly root: string;
  readonly stack: string;
  /** The folder to write into. */
  readonly out: string;
}

/**
 * Writes the manifests of a stack's first run and returns the files' names. An earlier rendering in the same folder is replaced. Throws
 * a StackFileMissingError, a ConfigError or a {@link ForeignFilesError}, and then writes nothing.
 */
export async function renderStack({ root, stack, out }: RenderOptions): Promise<string[]> {
  const raw = await readStackFile(root, stack, await stackNames(root));
  parseStackConfig(stack, raw, { requireSecrets: false });
  const earlier = await earlierFiles(out);
  const { resources } = await collect({ stack, raw });
  const files = manifestFiles(resources);
  await mkdir(out, { recursive: true });
  await Promise.all(earlier.map((name) => rm(path.join(out, name))));
  await Promise.all(files.map(({ name, text }) => writeFile(path.join(out, name), text)));
  return files.map(({ name }) => name);
}

/** The stacks that have a file. */
export async function stackNames(root: string): Promise<string[]> {
  const names = (await readdir(root)).map((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1]);
  return names.filter((name) => name !== undefined).sort();
}

async function earlierFiles(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  });
  const ours = await Promise.all(names.map((name) => isOurs(path.join(directory, name))));
  const foreign = names.filter((_, index) => ours[index] !== true);
  if (foreign.length > 0) throw new ForeignFilesError(directory, foreign);
  return names;
}

async function isOurs(file: string): Promise<boolean> {
  if (!file.endsWith(".yaml")) return false;
  return (await readFile(file, "utf8").catch(() => "")).startsWith(manifestHeader);
}
