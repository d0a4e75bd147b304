import { UserError } from "../../components/errors/user-error.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where Grafana is, and who we are to it. */
export interface GrafanaEndpoint {
  /** May have a path, for a Grafana below one. */
  readonly url: URL;
  /** Of a service account. */
  readonly key: string;
}

/** The address of Grafana is none. */
export class GrafanaUrlError extends UserError {
  override readonly name = "GrafanaUrlError";
}

/**
 * `GRAFANA_URL` with `GRAFANA_API_KEY`; undefined where either is unset or empty. Throws a {@link GrafanaUrlError}.
 *
 * @param configured the address where `GRAFANA_URL` is unset
 */
export function grafanaEndpoint(
  { GRAFANA_URL, GRAFANA_API_KEY: key }: Environment,
  configured?: string,
): GrafanaEndpoint | undefined {
  const address = GRAFANA_URL === undefined || GRAFANA_URL === "" ? configured : GRAFANA_URL;
  if (address === undefined || key === undefined || key === "") return undefined;
  const url = URL.parse(address);
  if (url === null || !["http:", "https:"].includes(url.protocol))
    throw new GrafanaUrlError("GRAFANA_URL is no http or https address.");
  if (url.username !== "" || url.password !== "")
    throw new GrafanaUrlError("GRAFANA_URL must not hold a password; GRAFANA_API_KEY is for secrets.");
  return { url, key };
}
