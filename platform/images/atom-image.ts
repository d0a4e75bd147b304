import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import type { ImageConfig, ImageRecipe } from "./archive.ts";
import { digestLayer, type Layer, type LayerEntry } from "./layer.ts";
import { home, nodeRuntime, root, user } from "./node-runtime.ts";
import { productionModules } from "./production-modules.ts";

const workspace = "service";

/** One of many images of the same service. */
export interface AtomVariant {
  /** What the image says that it is, in its labels. */
  readonly version: string;
  readonly reference: string;
  /** Environment that is built in, such as `ATOM_FAULTS` for a version that is bad. @default none */
  readonly env?: Readonly<Record<string, string>>;
}

/** Lowest first, so that a changed source leaves the large ones as they are. */
export interface AtomLayers {
  /** Node and the libraries that it and the native modules load. Atom's other image stands on it as well. */
  readonly runtime: Layer;
  readonly own: readonly Layer[];
}

/** The version in the service's package.json. */
export async function serviceVersion(): Promise<string> {
  const text = await readFile(path.join(root, workspace, "package.json"), "utf8");
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

/** What the service loads from npm, and its source above it. */
export async function atomLayers(signal?: AbortSignal): Promise<AtomLayers> {
  const modules = await productionModules(root, workspace, home);
  const nativeModules = modules.flatMap((entry) =>
    "file" in entry && entry.path.endsWith(".node") ? [entry.file] : [],
  );
  const [runtime, dependencies, source] = await Promise.all([
    nodeRuntime(nativeModules, signal),
    digestLayer([...modules, { path: "/data", directory: true, owner: user }], signal),
    sourceEntries().then((entries) => digestLayer(entries, signal)),
  ]);
  return { runtime, own: [dependencies, source] };
}

export function atomRecipe({ version, reference, env = {} }: AtomVariant, { runtime, own }: AtomLayers): ImageRecipe {
  const environment = {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    NODE_ENV: "production",
    // LanceDB's own lines on standard error are not JSON; below errors they say nothing of use.
    LANCEDB_LOG: "error",
    ...env,
  };
  const config: ImageConfig = {
    User: `${user}:${user}`,
    WorkingDir: home,
    Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    Entrypoint: ["node", "src/main.ts"],
    ExposedPorts: { "8000/tcp": {} },
    Labels: {
      "org.opencontainers.image.title": "atom",
      "org.opencontainers.image.version": version,
      "org.opencontainers.image.licenses": "Apache-2.0",
    },
  };
  return { reference, config, layers: [runtime, ...own] };
}

async function sourceEntries(): Promise<readonly LayerEntry[]> {
  const folder = path.join(root, workspace);
  const files = await readdir(path.join(folder, "src"), { recursive: true, withFileTypes: true });
  const sources = files.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  return [path.join(folder, "package.json"), ...sources].map((file) => ({
    path: path.posix.join(home, path.relative(folder, file)),
    file,
  }));
}
