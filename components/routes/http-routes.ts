import type { IVirtualService } from "@kubernetes-models/istio/networking.istio.io/v1beta1/VirtualService";
import { formatDuration } from "../duration/duration.ts";
import { slotNames } from "../names/slot-name.ts";
import { slotDestination } from "./destinations.ts";
import { slotWeights, type Traffic } from "./traffic.ts";

type HttpRoutes = NonNullable<NonNullable<IVirtualService["spec"]>["http"]>;
export type HttpRoute = HttpRoutes[number];

/** A request with this header reaches the candidate of a release, at any weight; its value does not matter. */
export const canaryHeader = "x-canary";

/** An answer by way of the route `canary` has this header, with the slot that the route leads to, whoever gave the answer. */
export const canarySlotHeader = "x-canary-slot";

/** Names of the two routes, so that the releaser finds them again: users', and the one that a release has for requests with {@link canaryHeader}. */
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
 * The `http` part of a VirtualService, as it is declared on the first run: the users' route. Both destinations are always there, so that moving
 * traffic changes two numbers and nothing else.
 */
export function buildHttpRoutes(settings: HttpRouteSettings, traffic: Traffic): HttpRoute[] {
  const weights = slotWeights(traffic);
  return [
    {
      name: routeNames.primary,
      route: slotNames.map((slot) => ({
        destination: slotDestination(settings.service, slot, settings.port),
        weight: weights[slot],
      })),
      ...routePolicy(settings),
    },
  ];
}

/** What the users' route does with a request, and the canary route, which is made after it. */
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
