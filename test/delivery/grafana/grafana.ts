import { GrafanaClient } from "../../../delivery/grafana/client.ts";
import type { GrafanaStandIn } from "../../support/grafana/grafana.ts";

/** Never aborted. */
export const { signal } = new AbortController();

/** A client of the stand-in. */
export function clientOf({ url, key }: Pick<GrafanaStandIn, "url" | "key">, timeoutMs = 5_000): GrafanaClient {
  return new GrafanaClient({ url, key }, { timeoutMs });
}
