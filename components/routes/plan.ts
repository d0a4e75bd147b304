import { slotSelectorLabels } from "../names/labels.ts";
import { slotNames, type SlotName } from "../names/slot-name.ts";
import { nextApplied } from "../slots/live-release.ts";
import { canonicalJson } from "../workload/digest.ts";
import { isSubsetDestination, slotDestination, slotOfDestination } from "./destinations.ts";
import { canaryHeader, routeNames, routePolicy, type HttpRoute, type HttpRouteSettings } from "./http-routes.ts";

/** The Service of the service's own name, as it is in the cluster. */
export interface LiveOwnService {
  readonly selector: Readonly<Record<string, string>>;
  /** Counts how often `up` wrote the selector: see `SlotMarks.applied`. */
  readonly applied?: number | undefined;
}

/** The routes of a service as they are in the cluster. */
export interface LiveHttp {
  readonly http: readonly HttpRoute[];
  /** Counts how often `up` wrote them: see `SlotMarks.applied`. */
  readonly applied?: number | undefined;
  /** Of the whole. @default not known */
  readonly hosts?: readonly string[] | undefined;
  /** @default there is none */
  readonly own?: LiveOwnService | undefined;
}

/** What `pulumi up` does with one property that a releaser writes as well. */
export interface Declared<T> {
  readonly value: T;
  /** Whether it is written; else it is left as it is, whatever is declared. */
  readonly written: boolean;
  /** What to note on the object. */
  readonly applied: number | undefined;
}

/** What `pulumi up` does with the routes of a service. */
export interface RoutesPlan {
  /** Routes to declare, weights included, as they are. */
  readonly http: Declared<readonly HttpRoute[]>;
  /** Of the Service of the service's own name. */
  readonly selector: Declared<Readonly<Record<string, string>>>;
  /** Slots with traffic that the routes name by their own Services, or at another port, from this run on. */
  readonly renamed: readonly SlotName[];
  /** Whether routes go on naming subsets of the one Service that there was. */
  readonly subsets: boolean;
  /** Sentences for the preview. */
  readonly notes: readonly string[];
}

export interface RoutesPlanInput {
  readonly service: string;
  readonly settings: Pick<HttpRouteSettings, "port" | "timeout" | "retries"> & {
    readonly hosts?: readonly string[] | undefined;
  };
  /** The slot that serves. */
  readonly active: SlotName;
  readonly live: LiveHttp;
  /** The release under way, which routes and selector belong to. @default there is none */
  readonly release?: string | undefined;
}

/**
 * Decides what becomes of routes that are there. The weights are the releaser's and are declared as they are, and so is what others added.
 * What the stack's file says of timeouts and retries is applied where the routes differ from it, each slot is named by its own Service, the
 * Service of the service's own name selects the slot that serves, and no canary route is left over; unless a release is under way, which owns
 * all of that.
 */
export function planRoutes(input: RoutesPlanInput): RoutesPlan {
  const routes = planOwned(input);
  return { ...routes, notes: [...routes.notes, ...hostsNotes(input)] };
}

function planOwned(input: RoutesPlanInput): RoutesPlan {
  const { service, settings, live, release } = input;
  const policy = routePolicy(settings);
  // The releaser adds that route with a release, and takes it away at its end: what is left of it leads to nobody.
  const kept = release === undefined ? live.http.filter(({ name }) => name !== routeNames.canary) : live.http;
  const wanted = kept.map((route) => named(isOurs(route) ? { ...route, ...policy } : route, input));
  const namesSubsets = live.http.some((route) =>
    route.route?.some((to) => isSubsetDestination(service, to.destination)),
  );
  const namesPort = kept.some((route) =>
    route.route?.some(
      ({ destination }) =>
        slotOfDestination(service, destination) !== undefined && destination?.port?.number !== settings.port,
    ),
  );
  const written = canonicalJson(wanted) !== canonicalJson(live.http);
  const destinations = `${service}-blue and ${service}-green at port ${settings.port} as destinations`;
  const known = [
    ...differencesFrom(policy, kept),
    ...(namesSubsets ? [`${service}-blue and ${service}-green in place of the subsets of ${service}`] : []),
    ...(namesPort && !namesSubsets ? [destinations] : []),
  ];
  const differences = known.length === 0 && canonicalJson(wanted) !== canonicalJson(kept) ? [destinations] : known;
  const selector = planSelector(input);
  if (release !== undefined && (written || selector.written))
    return {
      http: { value: live.http, written: false, applied: live.applied },
      selector: {
        ...selector,
        value: live.own?.selector ?? selector.value,
        written: false,
        applied: live.own?.applied,
      },
      renamed: [],
      subsets: namesSubsets,
      notes: [
        `${service}: ${[
          ...(differences.length === 0 ? [] : [`the routes get ${differences.join(" and ")}`]),
          ...(selector.written ? [selectorNote(input)] : []),
        ].join(", and ")}, once release ${release} has ended: run this again then.`,
      ],
    };
  return {
    http: { value: written ? wanted : live.http, written, applied: written ? nextApplied(live.applied) : live.applied },
    selector,
    renamed: namesSubsets || namesPort ? slotNames.filter((slot) => weightOf(slot, input) > 0) : [],
    subsets: false,
    notes: [
      ...(differences.length === 0
        ? []
        : [
            `${service}: the routes get ${differences.join(" and ")}, as the stack's file says: for all users at once.`,
          ]),
      ...(kept.length === live.http.length
        ? []
        : [
            `${service}: the route for requests with ${canaryHeader} goes: a release adds it, and nothing is released now.`,
          ]),
      ...(selector.written ? [`${service}: ${selectorNote(input)}.`] : []),
    ],
  };
}

