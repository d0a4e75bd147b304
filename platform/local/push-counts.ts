import { readStackFile } from "../../infra/config/stack-file.ts";
import type { InstanceAddresses } from "../../infra/instance.ts";
import { stackNames } from "../../infra/render-stack.ts";
import { pushAfterwards } from "../../delivery/commands/push-metrics.ts";
import { openSite } from "../../delivery/target/site.ts";

export interface PushCountsOptions {
  /** The project's folder, with Pulumi.<stack>.yaml. */
  readonly folder: string;
  readonly stack: string;
  /** Where the stack is, in place of what its configuration says. */
  readonly instance: InstanceAddresses;
  /** With METRICS_ENDPOINT; without it nothing is pushed. */
  readonly variables: NodeJS.ProcessEnv;
}

/** How long the ledger may take to be read, in milliseconds. */
const readWithin = 10_000;

/**
 * Pushes the deployment metrics of each service of a stack that was just brought up: a series that begins with its first event, and not at 0, has
 * no increase. What goes wrong is told, and is no failure of the `up`.
 */
export async function pushCounts({ folder, stack, instance, variables }: PushCountsOptions): Promise<void> {
  if ((variables.METRICS_ENDPOINT ?? "") === "") return;
  const { services } = (await readStackFile(folder, stack, await stackNames(folder))).values;
  const { context, kubeconfig } = instance;
  for (const service of Object.keys(services ?? {})) {
    using site = await openSite({ stack, service, context, kubeconfig }, { folder, variables });
    await pushAfterwards(site, site.store.read(AbortSignal.timeout(readWithin)));
  }
}
