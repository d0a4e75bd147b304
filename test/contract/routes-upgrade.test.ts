// One Service over both slots becomes a Service for each, in one `up`: the real engine and the real API server, from what 6ebc742 had declared.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ServicePort } from "../../components/routes/cluster-service.ts";
import type { HttpRoute } from "../../components/routes/http-routes.ts";
import { IstioRoutes, type RouteChecks } from "../../components/routes/istio-routes.ts";
import { planRoutes, type LiveHttp } from "../../components/routes/plan.ts";
import { controlPlane, FIRST_START_MS } from "../support/control-plane.ts";
import { Engine, ENGINE_MS, type Program } from "./engine.ts";

interface Rendered {
  readonly type: string;
  readonly name: string;
  readonly ignoreChanges: readonly string[];
  readonly inputs: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: object;
    readonly spec: object;
  };
}

const settings = {
  ...{ port: 8000, timeout: 15_000 },
  retries: { attempts: 2, perTryTimeout: 5_000, on: ["connect-failure", "refused-stream"] },
};
const gateway = { selector: { istio: "ingressgateway" }, port: 8080 };

/** What the earlier version declared, in the namespace of the test. */
function earlier(rendered: readonly Rendered[]): Program {
  return (provider, namespace) => {
    const parent = new pulumi.ComponentResource("atom:routes:Istio", "atom", {}, { providers: [provider] });
    for (const { type, name, ignoreChanges, inputs } of rendered) {
      const { spec } = inputs;
      const metadata = { ...inputs.metadata, namespace };
      const options = { parent, ignoreChanges: [...ignoreChanges] };
      if (type.endsWith(":Service")) new k8s.core.v1.Service(name, { metadata, spec }, options);
      else new k8s.apiextensions.CustomResource(name, { ...inputs, metadata }, options);
    }
  };
}

async function liveRoutes(engine: Engine): Promise<LiveHttp> {
  const [route, own] = await Promise.all([engine.live("virtualservice/atom"), engine.live("service/atom")]);
  const http = route.spec.http as readonly HttpRoute[];
  const applied = (annotations: Readonly<Record<string, string>> = {}): number | undefined =>
    annotations["atom.dev/applied"] === undefined ? undefined : Number(annotations["atom.dev/applied"]);
  return {
    ...{ http, applied: applied(route.metadata.annotations) },
    own: {
      selector: own.spec.selector as Record<string, string>,
      applied: applied(own.metadata.annotations),
    },
  };
}

/** What this version declares, as things are. */
async function present(
  engine: Engine,
  checks?: RouteChecks,
  release?: string,
  ports: readonly [ServicePort, ...ServicePort[]] = [{ port: settings.port, name: "http" }],
): Promise<Program> {
  const http = { ...settings, port: ports[0].port };
  const plan = planRoutes({ service: "atom", settings: http, active: "blue", live: await liveRoutes(engine), release });
  return (provider, namespace) => {
    const args = { namespace, service: "atom", hosts: ["*"], gateway, http, ports, active: "blue" as const };
    const holdsPorts = release !== undefined;
    new IstioRoutes("atom", { ...args, plan, checks, holdsPorts }, { providers: [provider] });
  };
}

const names = async (engine: Engine, kind: string): Promise<string[]> =>
  (await engine.kubectl("get", kind, "-o", "name")).trim().split("\n").sort();
const corsPolicy = { allowOrigins: [{ exact: "https://shop.example" }] };

