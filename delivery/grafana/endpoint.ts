import { parseGrafanaUrl } from "../../components/dashboards/grafana-url.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where Grafana is, and who we are to it. */
export interface GrafanaEndpoint {
  /** May have a path, for a Grafana below one. */
  readonly url: URL;
  /** Of a service account. */
  readonly key: string;
}

/**
 * `GRAFANA_URL` with `GRAFANA_API_KEY`; undefined where either is unset or empty. Throws a GrafanaUrlError.
 *
 * @param configured the address where `GRAFANA_URL` is unset
 */
export function grafanaEndpoint(
  { GRAFANA_URL, GRAFANA_API_KEY: key }: Environment,
  configured?: string,
): GrafanaEndpoint | undefined {
  const address = GRAFANA_URL === undefined || GRAFANA_URL === "" ? configured : GRAFANA_URL;
  if (address === undefined || key === undefined || key === "") return undefined;
  return { url: parseGrafanaUrl(address), key };
}
