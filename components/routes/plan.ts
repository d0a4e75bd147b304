import { nextApplied } from "../slots/live-release.ts";
import { canonicalJson } from "../workload/digest.ts";
import { routeNames, routePolicy, type HttpRoute, type HttpRouteSettings } from "./http-routes.ts";

/** The routes of a service as they are in the cluster. */
export interface LiveHttp {
  readonly http: readonly HttpRoute[];
  /** Counts how often `up` wrote them: see `SlotMarks.applied`. */
  readonly applied?: number | undefined;
}

/** What `pulumi up` does with the routes of a service. */
export interface RoutesPlan {
  /** Routes to declare, weights included, as they are. */
  readonly http: readonly HttpRoute[];
  /** Properties of the VirtualService that `pulumi up` leaves alone. */
  readonly ignoreChanges: readonly string[];
  /** What to note on the VirtualService. */
  readonly applied: number | undefined;
  /** Sentences for the preview. */
  readonly notes: readonly string[];
}

export interface RoutesPlanInput {
  readonly service: string;
  readonly settings: Pick<HttpRouteSettings, "timeout" | "retries">;
  readonly live: LiveHttp;
  /** The release under way, which the routes belong to. @default there is none */
  readonly release?: string | undefined;
}

/**
 * Decides what becomes of routes that are there. The weights are the releaser's and are declared as they are, and so is what others added.
 * What the stack's file says of timeouts and retries is applied where the routes differ from it, unless a release is under way.
 */
export function planRoutes({ service, settings, live, release }: RoutesPlanInput): RoutesPlan {
  const wanted = routePolicy(settings);
  const http = live.http.map((route) => (isOurs(route) ? { ...route, ...wanted } : route));
  const left = { http: live.http, ignoreChanges: ["spec.http"], applied: live.applied, notes: [] };
  if (canonicalJson(http) === canonicalJson(live.http)) return left;
  const differences = differencesFrom(wanted, live.http);
  if (release !== undefined)
    return {
      ...left,
      notes: [
        `${service}: the routes keep ${differences.kept} until release ${release} has ended. Run this again then.`,
      ],
    };
  return {
    http,
    ignoreChanges: [],
    applied: nextApplied(live.applied),
    notes: [`${service}: the routes get ${differences.gotten}, as the stack's file says: for all users at once.`],
  };
}

function isOurs({ name }: HttpRoute): boolean {
  return Object.values<string | undefined>(routeNames).includes(name);
}

/** What changes, as people read it. */
function differencesFrom(
  wanted: ReturnType<typeof routePolicy>,
  http: readonly HttpRoute[],
): { readonly kept: string; readonly gotten: string } {
  const ours = http.filter(isOurs);
  const pairs = (["timeout", "retries"] as const).flatMap((key) => {
    const now = wanted[key];
    const before = ours.map((route) => route[key]).find((value) => canonicalJson(value ?? null) !== canonicalJson(now));
    return ours.every((route) => canonicalJson(route[key] ?? null) === canonicalJson(now))
      ? []
      : [{ key, now: canonicalJson(now), before: canonicalJson(before ?? null) }];
  });
  return {
    kept: pairs.map(({ key, now, before }) => `routes.${key} ${before} (the stack's file says ${now})`).join(" and "),
    gotten: pairs.map(({ key, now, before }) => `routes.${key} ${now} in place of ${before}`).join(" and "),
  };
}
