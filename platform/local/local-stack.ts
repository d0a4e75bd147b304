import path from "node:path";
import { createProgram } from "../../infra/program.ts";
import { stackCommand, type StackCommandName, type StackCommandResult } from "../../infra/engine.ts";
import {
  clusterTools,
  defaultClusterName,
  startCluster,
  toolsOnRequest,
  type Cluster,
  type PartOnRequest,
} from "../cluster/cluster.ts";
import { ensureImages, imageTools } from "../images/images.ts";
import type { Reporter } from "../progress.ts";
import { ensureTools, type Toolchain } from "../toolchain/ensure.ts";
import type { ToolName } from "../toolchain/tools.ts";
import { engineEnvironment, instanceAddresses, localStack } from "./engine-environment.ts";

/** This project's own folder. */
export const projectFolder = path.join(import.meta.dirname, "..", "..");

export interface LocalStackOptions {
  /** The instance of the cluster. @default "local" */
  readonly name?: string;
  /** What the cluster has beside what every instance has. @default nothing */
  readonly parts?: readonly PartOnRequest[];
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** The tools of a cluster with these parts, of the images in it, and of a stack. */
export function localTools(parts: readonly PartOnRequest[]): readonly ToolName[] {
  const requested = parts.flatMap((part): readonly ToolName[] => toolsOnRequest[part]);
  return [...new Set([...clusterTools, ...requested, ...imageTools, "pulumi" as const])];
}

/** What `npm start` brings up before the stack: the tools, the images made of them, and the cluster that runs them. */
export async function startLocalCluster({
  name = defaultClusterName,
  parts = [],
  reporter,
  signal,
}: LocalStackOptions): Promise<{ cluster: Cluster; toolchain: Toolchain }> {
  const toolchain = await ensureTools(localTools(parts), { reporter, signal });
  const images = await ensureImages(toolchain, { reporter, signal });
  return { cluster: await startCluster({ name, reporter, toolchain, images, parts, signal }), toolchain };
}

export interface LocalCommandOptions {
  readonly command: StackCommandName;
  readonly cluster: Cluster;
  readonly toolchain: Toolchain;
  readonly signal: AbortSignal;
  readonly onOutput?: (text: string) => void;
  /** Images in place of the configured ones, by service. @default none */
  readonly images?: Readonly<Record<string, string>>;
}

/** Runs a stack command on the stack `local` of a running embedded cluster. */
export async function localStackCommand({
  cluster,
  toolchain,
  images = {},
  ...options
}: LocalCommandOptions): Promise<StackCommandResult> {
  const env = await engineEnvironment(cluster, toolchain, options.signal);
  return stackCommand({
    ...options,
    stack: localStack,
    workDir: projectFolder,
    env,
    pulumi: toolchain.path("pulumi"),
    program: (ports) => createProgram({ ...ports, images, instance: instanceAddresses(cluster) }),
  });
}
