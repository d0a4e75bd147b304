import path from "node:path";
import { createProgram } from "../../infra/program.ts";
import { stackCommand, type StackCommandName, type StackCommandResult } from "../../infra/engine.ts";
import {
  clusterTools,
  defaultClusterName,
  metricsServerTools,
  startCluster,
  type Cluster,
} from "../cluster/cluster.ts";
import { ensureImages, imageTools } from "../images/images.ts";
import type { Reporter } from "../progress.ts";
import { ensureTools, type Toolchain } from "../toolchain/ensure.ts";
import { engineEnvironment, instanceAddresses, localStack } from "./engine-environment.ts";

/** This project's own folder. */
export const projectFolder = path.join(import.meta.dirname, "..", "..");

export interface LocalStackOptions {
  /** The instance of the cluster. @default "local" */
  readonly name?: string;
  /** Whether HorizontalPodAutoscalers have the readings that they scale by. @default false */
  readonly metricsServer?: boolean;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** What `npm start` brings up before the stack: the tools, the images made of them, and the cluster that runs them. */
export async function startLocalCluster({
  name = defaultClusterName,
  metricsServer = false,
  reporter,
  signal,
}: LocalStackOptions): Promise<{ cluster: Cluster; toolchain: Toolchain }> {
  const more = metricsServer ? metricsServerTools : [];
  const tools = [...new Set([...clusterTools, ...more, ...imageTools, "pulumi"] as const)];
  const toolchain = await ensureTools(tools, { reporter, signal });
  const images = await ensureImages(toolchain, { reporter, signal });
  return { cluster: await startCluster({ name, reporter, toolchain, images, metricsServer, signal }), toolchain };
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
