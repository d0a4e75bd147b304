import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import type { ImageRecipe } from "./archive.ts";
import { digestLayer, type Layer, type LayerEntry } from "./layer.ts";
import { home, root, user } from "./node-runtime.ts";
import { productionModules } from "./production-modules.ts";
import { programFiles } from "./program-files.ts";

const program = "delivery";

/**
 * The image of the `atom` command, for releases from a Job in the cluster: `delivery/` and the modules and packages that it imports.
 * It stands on the runtime of Atom's image, so that a node that has the one needs a few megabytes for the other.
 */
export async function deliveryRecipe(runtime: Layer, signal?: AbortSignal): Promise<ImageRecipe> {
  const { files, packages } = await programFiles(root, program);
  const [dependencies, source] = await Promise.all([
    productionModules(root, "", home, packages).then((entries) => digestLayer(entries, signal)),
    digestLayer(sourceEntries(files), signal),
  ]);
  const version = await projectVersion();
  return {
    reference: `atom.local/atom-delivery:${version}`,
    config: {
      User: `${user}:${user}`,
      WorkingDir: home,
      Env: ["PATH=/usr/local/bin:/usr/bin:/bin", "NODE_ENV=production"],
      Entrypoint: ["node", `${program}/atom.ts`],
      Labels: {
        "org.opencontainers.image.title": "atom-delivery",
        "org.opencontainers.image.version": version,
        "org.opencontainers.image.licenses": "Apache-2.0",
      },
    },
    layers: [runtime, dependencies, source],
  };
}

function sourceEntries(files: readonly string[]): readonly LayerEntry[] {
  return ["package.json", ...files].map((file) => ({ path: path.posix.join(home, file), file: path.join(root, file) }));
}

async function projectVersion(): Promise<string> {
  const text = await readFile(path.join(root, "package.json"), "utf8");
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}
