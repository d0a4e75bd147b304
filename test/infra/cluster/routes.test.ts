import assert from "node:assert/strict";
import { buildHttpRoutes } from "../../../components/routes/http-routes.ts";
import {
  RoutesChangedError,
  routeChecks,
  SlotUnreachableError,
  type RouteQuery,
} from "../../../infra/cluster/routes.ts";
import { ApiDouble, respond } from "./api-double.ts";

const route = "/apis/networking.istio.io/v1/namespaces/atom-staging/virtualservices/atom";
const settings = {
  service: "atom",
  port: 8000,
  timeout: 1_000,
  retries: { attempts: 0, perTryTimeout: 1_000, on: [] },
};
const routes = (candidateWeight: number) => buildHttpRoutes(settings, { active: "blue", candidateWeight });

const query = (double: ApiDouble, http: RouteQuery["http"], declared = http): RouteQuery => ({
  cluster: { context: double.context, kubeconfig: double.kubeconfig },
  ...{ namespace: "atom-staging", service: "atom", env: {}, http, declared, renamed: [] },
});

describe("an update of routes", () => {
  it("is let pass while the routes are as they were read, whatever the order of their properties", async () => {
    const turned = routes(0).map((each) => Object.fromEntries(Object.entries(each).toReversed()));
    await using double = await ApiDouble.serve({ [route]: { spec: { http: turned } } });
    const checks = routeChecks(query(double, routes(0)));
    await checks.before();
    await checks.after();
  });

  it("is refused where a release has moved the weights since, with what to do", async () => {
    await using double = await ApiDouble.serve({ [route]: { spec: { http: routes(10) } } });
    await assert.rejects(routeChecks(query(double, routes(0))).before(), (error) => {
      assert.ok(error instanceof RoutesChangedError);
      assert.match(
        error.message,
        /atom-staging\/atom has changed since this run began.* It was not written\. Run this again/,
      );
      return true;
    });
  });

  it("is let pass for the Service once this run has written the routes, and no other weights", async () => {
    const slower = buildHttpRoutes({ ...settings, timeout: 2_000 }, { active: "blue", candidateWeight: 0 });
    let now = slower;
    await using double = await ApiDouble.serve((_request, response) => {
      respond(response, 200, { spec: { http: now } });
    });
    const checks = routeChecks(query(double, routes(0), slower));
    await checks.before();
    now = buildHttpRoutes({ ...settings, timeout: 2_000 }, { active: "blue", candidateWeight: 10 });
    await assert.rejects(checks.before(), RoutesChangedError);
  });

  it("that names the Services of slots waits until these have ready pods, and for gateways before and after it", async () => {
    const slices = "/apis/discovery.k8s.io/v1/namespaces/atom-staging/endpointslices";
    let asked = 0;
    const pods = [{}, { endpoints: null }, { endpoints: [{ conditions: { ready: false } }] }, { endpoints: [{}] }];
    await using double = await ApiDouble.serve((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "", "http://double");
      if (pathname === route) respond(response, 200, { spec: { http: routes(0) } });
      else if (pathname === slices && searchParams.get("labelSelector") === "kubernetes.io/service-name=atom-blue")
        respond(response, 200, { items: [pods[asked++] ?? {}] });
      else respond(response, 404, {});
    });
    const waited: number[] = [];
    const checks = routeChecks({ ...query(double, routes(0)), renamed: ["blue"] }, (ms) => {
      waited.push(ms);
      return Promise.resolve();
    });
    await checks.before();
    assert.deepEqual(waited.splice(0), [500, 500, 500, 3_000]);
    await checks.after();
    assert.deepEqual([waited, asked], [[3_000], 4]);
  });

  it("is refused where a slot's Service finds no pods, with where to look", async () => {
    await using double = await ApiDouble.serve((_request, response) => {
      respond(response, 200, { items: [] });
    });
    const checks = routeChecks({ ...query(double, routes(0)), renamed: ["green"] }, () => Promise.resolve());
    await assert.rejects(checks.before(), (error) => {
      assert.ok(error instanceof SlotUnreachableError);
      assert.match(
        error.message,
        /atom-staging\/atom-green has no ready pods 60 s after[\s\S]*describe service atom-green/,
      );
      return true;
    });
  });

  it("is refused where the routes are gone, and where they cannot be read", async () => {
    await using double = await ApiDouble.serve({});
    await assert.rejects(routeChecks(query(double, routes(0))).before(), RoutesChangedError);
    await using broken = await ApiDouble.serve({ [route]: { spec: { http: 7 } } });
    await assert.rejects(routeChecks(query(broken, routes(0))).before(), { name: "ClusterAnswerError" });
  });
});
