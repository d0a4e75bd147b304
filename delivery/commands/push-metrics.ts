import { metricsOf } from "../metrics/exposition.ts";
import { metricsEndpoint, pushMetrics } from "../metrics/push.ts";
import { messageOf } from "../release/persist.ts";
import { environmentOf, type Site } from "../target/site.ts";

/** Pushes what the ledger has. Answers whether there is somewhere to push to. */
export async function pushMetricsOf(site: Site, signal: AbortSignal): Promise<boolean> {
  const endpoint = metricsEndpoint(process.env);
  if (endpoint === undefined) return false;
  const { service } = site.target;
  const environment = environmentOf(site);
  const ledger = await site.store.read(signal);
  await pushMetrics(metricsOf(ledger, environment), endpoint, { environment, service }, signal);
  return true;
}

/** Pushes at a release's end, if there is somewhere to push to. What goes wrong is told, and changes nothing about the release. */
export async function pushAfterwards(site: Site): Promise<void> {
  try {
    await pushMetricsOf(site, new AbortController().signal);
  } catch (error) {
    process.stderr.write(
      `The deployment metrics were not pushed: ${messageOf(error)}\nThe next release pushes them, or: atom metrics push.\n`,
    );
  }
}