describe("routes of a version with one Service over both slots", function () {
  this.timeout(ENGINE_MS);
  let rendered: readonly Rendered[];

  before(async function () {
    this.timeout(FIRST_START_MS);
    await controlPlane();
    const file = path.join(import.meta.dirname, "routes-6ebc742.json");
    rendered = JSON.parse(await readFile(file, "utf8")) as readonly Rendered[];
  });

  it("become those of this one in one up: new Services first, then the routes, the old ones last", async () => {
    await using engine = await Engine.create();
    await engine.up(earlier(rendered));
    // A releaser has written the routes whole since, and somebody has added to them.
    const { http } = await liveRoutes(engine);
    const edited = http.map((route) => (route.name === "primary" ? { ...route, corsPolicy } : route));
    await engine.patch("virtualservice/atom", "atom-release", { spec: { http: edited } });
    const seen: unknown[] = [];
    const look = async (): Promise<void> => {
      const [services, rules, live] = await Promise.all([
        names(engine, "services"),
        names(engine, "destinationrules"),
        liveRoutes(engine),
      ]);
      const slot = live.own?.selector["atom.dev/slot"];
      seen.push([services.length, rules.length, live.http.at(-1)?.route?.[0]?.destination?.host, slot]);
    };
    const outcome = await engine.up(await present(engine, { before: look, after: look }));
    // Slots' Services and rules are there before the routes name them; both slots are behind the old one until they do; its subsets go last.
    assert.deepEqual(seen, [
      [3, 3, "atom", undefined],
      [3, 3, "atom-blue", undefined],
      [3, 3, "atom-blue", undefined],
      [3, 3, "atom-blue", "blue"],
    ]);
    assert.deepEqual(outcome.changes, { create: 4, update: 2, delete: 1 });
    const live = await liveRoutes(engine);
    // Between releases there is no route for x-canary, which that version always had.
    assert.deepEqual(
      live.http.map(({ name }) => name),
      ["primary"],
    );
    const [primary] = live.http;
    assert.deepEqual(primary?.route, [
      { destination: { host: "atom-blue", port: { number: 8000 } }, weight: 100 },
      { destination: { host: "atom-green", port: { number: 8000 } }, weight: 0 },
    ]);
    assert.deepEqual([primary.timeout, primary.corsPolicy], ["15s", corsPolicy]);
    assert.deepEqual((await names(engine, "destinationrules")).length, 2);
    assert.deepEqual((await engine.up(await present(engine))).changes, {});
  });

  it("stay as they are while a release is under way, which goes on with them", async () => {
    await using engine = await Engine.create();
    await engine.up(earlier(rendered));
    const before = await liveRoutes(engine);
    const outcome = await engine.up(await present(engine, undefined, "r7"));
    assert.deepEqual(outcome.changes.delete, undefined);
    assert.deepEqual(await liveRoutes(engine), before);
    assert.deepEqual(await names(engine, "destinationrules"), [
      "destinationrule.networking.istio.io/atom",
      "destinationrule.networking.istio.io/atom-blue",
      "destinationrule.networking.istio.io/atom-green",
    ]);
  });

  it("of this one are left alone by an up after a release has turned the Service, and after its rollback", async () => {
    await using engine = await Engine.create();
    await engine.up(earlier(rendered));
    await engine.up(await present(engine));
    for (const slot of ["green", "blue"]) {
      const selector = { "app.kubernetes.io/name": "atom", "atom.dev/slot": slot };
      await engine.patch("service/atom", "atom-release", { spec: { selector } });
      assert.deepEqual((await engine.up(await present(engine, undefined, "r7"), { refresh: true })).changes, {});
      assert.deepEqual((await liveRoutes(engine)).own?.selector, selector);
    }
  });

  it("are led to another port once their Services have it beside the one before, which keeps its name, and during a release not at all", async () => {
    await using engine = await Engine.create();
    await engine.up(earlier(rendered));
    await engine.up(await present(engine));
    const found = async () => {
      const services = ["atom", "atom-blue", "atom-green"].map((name) => engine.live(`service/${name}`));
      const ports = (await Promise.all(services)).map(({ spec }) =>
        (spec.ports as ServicePort[]).map(({ port, name }) => `${name} ${port}`).sort(),
      );
      assert.deepEqual([ports[1], ports[2]], [ports[0], ports[0]]);
      const { http, own } = await liveRoutes(engine);
      const routes = http.flatMap(({ route = [] }) => route.map(({ destination }) => destination?.port?.number));
      return { ports: ports[0], routes: [...new Set(routes)], slot: own?.selector["atom.dev/slot"] };
    };
    const selector = { "app.kubernetes.io/name": "atom", "atom.dev/slot": "green" };
    await engine.patch("service/atom", "atom-release", { spec: { selector } });
    const [before, added] = [
      { port: 8000, name: "http" },
      { port: 9000, name: "http-9000" },
    ];
    await engine.up(await present(engine, undefined, "r7", [added, before]));
    assert.deepEqual(await found(), { ports: ["http 8000"], routes: [8000], slot: "green" });
    await engine.up(await present(engine, undefined, undefined, [added, before]));
    assert.deepEqual(await found(), { ports: ["http 8000", "http-9000 9000"], routes: [9000], slot: "blue" });
    await engine.up(await present(engine, undefined, undefined, [added]));
    assert.deepEqual(await found(), { ports: ["http-9000 9000"], routes: [9000], slot: "blue" });
    assert.deepEqual((await engine.up(await present(engine, undefined, undefined, [added]))).changes, {});
  });
});
