import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyServerOptions } from "fastify";

export interface LogOptions {
  readonly level: string;
  readonly slot: string;
  readonly version: string;
  /** Where lines go. @default standard output */
  readonly stream?: { write(line: string): void };
}

/** Keys whose values are never written, wherever somebody logs them. */
const secretKeys = ["authorization", "password", "access_token", "token", "cookie"];

/** One JSON object a line, with the time in ISO form and the level as a word. */
export function loggerOptions({
  level,
  slot,
  version,
  stream,
}: LogOptions): NonNullable<FastifyServerOptions["logger"]> {
  return {
    level,
    base: { service: "atom", slot, version },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: "[redacted]" },
    ...(stream === undefined ? {} : { stream }),
  };
}

const saneRequestId = /^[A-Za-z0-9._:-]{1,128}$/;

/** The caller's id when it is fit for a log and a header, else a new one. */
export function requestId(request: IncomingMessage): string {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && saneRequestId.test(given) ? given : randomUUID();
}

/** Logs one line for each answer; probes and scrapes at debug level, because they say little and come all the time. */
export function logRequests(app: FastifyInstance): void {
  app.addHook("onResponse", (request, reply, done) => {
    const route = request.routeOptions.url;
    const isRoutine = route === "/metrics" || route?.startsWith("/health/") === true;
    request.log[isRoutine && reply.statusCode < 500 ? "debug" : "info"](
      {
        method: request.method,
        // Without the query: people put secrets there.
        path: request.url.split("?", 1)[0],
        route,
        status: reply.statusCode,
        duration_ms: Math.round(reply.elapsedTime * 100) / 100,
        remote_address: request.ip,
      },
      "request answered",
    );
    done();
  });
}
