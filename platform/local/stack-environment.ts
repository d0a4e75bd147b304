import path from "node:path";
import { readStackFile } from "../../infra/config/stack-file.ts";
import type { InstanceAddresses } from "../../infra/instance.ts";
import { stackNames } from "../../infra/render-stack.ts";
import { ClusterError, clusterStatus } from "../cluster/cluster.ts";
import type { Reporter } from "../progress.ts";
import { ensureTools } from "../toolchain/ensure.ts";
import { dynamicProviderFolders } from "./dynamic-provider.ts";
import { engineEnvironment, instanceAddresses, localStack } from "./engine-environment.ts";

export interface StackEnvironment {
  /** Variables for the engine beyond this process's own. */
  readonly env: Readonly<Record<string, string>>;
  /** Path of the Pulumi CLI. */
  readonly pulumi: string;
  /** Where the stack is, in place of what its configuration says. */
  readonly instance: InstanceAddresses;
}

export interface StackEnvironmentOptions {
  /** The project's folder, with Pulumi.<stack>.yaml. */
  readonly folder: string;
  readonly stack: string;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/**
 * What a stack command needs. The stack `local` is that of the embedded cluster, which must run (else a ClusterError); every other
 * stack uses the backend, the kubeconfig and the official plugins of whoever calls. Throws a StackFileMissingError.
 */
export async function stackEnvironment({
  folder,
  stack,
  reporter,
  signal,
}: StackEnvironmentOptions): Promise<StackEnvironment> {
  // Before anything is built or asked: a mistyped name would make a new, empty stack.
  await readStackFile(folder, stack, await stackNames(folder));
  const toolchain = await ensureTools(["pulumi"], { reporter, signal });
  const pulumi = toolchain.path("pulumi");
  if (stack !== localStack) return { env: await ownEnvironment(pulumi), pulumi, instance: {} };
  const { cluster, phase } = await clusterStatus();
  if (cluster === undefined || phase !== "ready")
    throw new ClusterError({
      what: `the stack "${localStack}" cannot be reached`,
      why: `the embedded cluster that it lives in is ${phase}`,
      wayOut: "npm start",
    });
  return { env: await engineEnvironment(cluster, toolchain, signal), pulumi, instance: instanceAddresses(cluster) };
}

/** The caller's own environment, with the host of dynamic providers where their CLI came without one. */
async function ownEnvironment(pulumi: string): Promise<Readonly<Record<string, string>>> {
  const folders = await dynamicProviderFolders(pulumi);
  return folders.length === 0 ? {} : { PATH: [process.env.PATH ?? "", ...folders].join(path.delimiter) };
}
