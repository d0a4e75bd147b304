import assert from "node:assert/strict";
import fc from "fast-check";
import { buildHttpRoutes } from "../../../components/routes/http-routes.ts";
import type { VirtualService } from "../../../delivery/cluster/resources.ts";
import { liveWeights, RoutesUnknownError } from "../../../delivery/router/live-weights.ts";

function virtualService(http: unknown): VirtualService {
  return { metadata: { name: "atom", namespace: "atom-staging" }, spec: { http: http as readonly unknown[] } };
}

const to = (subset: string, weight?: number): unknown => ({
  destination: { host: "atom", subset },
  ...(weight === undefined ? {} : { weight }),
});

describe("the weights of a VirtualService", () => {
  it("are those that its routes were built with", () => {
    const settings = {
      service: "atom",
      port: 8000,
      timeout: 1_000,
      retries: { attempts: 0, perTryTimeout: 1_000, on: [] },
    };
    fc.assert(
      fc.property(
        fc.constantFrom("blue" as const, "green" as const),
        fc.integer({ min: 0, max: 100 }),
        (active, percent) => {
          const weights = liveWeights(virtualService(buildHttpRoutes(settings, { active, candidateWeight: percent })));
          assert.equal(weights[active], 100 - percent);
          assert.equal(weights.blue + weights.green, 100);
        },
      ),
    );
  });

  const tolerated: Record<string, { http: unknown; blue: number }> = {
    "timeouts, retries and headers of a person's making": {
      http: [
        {
          name: "primary",
          timeout: "3s",
          retries: {},
          headers: {},
          mirror: {},
          route: [to("blue", 90), to("green", 10)],
        },
      ],
      blue: 90,
    },
    "a canary route that is gone": { http: [{ name: "primary", route: [to("blue", 100)] }], blue: 100 },
    "a single destination without a weight": { http: [{ name: "primary", route: [to("green")] }], blue: 0 },
    "a single destination with any weight": { http: [{ name: "primary", route: [to("green", 0)] }], blue: 0 },
    "a destination without a weight beside another": {
      http: [{ name: "primary", route: [to("blue", 100), to("green")] }],
      blue: 100,
    },
    "weights that are not 100 in all": {
      http: [{ name: "primary", route: [to("blue", 1), to("green", 3)] }],
      blue: 25,
    },
    "a slot in two destinations": {
      http: [{ name: "primary", route: [to("blue", 30), to("green", 40), to("blue", 30)] }],
      blue: 60,
    },
    "a route for some requests, whatever becomes of these": {
      http: [
        { name: "admin", match: [{ uri: { prefix: "/admin" } }], redirect: {} },
        { name: "primary", route: [to("blue", 100)] },
      ],
      blue: 100,
    },
    "a route that no request gets to": {
      http: [{ name: "primary", route: [to("blue", 100)] }, { route: [to("green")] }],
      blue: 100,
    },
    "slots that are named by Services of their own, written out or not": {
      http: [
        {
          name: "primary",
          route: [
            { destination: { host: "atom-blue" }, weight: 80 },
            { destination: { host: "atom-green.atom-staging.svc.cluster.local" }, weight: 20 },
          ],
        },
      ],
      blue: 80,
    },
    "a canary route that was changed": {
      http: [
        { name: "canary", match: [{}], redirect: {} },
        { name: "primary", route: [to("blue")] },
      ],
      blue: 100,
    },
  };
  for (const [what, { http, blue }] of Object.entries(tolerated))
    it(`are read with ${what}`, () => {
      assert.deepEqual(liveWeights(virtualService(http)), { blue, green: 100 - blue });
    });

  const refused: Record<string, { http: unknown; says: RegExp }> = {
    "no routes": { http: [], says: /no route for users/ },
    "nothing at all": { http: undefined, says: /no route for users/ },
    "a route that is no route": { http: [3], says: /no list of routes/ },
    "a route of another name": {
      http: [{ name: "maintenance", route: [to("blue")] }],
      says: /no route for users, named "primary"/,
    },
    "a route without a name": { http: [{ route: [to("blue")] }], says: /no route for users/ },
    "a route that leaves the users' nothing": {
      http: [
        { name: "maintenance", directResponse: { status: 503 } },
        { name: "primary", route: [to("blue")] },
      ],
      says: /the route "maintenance" before "primary" takes all requests/,
    },
    "a canary route for everybody": {
      http: [
        { name: "canary", route: [to("green")] },
        { name: "primary", route: [to("blue")] },
      ],
      says: /the route "canary" before "primary" takes all requests/,
    },
    "two canary routes": {
      http: [
        { name: "canary", match: [{}] },
        { name: "canary", match: [{}] },
        { name: "primary", route: [to("blue")] },
      ],
      says: /more than one route named "canary"/,
    },
    "the users' route twice": {
      http: [
        { name: "primary", route: [to("blue")] },
        { name: "primary", route: [to("green")] },
      ],
      says: /2 routes named "primary"/,
    },
    "a users' route for some users": {
      http: [{ name: "primary", match: [{}], route: [to("blue")] }],
      says: /some requests only/,
    },
    "a redirect": { http: [{ name: "primary", redirect: {} }], says: /has a redirect/ },
    "a direct response": { http: [{ name: "primary", directResponse: { status: 503 } }], says: /has a directResponse/ },
    "a subset that is no slot": { http: [{ name: "primary", route: [to("v2")] }], says: /is no slot: .*"subset":"v2"/ },
    "the service itself": {
      http: [{ name: "primary", route: [{ destination: { host: "atom" } }] }],
      says: /is no slot/,
    },
    "a subset of a slot's own Service": {
      http: [{ name: "primary", route: [{ destination: { host: "atom-blue", subset: "blue" } }] }],
      says: /is no slot/,
    },
    "no weight anywhere": {
      http: [{ name: "primary", route: [to("blue", 0), to("green", 0)] }],
      says: /no destination has a weight/,
    },
    "a negative weight": {
      http: [{ name: "primary", route: [to("blue", -1), to("green", 5)] }],
      says: /no list of routes/,
    },
  };
  for (const [what, { http, says }] of Object.entries(refused))
    it(`are refused with ${what}, with what to do next`, () => {
      assert.throws(
        () => liveWeights(virtualService(http)),
        (error) => {
          assert.ok(error instanceof RoutesUnknownError);
          assert.match(error.message, says);
          assert.match(error.message, /atom-staging\/atom.*[\s\S]*atom abort/);
          return true;
        },
      );
    });
});
