import { setImmediate as nextTurn } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { errorBody } from "../api-error.ts";
import type { Database } from "../database.ts";
import { checkDependencies, runCheck, type CheckResult, type DependencyChecks, type HealthLimits } from "../health.ts";

export interface HealthOptions {
  readonly database: Database;
  readonly checks: DependencyChecks;
  readonly limits: HealthLimits;
  /** Why the service does not want new requests whatever its dependencies say; undefined when it does. */
  readonly refusal: () => string | undefined;
  readonly slot: string;
  readonly version: string;
}

/** R1: `/health/live`, `/health/ready` and `/health/db`, each bounded in time. */
export function healthRoutes(app: FastifyInstance, options: HealthOptions): void {
  const { database, checks, limits, refusal, slot, version } = options;

  app.get("/health/live", async (request, reply) => {
    // A turn of the event loop is what there is to prove: a blocked one does not answer at all.
    const result = await runCheck(() => nextTurn(), limits.liveMs);
    if (result.ok) return { status: "ok", slot, version };
    return reply.code(503).send(errorBody("not_live", result.reason, request.id));
  });

  app.get("/health/ready", async (request, reply) => {
    const refused = refusal();
    if (refused !== undefined)
      return reply.code(503).send({ status: "not_ready", ...errorBody("not_ready", refused, request.id) });
    const results = await checkDependencies(checks, limits.readyMs);
    const failed = Object.entries(results).filter(([, result]) => !result.ok);
    const body = { status: failed.length === 0 ? "ready" : "not_ready", checks: mapValues(results, shown) };
    if (failed.length === 0) return body;
    for (const [name, result] of failed)
      request.log.warn(
        { dependency: name, err: result.ok ? undefined : result.cause },
        "a dependency failed its check",
      );
    const message = failed.map(([name, result]) => `${name}: ${result.ok ? "" : result.reason}`).join("; ");
    return reply.code(503).send({ ...body, ...errorBody("not_ready", message, request.id) });
  });

  app.get("/health/db", async (request, reply) => {
    const result = await runCheck(() => database.ping(), limits.databaseMs);
    const pool_status = database.poolStatus;
    if (!result.ok) {
      request.log.warn({ dependency: "database", err: result.cause }, "a dependency failed its check");
      const body = errorBody("database_unavailable", `database: ${result.reason}`, request.id);
      return reply.code(503).send({ status: "failed", pool_status, ...body });
    }
    const query_time_ms = result.durationMs;
    const isSlow = query_time_ms > limits.slowQueryMs;
    const warning = isSlow ? { warning: `the query took longer than ${limits.slowQueryMs} ms` } : {};
    return { status: "ok", query_time_ms, pool_status, ...warning };
  });
}

function shown(result: CheckResult): Record<string, unknown> {
  const { durationMs: duration_ms } = result;
  return result.ok ? { status: "ok", duration_ms } : { status: "failed", duration_ms, reason: result.reason };
}

function mapValues<Key extends string, Value, Result>(
  record: Readonly<Record<Key, Value>>,
  map: (value: Value) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries<Value>(record).map(([key, value]) => [key, map(value)]));
}
