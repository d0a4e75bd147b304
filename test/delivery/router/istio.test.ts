import assert from "node:assert/strict";
import { buildHttpRoutes, type HttpRoute, type HttpRouteSettings } from "../../../components/routes/http-routes.ts";
import type { FencedWriter } from "../../../delivery/cluster/api.ts";
import { ForbiddenError } from "../../../delivery/cluster/errors.ts";
import { Fence } from "../../../delivery/cluster/fence.ts";
import { services, virtualServices } from "../../../delivery/cluster/resources.ts";
import type { ServedReading } from "../../../delivery/guard/served.ts";
import type { Split } from "../../../delivery/release/ports.ts";
import { IstioRouter } from "../../../delivery/router/istio.ts";
import { RoutesUnknownError } from "../../../delivery/router/live-weights.ts";
import { MemoryCluster } from "../support/memory-cluster.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { FakeCluster } from "./fake-cluster.ts";

const never = new AbortController().signal;
const http: HttpRouteSettings = {
  service: "atom",
  port: 8000,
  timeout: 30_000,
  retries: { attempts: 2, perTryTimeout: 5_000, on: ["connect-failure"] },
};

function split(percent: number): Split {
  return { active: "blue", candidate: "green", percent };
}

/** The routes while blue serves and green is released. */
function releasing(candidateWeight: number): readonly HttpRoute[] {
  const [users = {}] = buildHttpRoutes(http, { active: "blue", candidateWeight });
  const canary = {
    ...users,
    name: "canary",
    match: [{ headers: { "x-canary": {} } }],
    route: [{ destination: { host: "atom-green", port: { number: 8000 } } }],
    headers: { response: { set: { "x-canary-slot": "green" } } },
  };
  return [canary, users];
}

function router(
  candidateWeight: number,
  readings: readonly ServedReading[] = [],
): { cluster: FakeCluster; router: IstioRouter } {
  const cluster = new FakeCluster();
  put(cluster, releasing(candidateWeight));
  const served = { servedSince: () => Promise.resolve(readings) };
  return {
    cluster,
    router: new IstioRouter({ writer: cluster, namespace: "atom-staging", http, shares: [10, 50, 100], served }),
  };
}

function put(cluster: FakeCluster, routes: readonly unknown[]): void {
  cluster.put(virtualServices, { metadata: { name: "atom" }, spec: { hosts: ["*"], http: routes } } as never);
}

function select(cluster: FakeCluster, selector: Readonly<Record<string, string>>): void {
  cluster.put(services, { metadata: { name: "atom" }, spec: { selector } } as never);
}

/** What was seen in `n` requests of which the candidate took `k`, in one stretch. */
function served(k: number, n: number): readonly ServedReading[] {
  return [
    { at: 0, candidate: 100, active: 900 },
    { at: 1_000, candidate: 100 + k, active: 900 + n - k },
  ];
}

