import { z } from "zod";
import { UserError } from "../../components/errors/user-error.ts";
import type { BySlot } from "../../components/names/slot-name.ts";
import { slotOfDestination } from "../../components/routes/destinations.ts";
import { routeNames } from "../../components/routes/http-routes.ts";
import type { LiveRoute } from "../../components/routes/weights.ts";
import type { VirtualService } from "../cluster/resources.ts";

/** A VirtualService was edited into something whose weights cannot be told. */
export class RoutesUnknownError extends UserError {
  override readonly name = "RoutesUnknownError";

  constructor(where: string, problem: string) {
    super(
      `The VirtualService ${where} is not as this project builds it: ${problem}.\n` +
        "Traffic was not moved forward. Take the edit back, or have all traffic sent to the active slot with `atom abort` " +
        "(`atom rollback`), which writes the routes anew.",
    );
  }
}

const destination = z.looseObject({
  destination: z.looseObject({ host: z.string().optional(), subset: z.string().optional() }),
  weight: z.number().min(0).optional(),
});
const routes = z.array(
  z.looseObject({
    name: z.string().optional(),
    match: z.array(z.unknown()).optional(),
    route: z.array(destination).optional(),
  }),
);

export interface LiveRoutes {
  /** The share of each slot in percent, as users get it. */
  readonly weights: BySlot<number>;
  /** The routes as they are, with all that others made of them. */
  readonly http: readonly LiveRoute[];
}

/**
 * Reads the routes of a VirtualService, which bears the name of its service. Whatever a person changed besides the destinations of the users'
 * route (timeouts, retries, CORS, routes for some requests, …) is let be. Throws {@link RoutesUnknownError} for routes that send users
 * elsewhere, or of which that cannot be told.
 */
export function readRoutes({ metadata, spec }: VirtualService): LiveRoutes {
  const service = metadata.name;
  const unknown = (problem: string): RoutesUnknownError =>
    new RoutesUnknownError(`${metadata.namespace ?? "default"}/${service}`, problem);
  const parsed = routes.safeParse(spec?.http ?? []);
  if (!parsed.success) throw unknown(`spec.http is no list of routes (${z.prettifyError(parsed.error)})`);
  const named = (name: string) => parsed.data.filter((route) => route.name === name);
  const [primary, ...others] = named(routeNames.primary);
  if (primary === undefined) throw unknown(`it has no route for users, named "${routeNames.primary}"`);
  if (others.length > 0) throw unknown(`there are ${others.length + 1} routes named "${routeNames.primary}"`);
  if (named(routeNames.canary).length > 1) throw unknown(`there is more than one route named "${routeNames.canary}"`);
  const before = parsed.data.slice(0, parsed.data.indexOf(primary));
  // A canary route whose match somebody took away is one of them.
  const taker = before.find(({ match = [] }) => match.length === 0);
  if (taker !== undefined)
    throw unknown(`the route ${JSON.stringify(taker.name ?? "")} before "${routeNames.primary}" takes all requests`);
  if (primary.match !== undefined) throw unknown(`the route "${routeNames.primary}" takes some requests only`);
  for (const key of ["redirect", "directResponse", "delegate"])
    if (key in primary) throw unknown(`the route "${routeNames.primary}" has a ${key}`);

  const weights = { blue: 0, green: 0 };
  const destinations = primary.route ?? [];
  for (const { destination: to, weight } of destinations) {
    const slot = slotOfDestination(service, to);
    if (slot === undefined) throw unknown(`a destination is no slot: ${JSON.stringify(to)}`);
    // Istio sends all to a single destination, whatever its weight is; among several one without a weight gets nothing.
    weights[slot] += destinations.length === 1 ? 100 : (weight ?? 0);
  }
  const sum = weights.blue + weights.green;
  if (sum === 0) throw unknown("no destination has a weight");
  return { weights: { blue: (100 * weights.blue) / sum, green: (100 * weights.green) / sum }, http: parsed.data };
}

/** The share of each slot in percent. Throws as {@link readRoutes} does. */
export function liveWeights(virtualService: VirtualService): BySlot<number> {
  return readRoutes(virtualService).weights;
}
