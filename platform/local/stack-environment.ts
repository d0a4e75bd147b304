import { readStackFile } from "../../infra/config/stack-file.ts";
import { stackNames } from "../../infra/render-stack.ts";
import { ClusterError, clusterStatus } from "../cluster/cluster.ts";
import type { Reporter } from "../progress.ts";
import { ensureTools } from "../toolchain/ensure.ts";
import { engineEnvironment, localStack } from "./engine-environment.ts";
import { projectFolder } from "./local-stack.ts";

export interface StackEnvironment {
  /** Variables for the engine beyond this process's own. */
  readonly env: Readonly<Record<string, string>>;
  /** Path of the Pulumi CLI. */
  readonly pulumi: string;
}

export interface StackEnvironmentOptions {
  readonly stack: string;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/**
 * What a stack command needs. The stack `local` is that of the embedded cluster, which must run (else a ClusterError); every other
 * stack uses the backend, the kubeconfig and the official plugins of whoever calls. Throws a StackFileMissingError.
 */
export async function stackEnvironment({
  stack,
  reporter,
  signal,
}: StackEnvironmentOptions): Promise<StackEnvironment> {
  // Before anything is built or asked: a mistyped name would make a new, empty stack.
  await readStackFile(projectFolder, stack, await stackNames(projectFolder));
  const toolchain = await ensureTools(["pulumi"], { reporter, signal });
  const pulumi = toolchain.path("pulumi");
  if (stack !== localStack) return { env: {}, pulumi };
  const { cluster, phase } = await clusterStatus();
  if (cluster === undefined || phase !== "ready")
    throw new ClusterError({
      what: `the stack "${localStack}" cannot be reached`,
      why: `the embedded cluster that it lives in is ${phase}`,
      wayOut: "npm start",
    });
  return { env: await engineEnvironment(cluster, toolchain, signal), pulumi };
}
