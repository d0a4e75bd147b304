import { readFile } from "node:fs/promises";
import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import { connectionsTo } from "../http/request.ts";
import type { Clock } from "../release/ports.ts";
import { Authorization } from "./authorization.ts";
import { PrometheusClient, type RequestRecord } from "./client.ts";

type PrometheusPlan = ReleasePlan["prometheus"];
type Environment = Readonly<Record<string, string | undefined>>;

/** A client whose connections live as long as it is not disposed of; or why there is none. */
export type PrometheusConnection =
  | ({ readonly ok: true; readonly client: PrometheusClient } & Disposable)
  | ({ readonly ok: false; readonly why: string } & Disposable);

export interface ConnectOptions {
  readonly clock: Clock;
  readonly onRequest?: (record: RequestRecord) => void;
  /** For all tries of one call together, in milliseconds. @default 30000 */
  readonly deadlineMs?: number;
}

/**
 * The client that a plan describes. `PROMETHEUS_URL` in the environment has precedence over the plan's address, which may be one within
 * the cluster. What is missing (no address, an unset variable, an unreadable file) is told and not thrown: a release goes on by its policy.
 */
export async function connectPrometheus(
  plan: PrometheusPlan,
  environment: Environment,
  { clock, onRequest, deadlineMs }: ConnectOptions,
): Promise<PrometheusConnection> {
  const address = nonEmpty(environment.PROMETHEUS_URL) ?? plan?.url;
  if (address === undefined) return none("neither the plan nor PROMETHEUS_URL names one");
  const url = parseUrl(address);
  if (url === undefined) return none("PROMETHEUS_URL is no http or https address");
  const authorization = authorizationOf(plan?.auth ?? { kind: "none" }, environment);
  if (typeof authorization === "string") return none(authorization);
  let ca: string | undefined;
  const variable = plan?.caFileVariable;
  if (variable !== undefined) {
    const file = nonEmpty(environment[variable]);
    if (file === undefined) return none(`${variable} is not set, which names the file of its authorities`);
    try {
      ca = await readFile(file, "utf8");
    } catch (error) {
      return none(
        `the file that ${variable} names cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown error"})`,
      );
    }
  }
  const agent = connectionsTo(url, { ca });
  const client = new PrometheusClient({
    url,
    authorization,
    agent,
    clock,
    ...(plan === null ? {} : { tryTimeoutMs: plan.timeout }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(onRequest === undefined ? {} : { onRequest }),
  });
  return {
    ok: true,
    client,
    [Symbol.dispose]() {
      agent.destroy();
    },
  };
}

function authorizationOf(
  auth: NonNullable<PrometheusPlan>["auth"],
  environment: Environment,
): Authorization | undefined | string {
  switch (auth.kind) {
    case "none":
      return undefined;
    case "bearer": {
      const token = nonEmpty(environment[auth.tokenVariable]);
      return token === undefined
        ? `${auth.tokenVariable} is not set, which holds its token`
        : Authorization.bearer(token);
    }
    case "basic": {
      const username = nonEmpty(environment[auth.usernameVariable]);
      const password = nonEmpty(environment[auth.passwordVariable]);
      if (username !== undefined && password !== undefined) return Authorization.basic(username, password);
      return `${username === undefined ? auth.usernameVariable : auth.passwordVariable} is not set, which it is logged in to with`;
    }
  }
}

function none(why: string): PrometheusConnection {
  return { ok: false, why, [Symbol.dispose]: () => undefined };
}

function parseUrl(text: string): URL | undefined {
  const url = URL.parse(text);
  return url !== null && ["http:", "https:"].includes(url.protocol) ? url : undefined;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
