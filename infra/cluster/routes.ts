import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { UserError } from "../../components/errors/user-error.ts";
import { labelKeys } from "../../components/names/labels.ts";
import { slotName } from "../../components/names/names.ts";
import { slotNames, type BySlot } from "../../components/names/slot-name.ts";
import { slotOfDestination } from "../../components/routes/destinations.ts";
import type { ServicePort } from "../../components/routes/cluster-service.ts";
import { routeNames, type HttpRoute } from "../../components/routes/http-routes.ts";
import { istioApiVersion } from "../../components/routes/manifests.ts";
import type { RouteChecks } from "../../components/routes/istio-routes.ts";
import type { LiveHttp, LiveOwnService } from "../../components/routes/plan.ts";
import type { RoutesUpdate } from "../../components/service/service.ts";
import { canonicalJson } from "../../components/workload/digest.ts";
import { ApiServer, type ClusterSettings } from "./api-server.ts";
import { read } from "./read.ts";

/** A VirtualService, as the program found it. */
interface FoundRoutes {
  /** Share of the users' requests that each slot gets, in percent. */
  readonly weights: BySlot<number>;
  readonly routes: LiveHttp;
  /** Of the Service of the service's own name. */
  readonly ports: readonly ServicePort[] | undefined;
}

/** The Service of a service's own name, as the program found it. */
interface FoundService extends LiveOwnService {
  readonly ports: readonly ServicePort[];
}

const virtualService = z.object({
  metadata: z.object({ annotations: z.record(z.string(), z.string()).default({}) }).prefault({}),
  spec: z.object({
    http: z
      .array(
        z.looseObject({
          name: z.string().optional(),
          route: z
            .array(
              z.looseObject({
                destination: z.looseObject({ host: z.string().optional(), subset: z.string().optional() }),
                weight: z.int().optional(),
              }),
            )
            .optional(),
        }),
      )
      .default([]),
    hosts: z.array(z.string()).optional(),
  }),
});

/** Reads the routes of a service; `undefined` where there are none. Throws what `ApiServer` throws. */
export async function readVirtualService(
  api: ApiServer,
  namespace: string,
  service: string,
): Promise<FoundRoutes | undefined> {
  const path = `/apis/${istioApiVersion}/namespaces/${namespace}/virtualservices/${service}`;
  const found = await read(api, path, virtualService);
  if (found === undefined) return undefined;
  const { http, hosts } = found.spec;
  const weights = { blue: 0, green: 0 };
  for (const { destination, weight = 0 } of http.find(({ name }) => name === routeNames.primary)?.route ?? []) {
    const slot = slotOfDestination(service, destination);
    if (slot !== undefined) weights[slot] += weight;
  }
  if (slotNames.reduce((sum, slot) => sum + weights[slot], 0) !== 100)
    throw api.unusable(
      path,
      `the weights of the route "${routeNames.primary}" are not 100 in all (blue ${weights.blue}, green ${weights.green}).`,
    );
  const own = await readOwnService(api, namespace, service);
  return {
    ...{ weights, ports: own?.ports },
    routes: {
      ...{ http: http as readonly HttpRoute[], applied: appliedOf(found.metadata.annotations), hosts },
      own: own && { selector: own.selector, applied: own.applied },
    },
  };
}

const ownService = z.object({
  metadata: z.object({ annotations: z.record(z.string(), z.string()).default({}) }).prefault({}),
  spec: z.object({
    selector: z.record(z.string(), z.string()).default({}),
    ports: z
      .array(z.object({ port: z.int(), name: z.string().default(""), protocol: z.string().default("TCP") }))
      .default([]),
  }),
});

/** Reads the Service of a service's own name; `undefined` where there is none. Throws what `ApiServer` throws. */
export async function readOwnService(
  api: ApiServer,
  namespace: string,
  service: string,
): Promise<FoundService | undefined> {
  const found = await read(api, `/api/v1/namespaces/${namespace}/services/${service}`, ownService);
  if (found === undefined) return undefined;
  const { selector, ports } = found.spec;
  return {
    ...{ selector, applied: appliedOf(found.metadata.annotations) },
    // The only port of a Service may have no name.
    ports: ports
      .filter(({ name, protocol }) => name !== "" && protocol === "TCP")
      .map(({ port, name }) => ({ port, name })),
  };
}

