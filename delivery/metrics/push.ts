import { UserError } from "../../components/errors/user-error.ts";
import type { Ledger } from "../../components/ledger/ledger.ts";
import { HttpFailure, request } from "../http/request.ts";
import { Scrubber } from "../http/scrubber.ts";
import { metricsOf } from "./exposition.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the deployment metrics go: a Pushgateway, or what speaks its protocol. */
export interface MetricsEndpoint {
  readonly url: URL;
  /** @default none */
  readonly token?: string;
}

/** `METRICS_ENDPOINT` is no address. */
export class MetricsEndpointError extends UserError {
  override readonly name = "MetricsEndpointError";
}

/** The metrics did not arrive. The ledger keeps them, and the next run pushes them again. */
export class PushError extends Error {
  override readonly name = "PushError";
}

/** Of one push, in milliseconds: a gateway that is away must not keep a finished release waiting. */
const timeoutMs = 5_000;
const longestRemark = 200;

/** Pushes what the ledger has to where the variables say. Resolves to whether they name a place. Throws as {@link pushMetrics} does. */
export async function pushLedger(
  ledger: Ledger,
  group: MetricsGroup,
  environment: Environment,
  signal: AbortSignal,
): Promise<boolean> {
  const endpoint = metricsEndpoint(environment);
  if (endpoint === undefined) return false;
  await pushMetrics(metricsOf(ledger, group.environment), endpoint, group, signal);
  return true;
}

/** `METRICS_ENDPOINT` with `METRICS_TOKEN`; undefined where it is unset or empty. Throws a {@link MetricsEndpointError}. */
export function metricsEndpoint({ METRICS_ENDPOINT, METRICS_TOKEN }: Environment): MetricsEndpoint | undefined {
  if (METRICS_ENDPOINT === undefined || METRICS_ENDPOINT === "") return undefined;
  const url = URL.parse(METRICS_ENDPOINT);
  if (url === null || !["http:", "https:"].includes(url.protocol))
    throw new MetricsEndpointError("METRICS_ENDPOINT is no http or https address of a Pushgateway.");
  if (url.username !== "" || url.password !== "")
    throw new MetricsEndpointError("METRICS_ENDPOINT must not hold a password; METRICS_TOKEN is for secrets.");
  return { url, ...(METRICS_TOKEN === undefined || METRICS_TOKEN === "" ? {} : { token: METRICS_TOKEN }) };
}

/** Whose metrics they are. With the job it is the group, which is always the same: a group for each run would leak series. */
export interface MetricsGroup {
  readonly environment: string;
  readonly service: string;
}

/**
 * Replaces the group's metrics with these, whole (`PUT`), so that a gateway that lost them has them again. Throws a {@link PushError},
 * or the signal's reason.
 *
 * @param text in Prometheus' text format
 */
export async function pushMetrics(
  text: string,
  { url, token }: MetricsEndpoint,
  { environment, service }: MetricsGroup,
  signal: AbortSignal,
): Promise<void> {
  const group = ["job", "atom", "environment", environment, "service", service].map(encodeURIComponent).join("/");
  const target = new URL(`${url.pathname.replace(/\/$/, "")}/metrics/${group}`, url);
  const scrubber = new Scrubber();
  if (token !== undefined) scrubber.learn(token);
  try {
    const { status, body } = await request({
      ...{ url: target, method: "PUT", body: text, timeoutMs, signal },
      headers: {
        "content-type": "text/plain; version=0.0.4",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
    });
    if (status >= 300) {
      const remark = scrubber.scrub(body).trim().slice(0, longestRemark);
      throw new PushError(`${target.host} answered ${status}${remark === "" ? "" : `: ${remark}`}`);
    }
  } catch (error) {
    if (error instanceof HttpFailure) throw new PushError(error.message, { cause: error });
    throw error;
  }
}
