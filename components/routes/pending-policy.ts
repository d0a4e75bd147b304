import { canonicalJson } from "../workload/digest.ts";
import { routePolicy, type HttpRouteSettings, type RoutePolicy } from "./http-routes.ts";

/**
 * A sentence about what the stack's file says of the route and the route does not do yet. The releaser owns the route from the first release
 * on, and writes what the file says with the next one.
 *
 * @param live what the route does now
 */
export function pendingPolicyNotes(
  service: string,
  live: RoutePolicy | undefined,
  settings: Pick<HttpRouteSettings, "timeout" | "retries">,
): string[] {
  const wanted = routePolicy(settings);
  if (live === undefined || canonicalJson(live) === canonicalJson(wanted)) return [];
  const differing = (["timeout", "retries"] as const).filter(
    (key) => canonicalJson(live[key] ?? null) !== canonicalJson(wanted[key]),
  );
  const told = differing.map(
    (key) => `routes.${key} ${canonicalJson(wanted[key])} (the route has ${canonicalJson(live[key] ?? null)})`,
  );
  return [
    `${service}: the route does not have ${told.join(" and ")} yet: the next release brings what the stack's file says, to all users at once.`,
  ];
}
