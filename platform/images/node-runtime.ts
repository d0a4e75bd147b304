import { stat } from "node:fs/promises";
import path from "node:path";
import { digestLayer, type Layer } from "./layer.ts";
import { sharedLibraries } from "./libraries.ts";

/** The project's folder. */
export const root = path.join(import.meta.dirname, "..", "..");
/** Where a program of ours lies in its image. */
export const home = "/app";
/** The user that it runs as, numeric, so that Kubernetes can tell that it is not root. */
export const user = 10_001;

/**
 * The layer below our programs: Node, what it and these native modules load, and a user.
 * @param nativeModules paths of `.node` files
 */
export async function nodeRuntime(nativeModules: readonly string[], signal?: AbortSignal): Promise<Layer> {
  const node = await nodeExecutable();
  return await digestLayer(
    [
      { path: "/usr/local/bin/node", file: node, mode: 0o755 },
      ...(await sharedLibraries([node, ...nativeModules])),
      { path: "/etc/passwd", text: `atom:x:${user}:${user}::${home}:/nonexistent\n` },
      { path: "/etc/group", text: `atom:x:${user}:\n` },
      { path: "/tmp", directory: true, mode: 0o1777 },
    ],
    signal,
  );
}

/** The Node that the lock file names, whatever runs this; else the one that does. */
async function nodeExecutable(): Promise<string> {
  const installed = path.join(root, "node_modules", "node", "bin", "node");
  return await stat(installed).then(
    () => installed,
    () => process.execPath,
  );
}