/** How often `up` wrote the object: see `SlotMarks.applied`. */
export function appliedOf(annotations: Readonly<Record<string, string>>): number | undefined {
  const applied = Number(annotations[labelKeys.applied]);
  return Number.isSafeInteger(applied) ? applied : undefined;
}

export interface RouteQuery extends RoutesUpdate {
  readonly cluster: ClusterSettings;
  readonly namespace: string;
  /** Where KUBECONFIG is looked up. */
  readonly env: NodeJS.ProcessEnv;
}

/** Routes that are about to be written are not what they were when that was decided. */
export class RoutesChangedError extends UserError {
  override readonly name = "RoutesChangedError";

  constructor(namespace: string, service: string) {
    // One line: the engine passes on no more of what a hook says.
    super(
      `The VirtualService ${namespace}/${service} has changed since this run began: a release moves its weights, or it was edited. ` +
        "It was not written. Run this again; during a release the routes are left as they are.",
    );
  }
}

/** The pods of a slot were not found behind its Service. */
export class SlotUnreachableError extends UserError {
  override readonly name = "SlotUnreachableError";

  constructor(namespace: string, name: string) {
    super(
      `The Service ${namespace}/${name} has no ready pods ${endpointsDeadline / 1000} s after it was made, so the routes were not led to it. ` +
        `Nothing that users see has changed. Look at its pods (kubectl -n ${namespace} describe service ${name}), then run this again.`,
    );
  }
}

/** How long one look may take, in milliseconds. */
const deadline = 10_000;
/** How long a Service's pods may take to be found, in milliseconds; it takes less than one second. */
const endpointsDeadline = 60_000;
const pollInterval = 500;
/**
 * How long gateways may take to know a Service, or to use a route, in milliseconds: Istio's own advice for both is "a few seconds", and there is
 * nobody who could be asked for all gateways.
 */
const propagation = 3_000;

/**
 * Waits that keep an update of routes from failing requests. Both reject as `readLiveServices` does.
 *
 * @param wait resolves after so many milliseconds
 */
export function routeChecks(query: RouteQuery, wait: (ms: number) => Promise<unknown> = delay): RouteChecks {
  const { cluster, namespace, service, env, http, declared, renamed } = query;
  const expected = [http, declared].map(canonicalJson);
  const open = (): ApiServer => ApiServer.open(cluster, env, AbortSignal.timeout(deadline));
  return {
    /** Rejects with a RoutesChangedError where the routes are neither as they were read nor as this run wrote them, and with a SlotUnreachableError. */
    async before() {
      const names = renamed.map((slot) => slotName(service, slot));
      for (const name of names) await untilReachable(open, wait, namespace, name);
      if (names.length > 0) await wait(propagation);
      const found = await readVirtualService(open(), namespace, service);
      // The Service is written after the routes.
      if (!expected.includes(canonicalJson(found?.routes.http ?? null)))
        throw new RoutesChangedError(namespace, service);
    },
    async after() {
      if (renamed.length > 0) await wait(propagation);
    },
  };
}

const slices = z.object({
  items: z.array(
    z.object({
      endpoints: z.array(z.object({ conditions: z.object({ ready: z.boolean().nullish() }).prefault({}) })).nullish(),
    }),
  ),
});

async function untilReachable(
  open: () => ApiServer,
  wait: (ms: number) => Promise<unknown>,
  namespace: string,
  name: string,
): Promise<void> {
  const selector = encodeURIComponent(`kubernetes.io/service-name=${name}`);
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=${selector}`;
  for (let waited = 0; waited < endpointsDeadline; waited += pollInterval) {
    const found = await read(open(), path, slices);
    if (found?.items.some(({ endpoints }) => endpoints?.some(({ conditions }) => conditions.ready !== false))) return;
    await wait(pollInterval);
  }
  throw new SlotUnreachableError(namespace, name);
}
