import { serviceSelectorLabels, slotSelectorLabels } from "../../components/names/labels.ts";
import { otherSlot, type SlotName } from "../../components/names/slot-name.ts";
import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import { canaryHeader, canarySlotHeader } from "../../components/routes/http-routes.ts";
import { directConnections, ForwardedConnections } from "../cluster/pod-connection.ts";
import { services } from "../cluster/resources.ts";
import type { Door } from "../smoke/session.ts";
import type { Site } from "../target/site.ts";
import { forwardPort, type PortForwardOptions } from "./port-forward.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** How requests go in: to the candidate as its guest, and as any user's. */
export interface Doors {
  readonly candidate: Door;
  readonly public: Door;
}

/**
 * Through the gateway, by the address of the plan. `ATOM_ENTRY_URL`, and else the variable of the environment (`STAGING_URL`), has
 * precedence, for whoever reaches it by another one.
 */
export function gatewayDoors({ entry, environment }: ReleasePlan, variables: Environment): Doors {
  const ofEnvironment = `${environment.toUpperCase().replaceAll("-", "_")}_URL`;
  const asked = [variables.ATOM_ENTRY_URL, variables[ofEnvironment]].find((each) => each !== undefined && each !== "");
  const url = new URL(asked ?? entry.url);
  const host = entry.host ?? new URL(entry.url).host;
  const headers = host === url.host ? {} : { host };
  return { public: { url, headers }, candidate: { url, headers: { ...headers, [canaryHeader]: "true" } } };
}

/** Doors at a gateway where an answer of the candidate is told from one by users' route, which a gateway that knows no other yet uses. */
export function provenDoors({ candidate, public: user }: Doors, slot: SlotName): Doors {
  return { public: user, candidate: { ...candidate, proof: { header: canarySlotHeader, value: slot } } };
}

/**
 * Where there is no gateway: connections to pods, as users' are, through the API server from outside the cluster. The candidate is what the
 * slot holds that does not serve, and the public way leads to what the Service selects at that moment.
 *
 * @param inCluster whether pods are reached by their addresses
 */
export async function podDoors(site: Site, plan: ReleasePlan, inCluster: boolean): Promise<Doors & Disposable> {
  const { cluster, store, connection } = site;
  const { namespace, service, port, entry } = plan;
  const headers = { host: entry.host ?? new URL(entry.url).host };
  using made = new DisposableStack();
  const door = async (selector: PortForwardOptions["selector"]): Promise<Door> => {
    const connections = inCluster ? directConnections : new ForwardedConnections(connection);
    const { url } = made.use(await forwardPort({ cluster, connections, namespace, port, selector }));
    return { url, headers };
  };
  const candidate = await door(async (signal) => {
    const { current, active } = await store.read(signal);
    return slotSelectorLabels(service, current?.slot ?? otherSlot(active));
  });
  const open = await door(
    async (signal) =>
      (await cluster.get(services, { namespace, name: service }, { signal })).spec?.selector ??
      serviceSelectorLabels(service),
  );
  const kept = made.move();
  return {
    candidate,
    public: open,
    [Symbol.dispose]() {
      kept.dispose();
    },
  };
}
