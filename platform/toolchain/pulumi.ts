import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Workshop } from "./recipe.ts";
import type { ToolFiles } from "./store.ts";

const installer = "https://get.pulumi.com/install.sh";
/** A machine that reaches the download answers in far less; one that does not must not be kept waiting. */
const reachableMs = 3_000;
const installMs = 5 * 60_000;

/** What is asked of the network and of the Automation API; tests stand in others. */
export interface PulumiOrigin {
  isReachable(signal: AbortSignal | undefined): Promise<boolean>;
  /** Puts the CLI that goes with our Pulumi SDK, and its language hosts, into `root`/bin; gives its version. */
  install(root: string): Promise<string>;
}

export const pulumiOrigin: PulumiOrigin = {
  async isReachable(signal) {
    const limit = AbortSignal.timeout(reachableMs);
    try {
      const request = { method: "HEAD", signal: signal === undefined ? limit : AbortSignal.any([signal, limit]) };
      return (await fetch(installer, request)).ok;
    } catch {
      signal?.throwIfAborted();
      return false;
    }
  },
  async install(root) {
    // Imported here: it is large, and needed on machines only that can download.
    const { PulumiCommand } = await import("@pulumi/pulumi/automation/index.js");
    const { version } = await PulumiCommand.install({ root });
    return version?.version ?? "unknown";
  },
};

/** The official CLI, put into our cache instead of the user's `~/.pulumi`. Rejects where it cannot be reached. */
export async function downloadPulumi(workshop: Workshop, origin: PulumiOrigin = pulumiOrigin): Promise<ToolFiles> {
  if (!(await origin.isReachable(workshop.signal))) throw new Error(`${installer} cannot be reached`);
  workshop.update("official download");
  const timer = new AbortController();
  const giveUp = delay(installMs, undefined, {
    signal: workshop.signal === undefined ? timer.signal : AbortSignal.any([timer.signal, workshop.signal]),
  }).then(
    () => {
      throw new Error(`the official download took longer than ${installMs / 1000} s`);
    },
    () => {
      workshop.signal?.throwIfAborted();
    },
  );
  try {
    const version = await Promise.race([origin.install(workshop.folder), giveUp]);
    return { version: version ?? workshop.tool.version, executables: { pulumi: join("bin", "pulumi") } };
  } finally {
    timer.abort();
  }
}
