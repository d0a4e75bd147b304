// What a verdict rests on, as data: another kind of object is another entry.
import { labelKeys, slotSelectorLabels } from "../../components/names/labels.ts";
import { slotName } from "../../components/names/names.ts";
import { slotNames } from "../../components/names/slot-name.ts";
import { releasePlanKey, releasePlanName, type ReleasePlan } from "../../components/release-plan/release-plan.ts";
import { routeNames } from "../../components/routes/http-routes.ts";
import { serviceSelector } from "../../components/routes/service-selector.ts";
import { slotWeights } from "../../components/routes/traffic.ts";
import { withWeights } from "../../components/routes/weights.ts";
import { fingerprintOf, type JudgedObject, type JudgedState } from "../release/judged-object.ts";
import type { Clock, Slot, Split } from "../release/ports.ts";
import { liveWeights, readRoutes, RoutesUnknownError } from "../router/live-weights.ts";
import type { ClusterApi, KubernetesObject, ObjectName, Resource, WatchApi } from "./api.ts";
import { fieldManager } from "./client.ts";
import { NotFoundError } from "./errors.ts";
import { watchObject } from "./object-watch.ts";
import { configMaps, deployments, services, virtualServices, type Service, type VirtualService } from "./resources.ts";
import { isWhole } from "./template-owner.ts";

export interface JudgedObjectsOptions {
  readonly cluster: ClusterApi & WatchApi;
  readonly clock: Clock;
  readonly plan: Pick<ReleasePlan, "namespace" | "service" | "port" | "router">;
  /** What moves traffic. @default by the plan's router */
  readonly route?: RouteKind;
}

/** What is judged of an object, and what of it the releaser moves. */
interface Kind<T extends KubernetesObject> {
  readonly resource: Resource<T>;
  readonly of?: JudgedObject["of"];
  readonly cutOff?: JudgedObject["cutOff"];
  readonly judged: (live: T) => unknown;
  readonly moved?: (live: T) => unknown;
  readonly movedFor?: (split: Split) => unknown;
  readonly movedBy?: JudgedObject["movedBy"];
}

export type RouteKind = Kind<VirtualService>;

/** All that a release of this plan is judged by. Nothing is asked for yet. */
export function judgedObjects({ cluster, clock, plan, route }: JudgedObjectsOptions): readonly JudgedObject[] {
  const { namespace, service, port, router } = plan;
  const object = <T extends KubernetesObject>(name: string, kind: Kind<T>): JudgedObject =>
    new WatchedObject({ cluster, clock, name: { namespace, name }, kind });
  return [
    ...slotNames.map((slot) =>
      object(slotName(service, slot), {
        resource: deployments,
        of: slot,
        judged: ({ spec }) => spec?.template,
        // Its pods go with it, within seconds.
        cutOff: { slot, by: (content) => content === null },
      }),
    ),
    ...(router.kind === "istio"
      ? [object(service, route ?? weightedRoute(port)), object(service, ownService(service))]
      : [object(service, selectingService(service))]),
    ...slotNames.map((slot) => object(slotName(service, slot), slotService(service, slot, plan))),
    object(releasePlanName(service), { resource: configMaps, judged: ({ data }) => planOf(data?.[releasePlanKey]) }),
  ];
}

/** The releaser moves the weights, and where canary-header requests go; all else is how users' requests are treated. */
function weightedRoute(port: number): RouteKind {
  return {
    resource: virtualServices,
    judged: (live) => ({
      ...live.spec,
      http: withBothSlots(live, port)
        ?.filter((each) => nameOf(each) !== routeNames.canary)
        .map(withoutWeights),
    }),
    moved: weightsOf,
    movedFor: ({ active, percent }) => slotWeights({ active, candidateWeight: percent }),
  };
}

/** A slot that the users' route does not name gets no requests. The releaser names it, which is no change. */
function withBothSlots(live: VirtualService, port: number): readonly unknown[] | undefined {
  try {
    const wanted = { service: live.metadata.name, port, weights: { blue: 0, green: 0 } };
    return withWeights(readRoutes(live).http, wanted);
  } catch (error) {
    if (error instanceof RoutesUnknownError) return live.spec?.http;
    throw error;
  }
}

/**
 * Callers inside the cluster reach the service by it. The releaser turns it from one slot to the other; a Service that selects no slot, as in
 * environments of an earlier version, is as its owner wants it.
 */
function ownService(service: string): Kind<Service> {
  const isTurned = ({ spec }: Service): boolean => spec?.selector?.[labelKeys.slot] !== undefined;
  return {
    resource: services,
    judged: (live) => ({ ports: portsOf(live), selector: isTurned(live) ? "one slot" : live.spec?.selector }),
    moved: (live) => (isTurned(live) ? live.spec?.selector : undefined),
    movedFor: ({ active }) => slotSelectorLabels(service, active),
    movedBy: "selectSlot",
  };
}

