import type { FastifyInstance } from "fastify";
import { Counter, Histogram, Registry, collectDefaultMetrics } from "prom-client";

/** Edges in seconds. 0.2 and 0.5 are the latency objectives of production and staging, so shares at them are exact. */
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 1, 2.5, 5, 10];

/** `route` of requests that no route matches: one label value, whatever paths strangers try. */
export const unmatchedRoute = "unmatched";

/** Not a status that is ever sent: the client went away before the answer was written (the name is nginx's). */
const clientClosedRequest = 499;

const methods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

const labelNames = ["method", "route", "status"] as const;

/** Counts and times every request. The registry is the application's own, so that two of them can live in one process. */
export class HttpMetrics {
  readonly registry = new Registry();
  readonly #requests = new Counter({
    name: "http_requests_total",
    help: "Answered requests.",
    labelNames,
    registers: [this.registry],
  });
  readonly #durations = new Histogram({
    name: "http_request_duration_seconds",
    help: "Time from a request's first byte to the end of its answer.",
    labelNames,
    buckets: durationBuckets,
    registers: [this.registry],
  });

  constructor(defaultLabels: { readonly slot: string; readonly version: string }) {
    this.registry.setDefaultLabels({ ...defaultLabels });
    collectDefaultMetrics({ register: this.registry });
  }

  /** Counts from here on what the application answers. */
  observe(app: FastifyInstance): void {
    app.addHook("onResponse", (request, reply, done) => {
      const labels = {
        method: methods.has(request.method) ? request.method : "OTHER",
        route: request.routeOptions.url ?? unmatchedRoute,
        status: reply.raw.writableFinished ? reply.statusCode : clientClosedRequest,
      };
      this.#requests.inc(labels);
      this.#durations.observe(labels, reply.elapsedTime / 1000);
      done();
    });
  }
}
