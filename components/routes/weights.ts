// What a releaser changes of a route that others have a hand in as well.
import type { BySlot, SlotName } from "../names/slot-name.ts";
import { slotNames } from "../names/slot-name.ts";
import {
  isSubsetDestination,
  slotDestination,
  slotOfDestination,
  subsetDestination,
  type RouteDestination,
} from "./destinations.ts";
import { canaryHeader, routeNames } from "./http-routes.ts";

/** A route as it is in the cluster: of whatever else it says, nothing is lost. */
export interface LiveRoute {
  readonly name?: string | undefined;
  readonly route?: readonly LiveDestination[] | undefined;
}

interface LiveDestination {
  readonly destination: RouteDestination;
  readonly weight?: number | undefined;
}

export interface WantedWeights {
  readonly service: string;
  /** Port of the Services, for a destination that is not there yet. */
  readonly port: number;
  /** Of the users' requests, in percent. */
  readonly weights: BySlot<number>;
  /** Where requests with the canary header go. */
  readonly canary: SlotName;
}

/**
 * The same routes with other weights in the users' one, and the canary route leading to `canary`. Every other route and field is as it was; a
 * destination, or a canary route, that is missing is added.
 *
 * @param http routes of which the weights can be told: see `liveWeights`
 */
export function withWeights(http: readonly LiveRoute[], wanted: WantedWeights): LiveRoute[] {
  const users = http.find(({ name }) => name === routeNames.primary);
  const to = destinationsLike(users, wanted);
  const canary = { destination: to(wanted.canary) };
  const routes = http.map((route) => {
    if (route.name === routeNames.primary) return { ...route, route: weighted(route.route ?? [], wanted, to) };
    // A redirect in its place is of no use to a release.
    if (route.name !== routeNames.canary || route.route === undefined) return route;
    return leadsTo(route, wanted) ? route : { ...route, route: [canary] };
  });
  const others = routes.filter(({ name, route }) => name !== routeNames.canary || route !== undefined);
  if (others.some(({ name }) => name === routeNames.canary)) return others;
  const { timeout, retries } = (users ?? {}) as Readonly<Record<string, unknown>>;
  const added = {
    name: routeNames.canary,
    match: [{ headers: { [canaryHeader]: {} } }],
    route: [canary],
    ...(timeout === undefined ? {} : { timeout }),
    ...(retries === undefined ? {} : { retries }),
  };
  return [added, ...others];
}

/** Names a slot as the other destinations are named: where subsets are in use, a Service of the slot may not exist yet. */
function destinationsLike(
  users: LiveRoute | undefined,
  { service, port }: WantedWeights,
): (slot: SlotName) => RouteDestination {
  const subsets = users?.route?.some(({ destination }) => isSubsetDestination(service, destination)) === true;
  return (slot) => (subsets ? subsetDestination : slotDestination)(service, slot, port);
}

function weighted(
  destinations: readonly LiveDestination[],
  { service, weights }: WantedWeights,
  to: (slot: SlotName) => RouteDestination,
): LiveDestination[] {
  const left = new Set<SlotName>(slotNames);
  const known = destinations.map((each) => {
    const slot = slotOfDestination(service, each.destination);
    // A slot that is named twice gets its weight once.
    return { ...each, weight: slot !== undefined && left.delete(slot) ? weights[slot] : 0 };
  });
  return [...known, ...[...left].map((slot) => ({ destination: to(slot), weight: weights[slot] }))];
}

function leadsTo({ route = [] }: LiveRoute, { service, canary }: WantedWeights): boolean {
  return route.length === 1 && route.every(({ destination }) => slotOfDestination(service, destination) === canary);
}
