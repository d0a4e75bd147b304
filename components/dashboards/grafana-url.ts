import { UserError } from "../errors/user-error.ts";

/** `GRAFANA_URL` is no address of a Grafana. Its message does not show it. */
export class GrafanaUrlError extends UserError {
  override readonly name = "GrafanaUrlError";
}

/** The address of a Grafana, which may have a path. Throws a {@link GrafanaUrlError}. */
export function parseGrafanaUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol))
    throw new GrafanaUrlError("GRAFANA_URL is no http or https address.");
  if (url.username !== "" || url.password !== "")
    throw new GrafanaUrlError("GRAFANA_URL must not hold a password; GRAFANA_API_KEY is for secrets.");
  return url;
}
