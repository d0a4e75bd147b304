import assert from "node:assert/strict";
import fc from "fast-check";
import { otherSlot, slotNames } from "../../../components/names/slot-name.ts";
import { buildHttpRoutes, type HttpRouteSettings } from "../../../components/routes/http-routes.ts";
import { serviceSelector } from "../../../components/routes/service-selector.ts";
import { slotWeights } from "../../../components/routes/traffic.ts";
import { allTo } from "../../../components/slots/live-release.ts";

const settings: HttpRouteSettings = {
  service: "atom",
  port: 8000,
  timeout: 30_000,
  retries: { attempts: 2, perTryTimeout: 1500, on: ["connect-failure", "refused-stream"] },
};

describe("the http routes", () => {
  it("share users out by weight, and have no route for x-canary: a release adds it", () => {
    const policy = {
      timeout: "30s",
      retries: { attempts: 2, perTryTimeout: "1500ms", retryOn: "connect-failure,refused-stream" },
    };
    const to = (slot: string) => ({ host: `atom-${slot}`, port: { number: 8000 } });
    assert.deepEqual(buildHttpRoutes(settings, { active: "blue", candidateWeight: 10 }), [
      {
        name: "primary",
        route: [
          { destination: to("blue"), weight: 90 },
          { destination: to("green"), weight: 10 },
        ],
        ...policy,
      },
    ]);
  });

  it("say nothing of tries where there are none", () => {
    const routes = buildHttpRoutes(
      { ...settings, retries: { ...settings.retries, attempts: 0 } },
      { active: "blue", candidateWeight: 0 },
    );
    assert.deepEqual(
      routes.map(({ retries }) => retries),
      [{ attempts: 0 }],
    );
  });

  it("always share out exactly 100 %, and differ between two weights in numbers alone", () => {
    const weight = fc.integer({ min: 0, max: 100 });
    fc.assert(
      fc.property(fc.constantFrom(...slotNames), weight, weight, (active, first, second) => {
        const shape = (candidateWeight: number) => {
          const routes = buildHttpRoutes(settings, { active, candidateWeight });
          const weights = routes[0]?.route?.map(({ weight: share = 0 }) => share) ?? [];
          assert.equal(
            weights.reduce((sum, share) => sum + share, 0),
            100,
          );
          return JSON.stringify(routes).replaceAll(/"weight":\d+/g, '"weight":n');
        };
        assert.equal(shape(first), shape(second));
      }),
    );
  });
});

describe("the weights of the slots", () => {
  it("give the candidate its share and the active slot the rest", () => {
    assert.deepEqual(slotWeights({ active: "green", candidateWeight: 10 }), { blue: 10, green: 90 });
  });

  for (const candidateWeight of [-1, 101, 0.5, Number.NaN]) {
    it(`refuse a share of ${candidateWeight}`, () => {
      assert.throws(() => slotWeights({ active: "blue", candidateWeight }), RangeError);
    });
  }
});

describe("the selector of the replica router", () => {
  it("finds one slot where it has all of the traffic", () => {
    for (const slot of slotNames)
      assert.deepEqual(serviceSelector("atom", allTo(slot)), {
        "app.kubernetes.io/name": "atom",
        "atom.dev/slot": slot,
      });
  });

  it("finds both slots at every share between", () => {
    fc.assert(
      fc.property(fc.constantFrom(...slotNames), fc.integer({ min: 1, max: 99 }), (slot, share) => {
        const weights = { ...allTo(slot), [slot]: share, [otherSlot(slot)]: 100 - share };
        assert.deepEqual(serviceSelector("atom", weights), { "app.kubernetes.io/name": "atom" });
      }),
    );
  });
});
