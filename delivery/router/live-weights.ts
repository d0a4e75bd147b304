import { z } from "zod";
import { UserError } from "../../components/errors/user-error.ts";
import { slotNames, type BySlot } from "../../components/names/slot-name.ts";
import { routeNames } from "../../components/routes/http-routes.ts";
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
  destination: z.looseObject({ subset: z.string().optional() }),
  weight: z.number().min(0).optional(),
});
const routes = z.array(
  z.looseObject({
    name: z.string().optional(),
    match: z.array(z.unknown()).optional(),
    route: z.array(destination).optional(),
  }),
);

/**
 * The share of each slot in percent, as a VirtualService has it for users. Whatever a person changed in a route besides its
 * destinations (timeouts, retries, headers, …) is let be. Throws {@link RoutesUnknownError} for routes that send users elsewhere,
 * or of which that cannot be told.
 */
export function liveWeights({ metadata, spec }: VirtualService): BySlot<number> {
  const unknown = (problem: string): RoutesUnknownError =>
    new RoutesUnknownError(`${metadata.namespace ?? "default"}/${metadata.name}`, problem);
  const parsed = routes.safeParse(spec?.http ?? []);
  if (!parsed.success) throw unknown(`spec.http is no list of routes (${z.prettifyError(parsed.error)})`);
  const [primary, ...others] = parsed.data.filter(({ name }) => name !== routeNames.canary);
  if (primary === undefined) throw unknown("it has no route for users");
  const stranger = [primary, ...others].find(({ name }) => name !== routeNames.primary);
  if (stranger !== undefined) throw unknown(`there is a route named ${JSON.stringify(stranger.name ?? "")}`);
  if (others.length > 0) throw unknown(`there are ${others.length + 1} routes named "${routeNames.primary}"`);
  if (primary.match !== undefined) throw unknown(`the route "${routeNames.primary}" takes some requests only`);
  for (const key of ["redirect", "directResponse", "delegate"])
    if (key in primary) throw unknown(`the route "${routeNames.primary}" has a ${key}`);

  const weights = { blue: 0, green: 0 };
  const destinations = primary.route ?? [];
  for (const { destination: to, weight } of destinations) {
    const slot = slotNames.find((name) => name === to.subset);
    if (slot === undefined) throw unknown(`a destination has the subset ${JSON.stringify(to.subset ?? "")}`);
    // Istio sends all to a single destination, whatever its weight is; among several one without a weight gets nothing.
    weights[slot] += destinations.length === 1 ? 100 : (weight ?? 0);
  }
  const sum = weights.blue + weights.green;
  if (sum === 0) throw unknown("no destination has a weight");
  return { blue: (100 * weights.blue) / sum, green: (100 * weights.green) / sum };
}
