import assert from "node:assert/strict";
import { buildHttpRoutes, type HttpRoute } from "../../../components/routes/http-routes.ts";
import { planRoutes, type RoutesPlan } from "../../../components/routes/plan.ts";

const settings = { timeout: 15_000, retries: { attempts: 2, perTryTimeout: 5_000, on: ["connect-failure"] } };
const routes = buildHttpRoutes({ service: "atom", port: 8000, ...settings }, { active: "green", candidateWeight: 30 });

const plan = (changes: Partial<Parameters<typeof planRoutes>[0]> = {}): RoutesPlan =>
  planRoutes({ service: "atom", settings, live: { http: routes }, ...changes });

describe("what up does with routes that are there", () => {
  it("is nothing where they are as the stack's file says, whatever the weights and the order of their properties", () => {
    const left = { ignoreChanges: ["spec.http"], notes: [] };
    assert.deepEqual(plan(), { ...left, http: routes, applied: undefined });
    const turned = routes.map((route) => Object.fromEntries(Object.entries(route).toReversed()) as HttpRoute);
    assert.deepEqual(plan({ live: { http: turned, applied: 3 } }), { ...left, http: turned, applied: 3 });
  });

  it("is to bring what the file says of timeouts and retries, with the weights as they are, and to say so", () => {
    const slower = { ...settings, timeout: 30_000 };
    const { http, ignoreChanges, applied, notes } = plan({ settings: slower, live: { http: routes, applied: 3 } });
    assert.deepEqual(
      http,
      routes.map((route) => ({ ...route, timeout: "30s" })),
    );
    assert.deepEqual([ignoreChanges, applied], [[], 4]);
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
    const [canary, users = {}] = routes;
    const primary = { ...users };
    delete primary.retries;
    const { notes } = plan({ live: { http: [canary ?? {}, primary] } });
    assert.match(notes[0] ?? "", /get routes\.retries .* in place of null, as/);
    assert.doesNotMatch(notes[0] ?? "", /routes\.timeout/);
  });

  it("leaves what others added to the routes, and their own routes", () => {
    const cors = { allowOrigins: [{ exact: "https://shop.example" }] };
    const own = { name: "admin", timeout: "1s" };
    const live = { http: [own, ...routes.map((route) => ({ ...route, corsPolicy: cors }))] };
    assert.equal(plan({ live }).notes.length, 0);
    const { http } = plan({ live, settings: { ...settings, timeout: 1_000 } });
    assert.deepEqual(http, [own, ...routes.map((route) => ({ ...route, corsPolicy: cors, timeout: "1s" }))]);
  });

  it("waits for the end of a release, and says what it waits for", () => {
    const held = plan({ settings: { ...settings, timeout: 30_000 }, release: "r7" });
    assert.deepEqual([held.http, held.ignoreChanges, held.applied], [routes, ["spec.http"], undefined]);
    assert.deepEqual(held.notes, [
      'atom: the routes keep routes.timeout "15s" (the stack\'s file says "30s") until release r7 has ended. Run this again then.',
    ]);
    assert.deepEqual(plan({ release: "r7" }).notes, []);
  });
});
