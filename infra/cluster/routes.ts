import { z } from "zod";
import { UserError } from "../../components/errors/user-error.ts";
import { labelKeys } from "../../components/names/labels.ts";
import { slotNames, type BySlot } from "../../components/names/slot-name.ts";
import { slotOfDestination } from "../../components/routes/destinations.ts";
import { routeNames, type HttpRoute } from "../../components/routes/http-routes.ts";
import { istioApiVersion } from "../../components/routes/manifests.ts";
import type { LiveHttp } from "../../components/routes/plan.ts";
import { canonicalJson } from "../../components/workload/digest.ts";
import { ApiServer, type ClusterSettings } from "./api-server.ts";
import { read } from "./read.ts";

/** A VirtualService, as the program found it. */
export interface FoundRoutes {
  /** Share of the users' requests that each slot gets, in percent. */
  readonly weights: BySlot<number>;
  readonly routes: LiveHttp;
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
  const { http } = found.spec;
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
  const applied = Number(found.metadata.annotations[labelKeys.applied]);
  return {
    weights,
    routes: { http: http as readonly HttpRoute[], applied: Number.isSafeInteger(applied) ? applied : undefined },
  };
}

export interface RouteQuery {
  readonly cluster: ClusterSettings;
  readonly namespace: string;
  readonly service: string;
  /** Where KUBECONFIG is looked up. */
  readonly env: NodeJS.ProcessEnv;
  /** The routes as the program read them. */
  readonly http: readonly HttpRoute[];
}

/** Routes that are about to be written are not what they were when that was decided. */
export class RoutesChangedError extends UserError {
  override readonly name = "RoutesChangedError";

  constructor(namespace: string, service: string) {
    super(
      `The VirtualService ${namespace}/${service} has changed since this run began: a release moves its weights, or it was edited.\n` +
        "It was not written. Run this again; during a release the routes are left as they are.",
    );
  }
}

/** How long one look may take, in milliseconds. */
const deadline = 10_000;

/** Rejects with a {@link RoutesChangedError} where the routes are no longer as they were read, and as `readLiveServices` does. */
export async function checkRoutes({ cluster, namespace, service, env, http }: RouteQuery): Promise<void> {
  const api = ApiServer.open(cluster, env, AbortSignal.timeout(deadline));
  const found = await readVirtualService(api, namespace, service);
  if (canonicalJson(found?.routes.http ?? null) !== canonicalJson(http))
    throw new RoutesChangedError(namespace, service);
}
