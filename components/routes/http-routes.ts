import type { IVirtualService } from "@kubernetes-models/istio/networking.istio.io/v1beta1/VirtualService";
import { formatDuration } from "../duration/duration.ts";
import { otherSlot, slotNames, type SlotName } from "../names/slot-name.ts";
import { slotDestination } from "./destinations.ts";
import { slotWeights, type Traffic } from "./traffic.ts";

type HttpRoutes = NonNullable<NonNullable<IVirtualService["spec"]>["http"]>;
export type HttpRoute = HttpRoutes[number];

/** A request with this header reaches the candidate, at any weight; its value does not matter. */
export const canaryHeader = "x-canary";

/** Names of the two routes, so that the releaser finds them again. */
export const routeNames = { canary: "canary", primary: "primary" } as const;

/** What a route does with a request, beside choosing who answers it. */
export type RoutePolicy = Pick<HttpRoute, "timeout" | "retries">;

/** What an environment decides about the requests to a service. */
export interface HttpRouteSettings {
  /** The service, of whose slots each has a Service in the namespace of the route. */
  readonly service: string;
  /** Port of the Services. */
  readonly port: number;
  /** How long a request may take in all, retries included, in milliseconds. */
  readonly timeout: number;
  readonly retries: {
    /** 0 switches retries off. */
    readonly attempts: number;
    /** Time for each try, in milliseconds. */
    readonly perTryTimeout: number;
    /** Envoy's conditions. Such as repeat an answered request would hide a candidate's errors. */
    readonly on: readonly string[];
  };
}

/**
 * The `http` part of a VirtualService, as it is declared on the first run. Both destinations are always there, so that moving traffic
 * changes two numbers and nothing else.
 */
export function buildHttpRoutes(settings: HttpRouteSettings, traffic: Traffic): HttpRoute[] {
  const weights = slotWeights(traffic);
  const destination = (slot: SlotName) => slotDestination(settings.service, slot, settings.port);
  const policy = routePolicy(settings);
  return [
    {
      name: routeNames.canary,
      // An empty match asks for the header's presence alone.
      match: [{ headers: { [canaryHeader]: {} } }],
      route: [{ destination: destination(otherSlot(traffic.active)) }],
      ...policy,
    },
    {
      name: routeNames.primary,
      route: slotNames.map((slot) => ({ destination: destination(slot), weight: weights[slot] })),
      ...policy,
    },
  ];
}

/** What both routes do with a request. */
export function routePolicy({ timeout, retries }: Pick<HttpRouteSettings, "timeout" | "retries">): RoutePolicy {
  return {
    timeout: formatDuration(timeout),
    retries: {
      attempts: retries.attempts,
      ...(retries.attempts === 0
        ? {}
        : { perTryTimeout: formatDuration(retries.perTryTimeout), retryOn: retries.on.join(",") }),
    },
  };
}
