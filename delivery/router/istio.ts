import { isDeepStrictEqual } from "node:util";
import { buildHttpRoutes, type HttpRouteSettings } from "../../components/routes/http-routes.ts";
import type { FencedWriter } from "../cluster/api.ts";
import { virtualServices, type VirtualService } from "../cluster/resources.ts";
import type { ServedRequests } from "../guard/served.ts";
import type { Confirmation, Router, Split } from "../release/ports.ts";
import { liveWeights, RoutesUnknownError } from "./live-weights.ts";
import { judgeShare } from "./observed-share.ts";

export interface IstioRouterOptions {
  readonly writer: FencedWriter;
  readonly namespace: string;
  /** The service, whose name is that of its VirtualService, and what its routes do with a request. */
  readonly http: HttpRouteSettings;
  /** The shares of the plan in percent. After a resume it is not known which of them is in effect. */
  readonly shares: readonly number[];
  readonly served: ServedRequests;
}

/** Moves traffic by the weights of a VirtualService. */
export class IstioRouter implements Router {
  readonly #options: IstioRouterOptions;
  /** The candidate's share before the last change, where that is known. */
  #before: { readonly split: Split; readonly percent: number } | undefined;

  constructor(options: IstioRouterOptions) {
    this.#options = options;
  }

  /**
   * Writes `spec.http` whole, in one patch. Going forward it refuses routes that it does not understand (RoutesUnknownError); going back to
   * the active slot it overwrites whatever is there, because a way back that depends on the way there is none.
   */
  async shift(split: Split, signal: AbortSignal): Promise<void> {
    const { writer, namespace, http } = this.#options;
    const wanted = buildHttpRoutes(http, { active: split.active, candidateWeight: split.percent });
    await writer.write(
      virtualServices,
      { namespace, name: http.service },
      (live) => {
        this.#remember(split, shareNow(live, split));
        return isDeepStrictEqual(live.spec?.http, wanted) ? undefined : { spec: { http: wanted } };
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
    const { outcome, detail } = judgeShare(await served.servedSince(split, since, signal), split.percent, [
      ...new Set(others),
    ]);
    return { status: outcome === "unconfirmed" ? "pending" : outcome, detail };
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

  #remember(split: Split, percent: number | undefined): void {
    // Asked for once more what is there already: then nobody knows what was in effect before.
    if (percent !== undefined && percent !== split.percent) this.#before = { split, percent };
    else if (!isDeepStrictEqual(this.#before?.split, split)) this.#before = undefined;
  }
}

/** The candidate's share as it is. On the way back it does not matter whether that can be told. */
function shareNow(live: VirtualService, split: Split): number | undefined {
  try {
    return liveWeights(live)[split.candidate];
  } catch (error) {
    if (split.percent === 0 && error instanceof RoutesUnknownError) return undefined;
    throw error;
  }
}