/** By which Prometheus finds the pods of a slot, and routes name it. */
function slotService(service: string, slot: Slot, { port, router }: JudgedObjectsOptions["plan"]): Kind<Service> {
  const selector = fingerprintOf(slotSelectorLabels(service, slot));
  const leadsToSlot = (spec: Service["spec"] | null): boolean => {
    const users = spec?.ports?.find((each) => each.port === port);
    const isPort = users !== undefined && (users.targetPort ?? "http") === "http";
    return isPort && fingerprintOf(spec?.selector) === selector;
  };
  return {
    resource: services,
    judged: (live) => ({ ports: portsOf(live), selector: live.spec?.selector }),
    // Without a mesh users come by the Service of the service's own name.
    cutOff: { slot, by: (content) => router.kind === "istio" && !leadsToSlot(content as Service["spec"] | null) },
  };
}

/** Without a mesh the releaser moves the selector. */
function selectingService(service: string): Kind<Service> {
  return {
    resource: services,
    judged: portsOf,
    moved: ({ spec }) => spec?.selector,
    movedFor: ({ active, percent }) => serviceSelector(service, slotWeights({ active, candidateWeight: percent })),
  };
}

/** Without the image that the stack's file names: nothing is judged by it, and an `up` of the next version changes it. */
function planOf(text = ""): unknown {
  try {
    return { ...(JSON.parse(text) as object), image: undefined };
  } catch {
    return text;
  }
}

function portsOf({ spec }: Service): unknown {
  return spec?.ports;
}

function nameOf(route: unknown): unknown {
  return (route as { readonly name?: unknown } | null)?.name;
}

function withoutWeights(route: unknown): unknown {
  const { route: destinations } = (route ?? {}) as { readonly route?: unknown };
  if (nameOf(route) !== routeNames.primary || !Array.isArray(destinations)) return route;
  const bare = destinations.map((each: unknown) => ({ ...(each as object), weight: undefined }));
  return { ...(route as object), route: bare };
}

/** `undefined` where the routes are such that it cannot be told: they are not what was judged then. */
function weightsOf(live: VirtualService): unknown {
  try {
    return liveWeights(live);
  } catch {
    return undefined;
  }
}

interface WatchedObjectOptions<T extends KubernetesObject> extends Pick<JudgedObjectsOptions, "cluster" | "clock"> {
  readonly name: ObjectName;
  readonly kind: Kind<T>;
}

class WatchedObject<T extends KubernetesObject> implements JudgedObject {
  readonly name: string;
  readonly of: JudgedObject["of"];
  readonly cutOff: JudgedObject["cutOff"];
  readonly movedFor: JudgedObject["movedFor"];
  readonly movedBy: JudgedObject["movedBy"];
  readonly #options: WatchedObjectOptions<T>;

  constructor(options: WatchedObjectOptions<T>) {
    const { kind, name } = options;
    this.#options = options;
    this.name = `${kind.resource.kind} ${name.name}`;
    this.of = kind.of ?? "release";
    this.cutOff = kind.cutOff;
    this.movedFor = kind.movedFor;
    this.movedBy = kind.movedBy;
  }

  async read(signal: AbortSignal): Promise<JudgedState> {
    const { cluster, name, kind } = this.#options;
    try {
      return this.#state(await cluster.get(kind.resource, name, { signal }));
    } catch (error) {
      if (error instanceof NotFoundError) return this.#state(undefined);
      throw error;
    }
  }

  watch({ onState, ...watcher }: Parameters<JudgedObject["watch"]>[0], signal: AbortSignal): Promise<never> {
    const { cluster, clock, name, kind } = this.#options;
    const onObject = (live: T | undefined): void => {
      onState(this.#state(live));
    };
    return watchObject({ cluster, clock, resource: kind.resource, name, onObject, ...watcher }, signal);
  }

  #state(live: T | undefined): JudgedState {
    const { judged, moved } = this.#options.kind;
    if (live === undefined) return { content: null, by: undefined };
    return { content: judged(live) ?? null, moved: moved?.(live), by: lastManager(live) };
  }
}

/** Who wrote the object last, beside the releaser. Controllers write what has a subresource of its own: status, scale. */
function lastManager({ metadata }: KubernetesObject): string | undefined {
  const managers = (metadata.managedFields ?? []).filter((each) => each.manager !== fieldManager && isWhole(each));
  return managers.toSorted((a, b) => ((a.time ?? "") < (b.time ?? "") ? 1 : -1))[0]?.manager;
}
