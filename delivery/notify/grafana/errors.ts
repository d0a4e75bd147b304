import { GrafanaError } from "../../grafana/client.ts";
import { RefusedError, UndeliveredError } from "../channel.ts";

/** What Grafana did not do, in the words of the outbox. Anything else stays what it is. */
export function asChannelError(error: unknown): unknown {
  if (!(error instanceof GrafanaError)) return error;
  if (error.kind === "refused") return new RefusedError(error.message, { cause: error });
  return new UndeliveredError(error.message, { uncertain: true, cause: error });
}
