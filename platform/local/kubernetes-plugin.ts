import { execFile } from "node:child_process";
import { lookup } from "node:dns/promises";
import { readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** How long the official download may take before the stand-in is used, in milliseconds. */
const downloadDeadlineMs = 60_000;

const downloadHost = "get.pulumi.com";

/** Which Kubernetes provider plugin the Pulumi engine will find. */
export interface KubernetesPlugin {
  readonly kind: "official" | "stand-in";
  /** The folder to put on the engine's PATH, for the stand-in alone. */
  readonly directory?: string;
}

/** The stand-in's folder: it holds an executable named as the engine expects a plugin to be. */
const standInDirectory = path.join(import.meta.dirname, "..", "kubernetes-provider", "bin");

/**
 * The official plugin where it is installed or can be downloaded; else the stand-in, which serves the stack `local` and tests alone.
 *
 * @param pulumi path of the Pulumi CLI
 */
export async function findKubernetesPlugin(
  pulumi: string,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<KubernetesPlugin> {
  const version = pluginVersion();
  if (await isInstalled(version, env)) return { kind: "official" };
  // Asked first, because the CLI itself tries five times over ten seconds before it says that there is no network.
  if (!(await resolves(downloadHost))) return { kind: "stand-in", directory: standInDirectory };
  try {
    await run(pulumi, ["plugin", "install", "resource", "kubernetes", version], {
      env,
      timeout: downloadDeadlineMs,
      ...(signal === undefined ? {} : { signal }),
    });
    return { kind: "official" };
  } catch (error) {
    if (signal?.aborted === true) throw error;
    return { kind: "stand-in", directory: standInDirectory };
  }
}

async function resolves(host: string): Promise<boolean> {
  return lookup(host).then(
    () => true,
    () => false,
  );
}

/** The plugin's version is that of the package which describes its resources. */
function pluginVersion(): string {
  const manifest = createRequire(import.meta.url)("@pulumi/kubernetes/package.json") as { readonly version: string };
  return manifest.version;
}

async function isInstalled(version: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const plugins = path.join(env.PULUMI_HOME ?? path.join(homedir(), ".pulumi"), "plugins");
  const installed: readonly string[] = await readdir(plugins).catch(() => []);
  return installed.includes(`resource-kubernetes-v${version}`);
}
