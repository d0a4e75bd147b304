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
import { canaryHeader, canarySlotHeader, routeNames } from "./http-routes.ts";

/** A route as it is in the cluster: of whatever else it says, nothing is lost. */
export interface LiveRoute {
  readonly name?: string | undefined;
  readonly match?: unknown;
  readonly route?: readonly LiveDestination[] | undefined;
  readonly headers?: unknown;
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
  /** Where requests with the canary header go. @default there is no route for them, and they are answered as users' are */
  readonly canary?: SlotName | undefined;
}

/**
 * The same routes with other weights in the users' one, and the canary route leading to `canary`, or gone. Every other route and field is as it
 * was; a destination, or a canary route, that is missing is added.
 *
 * @param http routes of which the weights can be told: see `liveWeights`
 */
export function withWeights(http: readonly LiveRoute[], wanted: WantedWeights): LiveRoute[] {
  const users = http.find(({ name }) => name === routeNames.primary);
  const to = destinationsLike(users, wanted);
  const routes = http.map((route) => {
    return route === users ? { ...route, route: weighted(route.route ?? [], wanted, to) } : route;
  });
  const others = routes.filter(({ name }) => name !== routeNames.canary);
  const { service, canary: slot } = wanted;
  if (slot === undefined) return others;
  // A redirect in its place is of no use to a release.
  const live = routes.find(({ name, route }) => name === routeNames.canary && route !== undefined);
  const canary = {
    ...(live ?? canaryRouteLike(users)),
    route: live !== undefined && leadsTo(live, service, slot) ? live.route : [{ destination: to(slot) }],
    headers: markedBy(slot, live ?? users),
  };
  return live === undefined ? [canary, ...others] : routes.map((route) => (route === live ? canary : route));
}

/** Treats requests as the users' route does, timeouts, CORS and rewrites included: what is tried by it is what users will get. */
function canaryRouteLike(users: LiveRoute = {}): LiveRoute {
  const kept = Object.entries(users).filter(([field]) => !ofUsersAlone.has(field));
  // An empty match asks for the header's presence alone.
  return { ...Object.fromEntries(kept), name: routeNames.canary, match: [{ headers: { [canaryHeader]: {} } }] };
}

/** Who asks and who answers; and copies that users' requests are made of. */
const ofUsersAlone: ReadonlySet<string> = new Set([
  "name",
  "match",
  "route",
  "mirror",
  "mirrors",
  "mirrorPercent",
  "mirrorPercentage",
]);

/** The header changes of a route, with the one by which an answer of the canary route is known. */
function markedBy(slot: SlotName, route: LiveRoute | undefined): unknown {
  const headers = fieldsOf(route?.headers);
  const response = fieldsOf(headers.response);
  return { ...headers, response: { ...response, set: { ...fieldsOf(response.set), [canarySlotHeader]: slot } } };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/**
 * Names a slot as the other destinations are named: where subsets are in use, a Service of the slot may not exist yet, and where `up` came
 * only as far as the release plan, neither does its port.
 */
function destinationsLike(
  users: LiveRoute | undefined,
  { service, port }: WantedWeights,
): (slot: SlotName) => RouteDestination {
  const subsets = users?.route?.some(({ destination }) => isSubsetDestination(service, destination)) === true;
  const known = users?.route?.find(({ destination }) => slotOfDestination(service, destination) !== undefined);
  const inUse = known?.destination.port?.number ?? port;
  return (slot) => (subsets ? subsetDestination : slotDestination)(service, slot, inUse);
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

function leadsTo({ route = [] }: LiveRoute, service: string, slot: SlotName): boolean {
  return route.length === 1 && route.every(({ destination }) => slotOfDestination(service, destination) === slot);
}
