import { setTimeout as delay } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { ApiError } from "./api-error.ts";
import { FaultPlan, type Faults } from "./faults.ts";

/** Makes requests slow or fail as the drill says, before anything else looks at them. */
export function injectFaults(app: FastifyInstance, faults: Faults): void {
  const plan = new FaultPlan(faults);
  const known = new Set<string>();
  app.addHook("onRoute", ({ url }) => {
    known.add(url);
  });
  app.addHook("onReady", () => {
    const unknown = faults.routes?.filter((route) => !known.has(route)) ?? [];
    if (unknown.length > 0)
      throw new Error(`ATOM_FAULTS.routes: no route ${unknown.join(", ")}; there are ${[...known].sort().join(", ")}`);
  });
  app.addHook("onRequest", async (request) => {
    const { delayMs, status } = plan.next(request.routeOptions.url, Object.keys(request.headers));
    if (delayMs > 0) await delay(delayMs);
    if (status !== undefined) throw new ApiError(status, "fault_injected", "A drill asked for this error.");
  });
}
