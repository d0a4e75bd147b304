import type { IstioRouteSettings } from "../service/contract.ts";
import type { ReleasePlanInput } from "./release-plan.ts";

/** The routes of a service, as far as its entry depends on them. */
type Routes = Pick<IstioRouteSettings, "router" | "url" | "hosts"> | { readonly router: "replicas" };

export interface EntrySources {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
  readonly routes: Routes;
}

/**
 * Where requests to a service go in. Behind a gateway it is the URL of the configuration, with a Host header where the gateway would not
 * know the URL's own host. Without one it is the Service, which only the cluster reaches: the smoke test goes through the API server.
 */
export function entryOf({ namespace, service, port, routes }: EntrySources): ReleasePlanInput["entry"] {
  if (routes.router === "replicas") return { url: `http://${service}.${namespace}:${port}` };
  const { url, hosts } = routes;
  const asked = new URL(url).hostname;
  if (hosts.some((host) => covers(host, asked))) return { url };
  const host = hosts.find((each) => !each.startsWith("*"));
  return host === undefined ? { url } : { url, host };
}

/** Whether a host of a route, `*` or `*.example.com` too, is what a request asks for. */
function covers(host: string, asked: string): boolean {
  return host === asked || (host.startsWith("*") && asked.endsWith(host.slice(1)));
}
