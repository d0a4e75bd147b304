import type { BySlot } from "../../components/names/slot-name.ts";
import { otherSlot, slotNames } from "../../components/names/slot-name.ts";
import { labelKeys } from "../../components/names/labels.ts";
import { leaseName } from "../../components/names/names.ts";
import { changedSecrets } from "../../components/workload/secret-version.ts";
import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import type { ClusterApi, FencedWriter } from "../cluster/api.ts";
import { NotFoundError } from "../cluster/errors.ts";
import { leases, services, virtualServices } from "../cluster/resources.ts";
import { DeploymentSlots, type SlotContent } from "../cluster/slots.ts";
import type { SlotHealth } from "../release/ports.ts";
import type { StatusFacts } from "../report/status.ts";
import { liveWeights } from "../router/live-weights.ts";
import type { Site } from "./site.ts";
import type { Target } from "./target.ts";

/** Whoever looks changes nothing. */
const readOnly: FencedWriter = {
  write: (resource, { name }) => Promise.reject(new Error(`${resource.plural} ${name} is only looked at`)),
};

/** What a look needs of an environment. */
export interface Looked extends Pick<Site, "clock" | "store" | "openPlan"> {
  readonly cluster: ClusterApi;
  readonly target: Pick<Target, "namespace" | "service" | "stack">;
}

/** Looks at an environment. Only the ledger must be there; whatever else cannot be seen is left out. */
export async function lookAt(site: Looked, signal: AbortSignal): Promise<StatusFacts> {
  const { target, clock, store } = site;
  const [ledger, plan, contents, holder] = await Promise.all([
    store.read(signal),
    seen(site.openPlan(signal), signal),
    seen(contentsOf(site, signal), signal),
    seen(holderOf(site, signal), signal),
  ]);
  const slots = contents && { blue: contents.blue.health, green: contents.green.health };
  const weights = plan === undefined ? undefined : await seen(weightsOf(site, plan.plan, slots, signal), signal);
  return {
    ledger,
    environment: target.stack ?? target.namespace,
    now: clock.now(),
    weights,
    slots,
    // By the hashes that the templates carry: no Secret is read.
    changedSecrets: contents && changedSecrets(contents.blue.template, contents.green.template),
    holder,
  };
}

async function seen<T>(look: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    return await look;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

async function contentsOf(
  { cluster, target: { namespace, service } }: Looked,
  signal: AbortSignal,
): Promise<BySlot<SlotContent>> {
  const slots = new DeploymentSlots({ cluster, writer: readOnly, namespace, service, replicas: 1 });
  const [blue, green] = await Promise.all([slots.lookInto("blue", signal), slots.lookInto("green", signal)]);
  return { blue, green };
}

async function holderOf({ cluster, target }: Looked, signal: AbortSignal): Promise<string | null> {
  const { namespace, service } = target;
  try {
    const { spec } = await cluster.get(leases, { namespace, name: leaseName(service) }, { signal });
    return spec?.holderIdentity === undefined || spec.holderIdentity === "" ? null : spec.holderIdentity;
  } catch (error) {
    if (error instanceof NotFoundError) return null;
    throw error;
  }
}

async function weightsOf(
  { cluster, target }: Looked,
  { router }: ReleasePlan,
  slots: BySlot<SlotHealth> | undefined,
  signal: AbortSignal,
): Promise<BySlot<number> | undefined> {
  const { namespace, service: name } = target;
  if (router.kind === "istio") return liveWeights(await cluster.get(virtualServices, { namespace, name }, { signal }));
  const { spec } = await cluster.get(services, { namespace, name }, { signal });
  const only = slotNames.find((slot) => spec?.selector?.[labelKeys.slot] === slot);
  if (only !== undefined) return only === "blue" ? { blue: 100, green: 0 } : { blue: 0, green: 100 };
  if (slots === undefined) return undefined;
  // The Service selects both: the pods that are ready share the requests.
  const share = (slot: keyof typeof slots): number => {
    const ready = slots[slot].readyReplicas;
    const all = ready + slots[otherSlot(slot)].readyReplicas;
    return all === 0 ? 0 : (100 * ready) / all;
  };
  return { blue: share("blue"), green: share("green") };
}