describe("the Istio router", () => {
  it("moves traffic by one patch of the routes, which are otherwise as the program builds them", async () => {
    const { cluster, router: istio } = router(0);
    await istio.shift(split(10), never);
    assert.deepEqual(cluster.written, [
      {
        kind: "VirtualService",
        name: "atom",
        patch: { spec: { http: releasing(10) } },
      },
    ]);
  });

  it("writes nothing when the weights are there already", async () => {
    const { cluster, router: istio } = router(10);
    await istio.shift(split(10), never);
    assert.deepEqual(cluster.written, []);
  });

  it("tells a weight from the one before by the share as which that was seen, whatever callers inside the cluster do", async () => {
    let readings: readonly ServedReading[] = [];
    const cluster = new FakeCluster();
    put(cluster, buildHttpRoutes(http, { active: "blue", candidateWeight: 0 }));
    const settings = { writer: cluster, namespace: "atom-staging", http, shares: [10, 50, 100] };
    const istio = new IstioRouter({ ...settings, served: { servedSince: () => Promise.resolve(readings) } });
    // Nine of ten requests come from inside the cluster.
    const observe = async (percent: number, share: number): Promise<string> => {
      readings = [0, 5_000, 10_000].map((at) => ({ at, candidate: at * share, active: at * (1 - share) }));
      await istio.shift(split(percent), never);
      return (await istio.confirm(split(percent), 0, never)).status;
    };
    assert.equal(await observe(10, 0.01), "confirmed");
    assert.equal(await observe(50, 0.05), "confirmed");
    assert.equal(await observe(80, 0.05), "contradicted");
  });

  it("leaves all that others made of the routes, on the way there and back", async () => {
    const { cluster, router: istio } = router(0);
    const cors = { corsPolicy: { allowOrigins: [{ exact: "https://shop.example" }] }, timeout: "3s" };
    const admin = {
      name: "admin",
      match: [{ uri: { prefix: "/admin" } }],
      route: [{ destination: { host: "admin" } }],
    };
    const edited = (candidateWeight: number) => {
      const [canary, primary] = releasing(candidateWeight);
      return [{ ...canary, mirror: { host: "copy" } }, admin, { ...primary, ...cors }, { name: "never" }];
    };
    put(cluster, edited(0));
    for (const percent of [10, 100, 0]) {
      await istio.shift(split(percent), never);
      assert.deepEqual(cluster.written.at(-1)?.patch, { spec: { http: edited(percent) } });
    }
    assert.equal(cluster.written.length, 3);
  });

  it("leads the canary route to the candidate of this release, and brings it where there is none", async () => {
    const { cluster, router: istio } = router(0);
    const [canary, primary] = releasing(0);
    const elsewhere = [{ destination: { host: "atom-blue", port: { number: 8000 } } }];
    for (const earlier of [
      [{ ...canary, route: elsewhere, headers: { response: { set: { "x-canary-slot": "blue" } } } }, primary],
      // Of an earlier version, which says in no answer where it leads.
      [{ ...canary, headers: undefined }, primary],
      [primary],
      [{ name: "canary", match: [{}], redirect: { uri: "/" } }, primary],
    ]) {
      put(cluster, earlier);
      await istio.shift(split(0), never);
      assert.deepEqual(cluster.written.at(-1)?.patch, { spec: { http: releasing(0) } });
    }
    assert.equal(cluster.written.length, 4);
  });

  it("takes the canary route away with the weights, in one patch, and brings it back with no rollback", async () => {
    const { cluster, router: istio } = router(50);
    const back = { ...split(0), withoutCanaryRoute: true } as const;
    await istio.shift(back, never);
    await istio.shift(back, never);
    assert.deepEqual(
      cluster.written.map(({ patch }) => patch),
      [{ spec: { http: buildHttpRoutes(http, { active: "blue", candidateWeight: 0 }) } }],
    );
  });

  it("judges a rollback against the weight before it, whether or not the canary route went with it", async () => {
    const { router: istio } = router(50, served(0, 20));
    await istio.shift({ ...split(0), withoutCanaryRoute: true }, never);
    assert.equal((await istio.confirm(split(0), 0, never)).status, "confirmed");
  });

  it("builds the weights anew when the routes were edited between its look and its patch", async () => {
    const cluster = new MemoryCluster();
    const name = { namespace: "atom-staging", name: "atom" };
    const routes = (candidateWeight: number, more: object = {}) =>
      releasing(candidateWeight).map((route) => ({ ...route, ...more }));
    const edit = (candidateWeight: number, more?: object): void => {
      cluster.put(virtualServices, { metadata: name, spec: { http: routes(candidateWeight, more) } });
    };
    edit(0);
    const writer = new Fence({
      cluster: cluster.client(),
      clock: new VirtualClock(),
      fence: 1,
      check: () => undefined,
    });
    const served = { servedSince: () => Promise.resolve([]) };
    const istio = new IstioRouter({ writer, namespace: "atom-staging", http, shares: [], served });
    await istio.shift(split(10), never);
    // What the releaser saw last is out of date now.
    edit(10, { corsPolicy: { allowMethods: ["GET"] } });
    await istio.shift(split(0), never);
    const { spec } = cluster.peek(virtualServices, name);
    assert.deepEqual(spec?.http, routes(0, { corsPolicy: { allowMethods: ["GET"] } }));
  });

  it("goes back by one patch, whatever a person made of the routes", async () => {
    for (const routes of [[], [{ name: "mine", route: [{ destination: { host: "elsewhere" } }] }], [7]]) {
      const { cluster, router: istio } = router(50);
      put(cluster, routes);
      await istio.shift(split(0), never);
      assert.deepEqual(cluster.written[0]?.patch, { spec: { http: releasing(0) } });
    }
  });

  it("goes back to subsets where the environment has no Service of each slot yet", async () => {
    const cluster = new FakeCluster();
    put(cluster, [{ name: "mine", route: [{ destination: { host: "elsewhere" } }] }]);
    const served = { servedSince: () => Promise.resolve([]) };
    const options = { writer: cluster, namespace: "atom-staging", http, shares: [], served };
    await new IstioRouter({ ...options, subsets: true }).shift(split(0), never);
    const { spec } = await cluster.get(virtualServices, { namespace: "atom-staging", name: "atom" });
    const to = (subset: string) => ({ host: "atom", subset, port: { number: 8000 } });
    assert.deepEqual(
      spec?.http?.map((route) => (route as { route: unknown }).route),
      [
        [{ destination: to("green") }],
        [
          { destination: to("blue"), weight: 100 },
          { destination: to("green"), weight: 0 },
        ],
      ],
    );
  });

  it("has no Service to turn where the account of such an environment may not look at it", async () => {
    const writer: FencedWriter = {
      write: () => Promise.reject(new ForbiddenError({ verb: "get", target: "services atom", status: 403 }, "no")),
    };
    const served = { servedSince: () => Promise.resolve([]) };
    const options = { writer, namespace: "atom-staging", http, shares: [], served };
    assert.equal(await new IstioRouter({ ...options, subsets: true }).selectSlot("green", never), false);
    await assert.rejects(new IstioRouter(options).selectSlot("green", never), ForbiddenError);
  });

  it("reads the candidate's weight from the routes as they are, and does not guess it", async () => {
    const { cluster, router: istio } = router(50);
    assert.equal(await istio.weight(split(0), never), 50);
    put(cluster, [{ name: "primary", redirect: { uri: "/" } }]);
    assert.equal(await istio.weight(split(0), never), undefined);
    assert.deepEqual(cluster.written, []);
  });

  it("does not go forward over routes that it does not understand", async () => {
    const { cluster, router: istio } = router(10);
    put(cluster, [{ name: "primary", redirect: { uri: "/" } }]);
    await assert.rejects(istio.shift(split(50), never), RoutesUnknownError);
    assert.deepEqual(cluster.written, []);
  });

  it("turns the Service of the service's own name to one slot, by one patch, and not twice", async () => {
    const { cluster, router: istio } = router(100);
    select(cluster, { "app.kubernetes.io/name": "atom", "atom.dev/slot": "blue" });
    assert.deepEqual([await istio.selectSlot("green", never), await istio.selectSlot("green", never)], [true, false]);
    const { spec } = await cluster.get(services, { namespace: "atom-staging", name: "atom" });
    assert.deepEqual(spec?.selector, { "app.kubernetes.io/name": "atom", "atom.dev/slot": "green" });
    assert.equal(cluster.written.length, 1);
  });

  it("has a turn of that Service refused that an admission webhook holds until after the way back", async () => {
    const cluster = new MemoryCluster();
    const name = { namespace: "atom-staging", name: "atom" };
    const selector = { "app.kubernetes.io/name": "atom", "atom.dev/slot": "blue" };
    cluster.put(services, { metadata: name, spec: { selector } });
    const client = cluster.client();
    const writer = new Fence({ cluster: client, clock: new VirtualClock(), fence: 1, check: () => undefined });
    const served = { servedSince: () => Promise.resolve([]) };
    const istio = new IstioRouter({ writer, namespace: "atom-staging", http, shares: [], served });
    const [held, letGo] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    cluster.before = async ({ verb }) => {
      if (verb !== "patch") return;
      cluster.before = () => undefined;
      held.resolve(undefined);
      await letGo.promise;
    };
    const release = new AbortController();
    const turning = istio.selectSlot("green", release.signal);
    await held.promise;
    release.abort(new Error("it rolls back"));
    // Nothing is to be turned: the Service selects what it is to select.
    assert.equal(await istio.selectSlot("blue", never), false);
    letGo.resolve(undefined);
    await assert.rejects(turning, /it rolls back/);
    assert.deepEqual(cluster.peek(services, name).spec?.selector, selector);
  });

  it("takes labels out of that Service's selector that somebody added: it may select nothing by them", async () => {
    const { cluster, router: istio } = router(0);
    select(cluster, { "app.kubernetes.io/name": "atom", "atom.dev/slot": "blue", team: "shop" });
    assert.equal(await istio.selectSlot("blue", never), true);
    const { spec } = await cluster.get(services, { namespace: "atom-staging", name: "atom" });
    assert.deepEqual(spec?.selector, { "app.kubernetes.io/name": "atom", "atom.dev/slot": "blue" });
  });

  it("leaves a Service over both slots, as earlier versions have it: routes name its subsets", async () => {
    const { cluster, router: istio } = router(100);
    select(cluster, { "app.kubernetes.io/name": "atom" });
    assert.equal(await istio.selectSlot("green", never), false);
    assert.deepEqual(cluster.written, []);
  });

  it("moves weights among subsets too, and names a slot that is missing as the other one is named", async () => {
    const { cluster, router: istio } = router(0);
    const to = (subset: string, weight: number) => ({
      destination: { host: "atom", subset, port: { number: 8000 } },
      weight,
    });
    const earlier = { name: "canary", match: [{}], route: [{ destination: { host: "atom", subset: "green" } }] };
    const canary = { ...earlier, headers: { response: { set: { "x-canary-slot": "green" } } } };
    put(cluster, [earlier, { name: "primary", route: [to("blue", 100)] }]);
    await istio.shift(split(10), never);
    assert.deepEqual(cluster.written[0]?.patch, {
      spec: { http: [canary, { name: "primary", route: [to("blue", 90), to("green", 10)] }] },
    });
  });

  it("confirms a weight by what the pods served, against the weight before", async () => {
    // 4 of 20 fit 10 % as well as 50 %: only where it comes from tells that 10 % took effect.
    const { router: istio } = router(0, served(4, 20));
    await istio.shift(split(10), never);
    assert.deepEqual(await istio.confirm(split(10), 0, never), {
      status: "confirmed",
      detail: "the candidate took 20.0 % of 20 requests",
    });
  });

  it("asks for more requests when it does not know what was in effect before", async () => {
    const { router: istio } = router(10, served(4, 20));
    await istio.shift(split(10), never);
    const { status, detail } = await istio.confirm(split(10), 0, never);
    assert.equal(status, "pending");
    assert.equal(detail, "the candidate took 20.0 % of 20 requests: too few to tell 10 % from 0 % or 50 % or 100 %");
    const { router: busy } = router(10, served(31, 300));
    assert.equal((await busy.confirm(split(10), 0, never)).status, "confirmed");
  });

  it("confirms the way back once nothing reaches the candidate any more", async () => {
    const back = router(50, served(0, 20)).router;
    await back.shift(split(0), never);
    assert.equal((await back.confirm(split(0), 0, never)).status, "confirmed");
    const leaking = router(50, served(9, 20)).router;
    await leaking.shift(split(0), never);
    assert.equal((await leaking.confirm(split(0), 0, never)).status, "pending");
  });

  it("says what the candidate still serves at 0 % only from two readings in which its pods answered", async () => {
    const unread = { candidate: 0, active: 900, candidateUnread: true } as const;
    const [first, last] = served(3, 20);
    assert.ok(first && last);
    for (const [readings, candidateServed] of [
      [[], undefined],
      [[first], undefined],
      [
        [
          { at: 0, ...unread },
          { at: 1_000, ...unread },
        ],
        undefined,
      ],
      [[{ at: -1_000, ...unread }, first, { at: 2_000, ...unread }], undefined],
      [[{ at: -1_000, ...unread }, first, last, { at: 2_000, ...unread }], 3],
      [served(0, 20), 0],
    ] as const) {
      const seen = await router(50, readings).router.confirm(split(0), 0, never);
      assert.equal(seen.candidateServed, candidateServed);
      assert.equal("candidateServed" in seen, candidateServed !== undefined);
    }
    assert.equal("candidateServed" in (await router(50, served(3, 20)).router.confirm(split(10), 0, never)), false);
  });

  it("says when the requests contradict a weight", async () => {
    const stuck = Array.from({ length: 30 }, (_, index) => ({ at: 250 * index, candidate: index, active: 11 * index }));
    const { router: istio } = router(10, stuck);
    await istio.shift(split(50), never);
    const { status, detail } = await istio.confirm(split(50), 0, never);
    assert.equal(status, "contradicted");
    assert.match(detail, /where 50 % are due$/);
  });

  it("cannot tell without requests, and says so", async () => {
    const { router: istio } = router(0, served(0, 0));
    await istio.shift(split(10), never);
    assert.deepEqual(await istio.confirm(split(10), 0, never), {
      status: "pending",
      detail: "no request was served since the change: too few to tell 10 % from 0 %",
    });
    const { router: blind } = router(0, []);
    assert.match((await blind.confirm(split(10), 0, never)).detail, /not read since the change/);
  });

  it("asks for the readings since the change", async () => {
    const asked: unknown[] = [];
    const cluster = new FakeCluster();
    const served = {
      servedSince: (...of: unknown[]) => {
        asked.push(of);
        return Promise.resolve([]);
      },
    };
    const istio = new IstioRouter({ writer: cluster, namespace: "n", http, shares: [10, 100], served });
    await istio.confirm(split(10), 1_234, never);
    assert.deepEqual(asked, [[split(10), 1_234, never]]);
  });
});
