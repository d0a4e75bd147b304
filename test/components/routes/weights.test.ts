import assert from "node:assert/strict";
import fc from "fast-check";
import { otherSlot, slotNames } from "../../../components/names/slot-name.ts";
import { buildHttpRoutes } from "../../../components/routes/http-routes.ts";
import { slotWeights } from "../../../components/routes/traffic.ts";
import { withWeights, type LiveRoute } from "../../../components/routes/weights.ts";

const settings = { service: "atom", port: 8000, timeout: 1_000, retries: { attempts: 0, perTryTimeout: 500, on: [] } };
const at = { service: "atom", port: 8000 };
const allOnBlue = { ...at, weights: { blue: 100, green: 0 } };
const [users = {}] = buildHttpRoutes(settings, { active: "blue", candidateWeight: 0 }) as LiveRoute[];
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

/** The routes with nothing but their weights, and the canary route, taken out. */
function rest(routes: readonly LiveRoute[]): unknown {
  return routes
    .filter(({ name }) => name !== "canary")
    .map((route) => ({ ...route, route: route.route?.map((to) => ({ ...to, weight: 0 })) }));
}

describe("routes with other weights", () => {
  it("differ in these and in the canary route, and in nothing else, whatever others added", () => {
    fc.assert(
      fc.property(
        slot,
        percent,
        percent,
        fc.array(ownRoute, { maxLength: 2 }),
        additions,
        additions,
        fc.boolean(),
        (active, before, after, own, toUsers, toDestination, hasCanary) => {
          const [primary = {}] = buildHttpRoutes(settings, { active, candidateWeight: before });
          const destinations = primary.route?.map((each) => ({ ...each, ...toDestination })) ?? [];
          const edited = { ...primary, ...toUsers, route: destinations } as LiveRoute;
          const canary = { name: "canary", match: [{}], route: [{ destination: { host: "atom-blue" } }] };
          const live = [...own, ...(hasCanary ? [canary] : []), edited, { name: "never" }];
          const weights = slotWeights({ active, candidateWeight: after });
          const wanted = { ...at, weights, canary: active };
          const changed = withWeights(live, wanted);
          assert.deepEqual(rest(changed), rest(live));
          const shares = changed.find(({ name }) => name === "primary")?.route ?? [];
          assert.deepEqual(
            shares.map(({ weight }) => weight),
            slotNames.map((name) => weights[name]),
          );
          const found = changed.filter(({ name }) => name === "canary");
          assert.deepEqual(
            found.map(({ route }) => route?.map(({ destination }) => destination.host)),
            [[`atom-${active}`]],
          );
          assert.deepEqual(withWeights(changed, wanted), changed);
          assert.deepEqual(
            withWeights(changed, { ...at, weights }),
            changed.filter(({ name }) => name !== "canary"),
          );
        },
      ),
    );
  });

  it("give a slot that is named twice its weight once", () => {
    const twice = { ...users, route: [...(users.route ?? []), ...(users.route ?? [])] };
    const changed = withWeights([twice], { ...at, weights: { blue: 70, green: 30 } });
    assert.deepEqual(
      changed[0]?.route?.map(({ weight }) => weight),
      [70, 30, 0, 0],
    );
  });
});

describe("the canary route", () => {
  const marked = (name: string) => ({ response: { set: { "x-canary-slot": name } } });

  it("leads to the port that the users' route names, also where the release plan has another already", () => {
    const [canary] = withWeights([users], { ...allOnBlue, port: 9000, canary: "green" });
    assert.deepEqual(canary?.route, [{ destination: { host: "atom-green", port: { number: 8000 } } }]);
  });

  it("comes first, and treats requests as the users' route does, but for copies that are made of theirs", () => {
    const treated = { corsPolicy: { allowMethods: ["GET"] }, rewrite: { uri: "/v2" } };
    const live = { ...users, ...treated, mirror: { host: "copy" }, mirrorPercentage: { value: 1 } };
    const admin = { name: "admin", match: [{ uri: { prefix: "/admin" } }], route: [{ destination: { host: "x" } }] };
    assert.deepEqual(withWeights([admin, live], { ...allOnBlue, canary: "green" }), [
      {
        name: "canary",
        match: [{ headers: { "x-canary": {} } }],
        route: [{ destination: { host: "atom-green", port: { number: 8000 } } }],
        timeout: "1s",
        retries: { attempts: 0 },
        ...treated,
        headers: marked("green"),
      },
      admin,
      live,
    ]);
  });

  it("names its slot in answers beside whatever else is done to headers, also where it is of an earlier version", () => {
    const headers = {
      request: { remove: ["cookie"] },
      response: { set: { "x-frame-options": "DENY" }, add: { a: "b" } },
    };
    const earlier = {
      name: "canary",
      match: [{ headers: { "x-canary": {} } }],
      route: [{ destination: { host: "atom", subset: "green" } }],
      headers,
    };
    const [changed] = withWeights([earlier, users], { ...allOnBlue, canary: "green" });
    const response = { add: { a: "b" }, set: { "x-frame-options": "DENY", "x-canary-slot": "green" } };
    assert.deepEqual(changed, { ...earlier, headers: { request: { remove: ["cookie"] }, response } });
  });

  it("is led to the other slot in place, with the name of that one", () => {
    const toOne = withWeights([users], { ...allOnBlue, canary: "blue" });
    for (const each of slotNames) {
      const [canary] = withWeights(toOne, { ...allOnBlue, canary: otherSlot(each) });
      assert.equal(canary?.route?.[0]?.destination.host, `atom-${otherSlot(each)}`);
      assert.deepEqual(canary.headers, marked(otherSlot(each)));
    }
  });

  it("is gone where none is wanted, a redirect in its place as well", () => {
    const redirect = { name: "canary", match: [{}], redirect: { uri: "/" } } as LiveRoute;
    assert.deepEqual(withWeights([redirect, users], allOnBlue), [users]);
  });
});
