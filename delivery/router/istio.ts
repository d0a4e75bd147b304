import { isDeepStrictEqual } from "node:util";
import { routeNames, routePolicy, type HttpRouteSettings } from "../../components/routes/http-routes.ts";
import type { FencedWriter } from "../cluster/api.ts";
import { labelKeys, slotSelectorLabels } from "../../components/names/labels.ts";
import { slotNames } from "../../components/names/slot-name.ts";
import { services, virtualServices, type VirtualService } from "../cluster/resources.ts";
import type { ServedReading, ServedRequests } from "../guard/served.ts";
import type { Confirmation, Router, Slot, Split } from "../release/ports.ts";
import { slotDestination, subsetDestination } from "../../components/routes/destinations.ts";
import { slotWeights } from "../../components/routes/traffic.ts";
import { withWeights, type LiveRoute } from "../../components/routes/weights.ts";
import { ForbiddenError } from "../cluster/errors.ts";
import { liveWeights, readRoutes, RoutesUnknownError, type LiveRoutes } from "./live-weights.ts";
import { replacingSelector } from "./selector.ts";
import { judgeShare } from "./observed-share.ts";

export interface IstioRouterOptions {
  readonly writer: FencedWriter;
  readonly namespace: string;
  /** The service, whose name is that of its VirtualService, and what routes do with a request that have to be written anew. */
  readonly http: HttpRouteSettings;
  /** The shares of the plan in percent. After a resume it is not known which of them is in effect. */
  readonly shares: readonly number[];
  readonly served: ServedRequests;
  /** The environment is of an earlier version: one Service over both slots, whose subsets routes name. @default false */
  readonly subsets?: boolean;
}

/** Moves traffic by the weights of a VirtualService. */
export class IstioRouter implements Router {
  readonly #options: IstioRouterOptions;
  /** The candidate's share before the last change, where that is known. */
  #before: { readonly split: Split; readonly percent: number } | undefined;
  /** What was last seen in effect, and as which share: callers inside the cluster, who stay on the active slot, make it a smaller one. */
  #seen: { readonly split: Split; readonly share: number } | undefined;

  constructor(options: IstioRouterOptions) {
    this.#options = options;
  }

  /**
   * Changes the weights of the users' route, and where the canary route leads or whether there is one, in one patch that the API server refuses
   * if the routes have changed since they were read; all else in them stays. Going forward it refuses routes that it does not understand
   * (RoutesUnknownError); going back to the active slot it writes such routes anew, because a way back that depends on the way there is none.
   */
  async shift({ withoutCanaryRoute, ...split }: Split, signal: AbortSignal): Promise<void> {
    const { writer, namespace, http, subsets = false } = this.#options;
    const { service, port } = http;
    const traffic = { active: split.active, candidateWeight: split.percent };
    const canary = withoutCanaryRoute === true ? undefined : split.candidate;
    const wanted = { service, port, weights: slotWeights(traffic), canary };
    await writer.write(
      virtualServices,
      { namespace, name: http.service },
      (live) => {
        const routes = routesNow(live, split);
        this.#remember(split, routes?.weights[split.candidate]);
        const changed = withWeights(routes?.http ?? newRoutes(http, subsets), wanted);
        // The whole list, since a merge patch has no other way; the version that it was built from goes with it.
        return isDeepStrictEqual(live.spec?.http, changed) ? undefined : { spec: { http: changed } };
      },
      { signal },
    );
  }

  /** Judges by the share of requests that the pods of each slot served since `since`: what users got, not what was asked for. */
  async confirm(split: Split, since: number, signal: AbortSignal): Promise<Confirmation> {
    const { served, shares } = this.#options;
    const before = this.#before;
    const others =
      before !== undefined && isDeepStrictEqual(before.split, split) ? [before.percent] : [0, ...shares, 100];
    const readings = await served.servedSince(split, since, signal);
    const alternatives = [...new Set(others.map((percent) => this.#shareSeenOf({ ...split, percent })))];
    const { outcome, detail, share } = judgeShare(readings, split.percent, alternatives, { othersOnActive: true });
    if (share !== undefined) this.#seen = { split, share };
    const status = outcome === "unconfirmed" ? "pending" : outcome;
    const candidateServed = split.percent === 0 ? servedByCandidate(readings) : undefined;
    return { status, detail, ...(candidateServed !== undefined && { candidateServed }) };
  }

  /** What the routes say. The object is read, and not taken from what was seen of it before. */
  async weight({ candidate }: Split, signal: AbortSignal): Promise<number | undefined> {
    const { writer, namespace, http } = this.#options;
    const live = await writer.write(virtualServices, { namespace, name: http.service }, () => undefined, { signal });
    try {
      return liveWeights(live)[candidate];
    } catch (error) {
      if (error instanceof RoutesUnknownError) return undefined;
      throw error;
    }
  }

  async selectSlot(slot: Slot, signal: AbortSignal): Promise<boolean> {
    const { writer, namespace, http, subsets = false } = this.#options;
    const name = http.service;
    let changed = false;
    const written = writer.write(
      services,
      { namespace, name },
      ({ spec }) => {
        const selector = slotSelectorLabels(name, slot);
        // An environment of an earlier version has one Service over both slots; the next `up` has it select one.
        if (spec?.selector?.[labelKeys.slot] === undefined || isDeepStrictEqual(spec.selector, selector))
          return undefined;
        changed = true;
        return { spec: { selector: replacingSelector(spec.selector, selector) } };
      },
      { signal },
    );
    try {
      await written;
    } catch (error) {
      // The account of an environment of an earlier version may not even look at that Service, which selects both slots there.
      if (!subsets || !(error instanceof ForbiddenError) || error.call.verb !== "get") throw error;
    }
    return changed;
  }

  /** As which share a division of the traffic shows, in percent. */
  #shareSeenOf(split: Split): number {
    const seen = isDeepStrictEqual(this.#seen?.split, split) ? this.#seen?.share : undefined;
    return Math.min(split.percent, seen ?? split.percent);
  }

  #remember(split: Split, percent: number | undefined): void {
    // Asked for once more what is there already: then nobody knows what was in effect before.
    if (percent !== undefined && percent !== split.percent) this.#before = { split, percent };
    else if (!isDeepStrictEqual(this.#before?.split, split)) this.#before = undefined;
  }
}

/** Between the first reading and the last in which its pods answered; undefined without two of them. */
function servedByCandidate(readings: readonly ServedReading[]): number | undefined {
  const [first, ...later] = readings.filter(({ candidateUnread = false }) => !candidateUnread);
  const last = later.at(-1);
  return first === undefined || last === undefined ? undefined : last.candidate - first.candidate;
}

/** Routes written anew: to Services that are there. */
function newRoutes({ service, port, ...settings }: HttpRouteSettings, subsets: boolean): readonly LiveRoute[] {
  const destination = subsets ? subsetDestination : slotDestination;
  const route = slotNames.map((slot) => ({ destination: destination(service, slot, port) }));
  return [{ name: routeNames.primary, route, ...routePolicy(settings) }];
}

/** The routes as they are. On the way back it does not matter whether they can be understood. */
function routesNow(live: VirtualService, split: Split): LiveRoutes | undefined {
  try {
    return readRoutes(live);
  } catch (error) {
    if (split.percent === 0 && error instanceof RoutesUnknownError) return undefined;
    throw error;
  }
}
