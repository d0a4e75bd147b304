import assert from "node:assert/strict";
import fc from "fast-check";
import { slotNames } from "../../../components/names/slot-name.ts";
import { buildHttpRoutes } from "../../../components/routes/http-routes.ts";
import { slotWeights } from "../../../components/routes/traffic.ts";
import { withWeights, type LiveRoute } from "../../../components/routes/weights.ts";

const settings = { service: "atom", port: 8000, timeout: 1_000, retries: { attempts: 0, perTryTimeout: 500, on: [] } };
const percent = fc.integer({ min: 0, max: 100 });
const slot = fc.constantFrom(...slotNames);
/** What somebody may have added to a route, or to a destination of one. */
const additions = fc.dictionary(
  fc.constantFrom("corsPolicy", "headers", "mirror", "fault", "rewrite"),
  fc.jsonValue({ maxDepth: 2 }),
);
const ownRoute = fc.record({
  name: fc.constantFrom("admin", "beta", ""),
  match: fc.constant([{ uri: { prefix: "/admin" } }]),
  route: fc.constant([{ destination: { host: "elsewhere" }, weight: 100 }]),
});

/** The routes with nothing but their weights, and where canary requests go, taken out. */
function rest(routes: readonly LiveRoute[]): unknown {
  return routes.map((route) => ({
    ...route,
    route: route.name === "canary" ? [] : route.route?.map((to) => ({ ...to, weight: 0 })),
  }));
}

describe("routes with other weights", () => {
  it("differ in these and in where canary requests go, and in nothing else, whatever others added", () => {
    fc.assert(
      fc.property(
        slot,
        percent,
        percent,
        fc.array(ownRoute, { maxLength: 2 }),
        additions,
        additions,
        (active, before, after, own, toUsers, toDestination) => {
          const [canary = {}, primary = {}] = buildHttpRoutes(settings, { active, candidateWeight: before });
          const destinations = primary.route?.map((each) => ({ ...each, ...toDestination })) ?? [];
          const live = [
            ...own,
            canary,
            { ...primary, ...toUsers, route: destinations },
            { name: "never" },
          ] as LiveRoute[];
          const weights = slotWeights({ active, candidateWeight: after });
          const changed = withWeights(live, { service: "atom", port: 8000, weights, canary: active });
          assert.deepEqual(rest(changed), rest(live));
          const users = changed.find(({ name }) => name === "primary")?.route ?? [];
          assert.deepEqual(
            users.map(({ weight }) => weight),
            slotNames.map((name) => weights[name]),
          );
          const again = withWeights(changed, { service: "atom", port: 8000, weights, canary: active });
          assert.deepEqual(again, changed);
        },
      ),
    );
  });

  it("give a slot that is named twice its weight once", () => {
    const [canary, primary] = buildHttpRoutes(settings, { active: "blue", candidateWeight: 0 }) as LiveRoute[];
    const twice = { ...primary, route: [...(primary?.route ?? []), ...(primary?.route ?? [])] };
    const live = [canary, twice].filter((route) => route !== undefined);
    const changed = withWeights(live, {
      service: "atom",
      port: 8000,
      weights: { blue: 70, green: 30 },
      canary: "green",
    });
    assert.deepEqual(
      changed[1]?.route?.map(({ weight }) => weight),
      [70, 30, 0, 0],
    );
  });
});
