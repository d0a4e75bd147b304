import assert from "node:assert/strict";
import { buildHttpRoutes, type HttpRoute } from "../../../components/routes/http-routes.ts";
import { planRoutes, type RoutesPlan, type RoutesPlanInput } from "../../../components/routes/plan.ts";

const policy = { timeout: 15_000, retries: { attempts: 2, perTryTimeout: 5_000, on: ["connect-failure"] } };
const settings = { port: 8000, ...policy };
const routes = buildHttpRoutes({ service: "atom", ...settings }, { active: "green", candidateWeight: 0 });
const selecting = (slot: string) => ({
  selector: { "app.kubernetes.io/name": "atom", "atom.dev/slot": slot },
  applied: undefined,
});
const live = { http: routes, own: selecting("green") };

const plan = (changes: Partial<RoutesPlanInput> = {}): RoutesPlan =>
  planRoutes({ service: "atom", settings, active: "green", live, ...changes });

describe("what up does with routes that are there", () => {
  it("is nothing where they are as the stack's file says, whatever the weights and the order of their properties", () => {
    const left = { renamed: [], subsets: false, notes: [] };
    const selector = { value: live.own.selector, written: false, applied: undefined };
    assert.deepEqual(plan(), { ...left, http: { value: routes, written: false, applied: undefined }, selector });
    const turned = routes.map((route) => Object.fromEntries(Object.entries(route).toReversed()) as HttpRoute);
    const found = plan({ live: { ...live, http: turned, applied: 3 } });
    assert.deepEqual(found, { ...left, http: { value: turned, written: false, applied: 3 }, selector });
  });

  it("is to bring what the file says of timeouts and retries, with the weights as they are, and to say so", () => {
    const slower = { ...settings, timeout: 30_000 };
    const { http, notes } = plan({ settings: slower, live: { ...live, applied: 3 } });
    assert.deepEqual(http, {
      value: routes.map((route) => ({ ...route, timeout: "30s" })),
      written: true,
      applied: 4,
    });
    assert.deepEqual(notes, [
      'atom: the routes get routes.timeout "30s" in place of "15s", as the stack\'s file says: for all users at once.',
    ]);
  });

  it("names retries that were switched off, and those that somebody took off one route", () => {
    const off = { ...settings, retries: { ...settings.retries, attempts: 0 } };
    assert.match(
      plan({ settings: off }).notes[0] ?? "",
      /routes\.retries \{"attempts":0\} in place of \{"attempts":2,/,
    );
    const bare = { ...routes[0] };
    delete bare.retries;
    const { notes } = plan({ live: { ...live, http: [bare] } });
    assert.match(notes[0] ?? "", /get routes\.retries .* in place of null, as/);
    assert.doesNotMatch(notes[0] ?? "", /routes\.timeout/);
  });

  it("leaves what others added to the routes, and their own routes", () => {
    const cors = { allowOrigins: [{ exact: "https://shop.example" }] };
    const own = { name: "admin", timeout: "1s" };
    const http = [own, ...routes.map((route) => ({ ...route, corsPolicy: cors }))];
    assert.equal(plan({ live: { ...live, http } }).notes.length, 0);
    const { value } = plan({ live: { ...live, http }, settings: { ...settings, timeout: 1_000 } }).http;
    assert.deepEqual(value, [own, ...routes.map((route) => ({ ...route, corsPolicy: cors, timeout: "1s" }))]);
  });

  it("leads to another port where the service has moved there", () => {
    const { http, notes, renamed } = plan({ settings: { ...settings, port: 9000 } });
    assert.deepEqual(renamed, ["green"], "gateways have to know the port first");
    assert.deepEqual(
      http.value.flatMap(({ route = [] }) => route.map(({ destination }) => destination?.port?.number)),
      [9000, 9000],
    );
    assert.deepEqual(notes, [
      "atom: the routes get atom-blue and atom-green at port 9000 as destinations, as the stack's file says: for all users at once.",
    ]);
    assert.match(
      plan({ settings: { ...settings, port: 9000, timeout: 1_000 } }).notes.join(),
      /routes\.timeout "1s" in place of "15s" and atom-blue and atom-green at port 9000 as destinations/,
    );
  });

  it("is to take the route for x-canary away that a release has left, or an earlier version, and to say so", () => {
    for (const canary of [
      { name: "canary", match: [{}], route: [{ destination: { host: "atom-blue" } }], timeout: "1s" },
      { name: "canary", match: [{}], redirect: { uri: "/" } },
    ]) {
      const { http, notes } = plan({ live: { ...live, http: [canary, ...routes] } });
      assert.deepEqual(http, { value: routes, written: true, applied: 1 });
      assert.deepEqual(notes, [
        "atom: the route for requests with x-canary goes: a release adds it, and nothing is released now.",
      ]);
    }
  });

  it("is nothing to the route for x-canary of a release under way, and none is added without one", () => {
    const http = [
      { name: "canary", match: [{}], route: [{ destination: { host: "atom-blue", port: { number: 8000 } } }] },
    ];
    const canary = { ...routes[0], ...http[0], route: http[0]?.route ?? [] };
    const during = plan({ live: { ...live, http: [canary, ...routes] }, release: "r7" });
    assert.deepEqual([during.http.value, during.http.written, during.notes], [[canary, ...routes], false, []]);
    assert.deepEqual([plan().http.value, plan().http.written], [routes, false]);
  });

  it("waits for the end of a release, and says what it waits for", () => {
    const held = plan({ settings: { ...settings, timeout: 30_000 }, release: "r7" });
    assert.deepEqual(held.http, { value: routes, written: false, applied: undefined });
    assert.deepEqual(held.notes, [
      'atom: the routes get routes.timeout "30s" in place of "15s", once release r7 has ended: run this again then.',
    ]);
    assert.deepEqual(plan({ release: "r7" }).notes, []);
  });

  it("says that other hosts, which do not wait, end the release that is under way", () => {
    const hosts = ["shop.example", "www.shop.example"];
    const asked = { ...settings, hosts: hosts.toReversed() };
    const notes = (changes: Partial<RoutesPlanInput>) => plan({ settings: asked, ...changes }).notes;
    assert.deepEqual(notes({ live: { ...live, hosts }, release: "r7" }), []);
    assert.deepEqual(notes({ live: { ...live, hosts: ["shop.example"] } }), []);
    assert.deepEqual(notes({ live: { ...live, hosts: ["shop.example"] }, release: "r7" }), [
      'atom: routes.hosts ["shop.example","www.shop.example"] in place of ["shop.example"] takes effect at once and ends release r7 as ' +
        "superseded, which is judged by the routes as they were. To have it go on, run this when it has ended.",
    ]);
  });

  it("waits for it too where the destinations alone are written in another way", () => {
    const http = routes.map((route) => ({
      ...route,
      route: (route.route ?? []).map((to) => ({
        ...to,
        destination: { ...to.destination, host: `${to.destination?.host ?? ""}.atom-staging.svc.cluster.local` },
      })),
    }));
    const held = plan({ live: { ...live, http }, release: "r7" });
    assert.deepEqual(held.http, { value: http, written: false, applied: undefined });
    assert.deepEqual(held.notes, [
      "atom: the routes get atom-blue and atom-green at port 8000 as destinations, once release r7 has ended: run this again then.",
    ]);
  });
});

describe("what up does with the Service of the service's own name", () => {
  it("is to have it select the slot that serves, where it does not", () => {
    for (const own of [selecting("blue"), { selector: { "app.kubernetes.io/name": "atom" }, applied: 1 }]) {
      const { selector, notes } = plan({ live: { ...live, own } });
      const applied = (own.applied ?? 0) + 1;
      assert.deepEqual(selector, { value: live.own.selector, written: true, applied });
      assert.deepEqual(notes, ["atom: the Service atom selects green alone, which serves."]);
    }
  });

  it("is nothing where somebody has rolled back by hand, weights and Service, which the ledger does not know", () => {
    const { selector, notes } = plan({ active: "blue" });
    assert.deepEqual([selector.value, selector.written, notes], [live.own.selector, false, []]);
    const both = { selector: { "app.kubernetes.io/name": "atom" } };
    assert.deepEqual(plan({ active: "blue", live: { ...live, own: both } }).selector.value, live.own.selector);
  });

  it("is nothing during a release, which turns it itself", () => {
    for (const slot of ["blue", "green"]) {
      const own = selecting(slot);
      const { selector, notes } = plan({ live: { ...live, own }, release: "r7" });
      assert.deepEqual([selector.value, selector.written, notes], [own.selector, false, []]);
    }
  });
});

describe("what up does with routes of a version that had one Service over both slots", () => {
  const subset = (route: HttpRoute): HttpRoute => ({
    ...route,
    route: (route.route ?? []).map((to) => {
      const slot = to.destination?.host?.replace("atom-", "") ?? "";
      return { ...to, destination: { ...to.destination, host: "atom", subset: slot } };
    }),
  });
  const old = { http: routes.map(subset), own: { selector: { "app.kubernetes.io/name": "atom" } } };

  it("is to name each slot by its own Service, and to wait for those that have traffic", () => {
    const mine = subset({ name: "mine", route: [{ destination: { host: "atom-blue" }, weight: 100 }] });
    const { http, selector, renamed, subsets, notes } = plan({ live: { ...old, http: [mine, ...old.http] } });
    const named = {
      name: "mine",
      route: [{ destination: { host: "atom-blue", port: { number: 8000 } }, weight: 100 }],
    };
    assert.deepEqual(http.value, [named, ...routes]);
    assert.deepEqual([http.written, selector.written, renamed, subsets], [true, true, ["green"], false]);
    assert.match(notes.join("\n"), /atom-blue and atom-green in place of the subsets of atom.*\n.*selects green alone/);
  });

  it("leaves routes, subsets and Service as they are during a release, which needs them", () => {
    const { http, selector, renamed, subsets, notes } = plan({ live: old, release: "r7" });
    assert.deepEqual([http.value, http.written], [old.http, false]);
    assert.deepEqual([selector.value, selector.written], [old.own.selector, false]);
    assert.deepEqual([renamed, subsets, notes.length], [[], true, 1]);
  });
});
