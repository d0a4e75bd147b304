import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { stackFileName } from "../../components/names/stack-name.ts";
import { TargetError } from "./errors.ts";

/** What a release needs of a stack's configuration: where the environment is. All else it has from the environment itself. */
export interface StackFile {
  readonly context: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly services: readonly string[];
}

/**
 * Reads `Pulumi.<stack>.yaml`; `undefined` where there is no such file, for the cluster alone is enough. Throws a {@link TargetError} for a
 * file that is there and cannot be used, a `StackNameError` for what is no stack's name.
 */
export async function readStackFile(folder: string, stack: string): Promise<StackFile | undefined> {
  const name = stackFileName(stack);
  const text = await readFile(path.join(folder, name), "utf8").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new TargetError(`${name} cannot be read: ${(error as Error).message}`, { cause: error });
  });
  if (text === undefined) return undefined;
  // Only a checkout has such a file: what goes back without one does not wait for a parser.
  const [{ parse }, { z }] = await Promise.all([import("yaml"), import("zod")]);
  const schema = z.looseObject({
    config: z.looseObject({
      "atom:cluster": z.looseObject({ context: z.string().exactOptional(), kubeconfig: z.string().exactOptional() }),
      "atom:services": z.record(z.string(), z.unknown()).default({}),
    }),
  });
  try {
    const { config } = schema.parse(parse(text));
    const { context, kubeconfig } = config["atom:cluster"];
    return { context, kubeconfig, services: Object.keys(config["atom:services"]) };
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new TargetError(`${name} does not say which cluster the stack is in: ${why}`, { cause });
  }
}

/** Names of the stacks that have a file in the folder. */
export async function stacksIn(folder: string): Promise<readonly string[]> {
  const files: readonly string[] = await readdir(folder).catch(() => []);
  return files.flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []).sort();
}