/** Hosts are written at once, with or without a release; one under way is judged by the routes as they were. */
function hostsNotes({ service, settings, live, release }: RoutesPlanInput): readonly string[] {
  if (release === undefined || live.hosts === undefined || settings.hosts === undefined) return [];
  const [before, now] = [live.hosts, settings.hosts].map((hosts) => canonicalJson(hosts.toSorted()));
  if (before === now) return [];
  return [
    `${service}: routes.hosts ${now ?? ""} in place of ${before ?? ""} takes effect at once and ends release ${release} as superseded, which is ` +
      "judged by the routes as they were. To have it go on, run this when it has ended.",
  ];
}

function isOurs({ name }: HttpRoute): boolean {
  return Object.values<string | undefined>(routeNames).includes(name);
}

/** The route with every slot named by its own Service, at the port that this has. */
function named(route: HttpRoute, { service, settings }: RoutesPlanInput): HttpRoute {
  if (route.route === undefined) return route;
  return {
    ...route,
    route: route.route.map((to) => {
      const slot = slotOfDestination(service, to.destination);
      return slot === undefined ? to : { ...to, destination: slotDestination(service, slot, settings.port) };
    }),
  };
}

function weightOf(slot: SlotName, { service, live }: RoutesPlanInput): number {
  const users = live.http.find(({ name }) => name === routeNames.primary)?.route ?? [];
  return users
    .filter(({ destination }) => slotOfDestination(service, destination) === slot)
    .reduce((sum, { weight = 0 }) => sum + weight, 0);
}

/** The slot that the routes send all users to, also where somebody has rolled back by hand and the ledger does not know; else the ledger's. */
function servingSlot(input: RoutesPlanInput): SlotName {
  return slotNames.find((slot) => weightOf(slot, input) === 100) ?? input.active;
}

function planSelector(input: RoutesPlanInput): RoutesPlan["selector"] {
  const { service, active, live, release } = input;
  const { own } = live;
  const serving = servingSlot(input);
  const value = slotSelectorLabels(service, serving);
  const left = { written: false, applied: own?.applied };
  if (own === undefined) return { value, ...left };
  // A release turns the Service itself.
  const isRight = slotNames.some(
    (slot) =>
      (slot === active || slot === serving || release !== undefined) &&
      canonicalJson(own.selector) === canonicalJson(slotSelectorLabels(service, slot)),
  );
  return isRight ? { value: own.selector, ...left } : { value, written: true, applied: nextApplied(own.applied) };
}

function selectorNote(input: RoutesPlanInput): string {
  return `the Service ${input.service} selects ${servingSlot(input)} alone, which serves`;
}

/** What changes, as people read it. */
function differencesFrom(wanted: ReturnType<typeof routePolicy>, http: readonly HttpRoute[]): string[] {
  return (["timeout", "retries"] as const).flatMap((key) => {
    const now = canonicalJson(wanted[key]);
    const before = http.filter(isOurs).map((route) => canonicalJson(route[key] ?? null));
    const other = before.find((value) => value !== now);
    return other === undefined ? [] : [`routes.${key} ${now} in place of ${other}`];
  });
}
