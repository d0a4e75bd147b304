import assert from "node:assert/strict";
import {
  formatLedger,
  initialLedger,
  LedgerCorruptError,
  LedgerNewerError,
  parseLedger,
  type Ledger,
} from "../../../components/ledger/ledger.ts";
import { ApiServer } from "../../../infra/cluster/api-server.ts";
import {
  ClusterAccessError,
  ClusterAnswerError,
  ClusterContextError,
  ClusterUnreachableError,
  LedgerMissingError,
  RouterChangedError,
} from "../../../infra/cluster/errors.ts";
import { readLiveServices, type LiveServicesQuery } from "../../../infra/cluster/live-services.ts";
import { pastRelease, releaseUnderWay } from "../../components/slots/live.ts";
import { ApiDouble, respond } from "./api-double.ts";

const core = "/api/v1/namespaces/atom-staging";
const paths = {
  namespace: core,
  ledger: `${core}/configmaps/atom-ledger`,
  service: `${core}/services/atom`,
  blue: "/apis/apps/v1/namespaces/atom-staging/deployments/atom-blue",
  green: "/apis/apps/v1/namespaces/atom-staging/deployments/atom-green",
  route: "/apis/networking.istio.io/v1/namespaces/atom-staging/virtualservices/atom",
};

const namespace = { [paths.namespace]: {} };
const ledger = (changes: Partial<Ledger> = {}) => ({
  [paths.ledger]: { data: { "ledger.json": formatLedger({ ...initialLedger("atom"), ...changes }) } },
});
const deployment = (digest: string | undefined, replicas: number) => ({
  spec: {
    replicas,
    template: {
      metadata: { creationTimestamp: null, labels: digest === undefined ? {} : { "atom.dev/template": digest } },
      spec: { containers: [{ name: "atom", image: "atom:1", env: [{ name: "A", value: "1" }] }] },
    },
  },
});
const slots = { [paths.blue]: deployment("old", 2), [paths.green]: deployment("new", 3) };
const route = (blue: number, green: number) => ({
  [paths.route]: {
    spec: {
      http: [
        { name: "canary", route: [{ destination: { host: "atom", subset: "green" } }] },
        {
          name: "primary",
          route: [
            { destination: { host: "atom", subset: "blue" }, weight: blue },
            { destination: { host: "atom", subset: "green" }, weight: green },
          ],
        },
      ],
    },
  },
});

function query(double: ApiDouble, changes: Partial<LiveServicesQuery> = {}): LiveServicesQuery {
  return {
    cluster: { context: double.context, kubeconfig: double.kubeconfig },
    namespace: "atom-staging",
    services: { atom: "istio" },
    env: {},
    ...changes,
  };
}

async function read(objects: Readonly<Record<string, unknown>>, changes: Partial<LiveServicesQuery> = {}) {
  await using double = await ApiDouble.serve(objects);
  return (await readLiveServices(query(double, changes))).atom?.release;
}

describe("the live release", () => {
  const firstRuns = {
    "there is no namespace": {},
    "the namespace is empty": namespace,
    "there is a ledger and no route: the first version never came up": { ...namespace, ...ledger() },
    "there are Deployments too, but still no route": { ...namespace, ...ledger(), ...slots },
  };
  for (const [when, objects] of Object.entries(firstRuns)) {
    it(`is a first run when ${when}`, async () => {
      assert.equal(await read(objects), undefined);
    });
  }

  it("is what ledger, Deployments and route say", async () => {
    const live = await read({ ...namespace, ...ledger({ releases: [pastRelease] }), ...slots, ...route(90, 10) });
    assert.equal(live?.ledger.releases[0]?.id, "r-6");
    assert.deepEqual(live.weights, { blue: 90, green: 10 });
    assert.deepEqual(live.slots.blue, {
      digest: "old",
      replicas: 2,
      settled: false,
      marks: { applied: undefined, replicas: undefined },
      template: {
        metadata: { labels: { "atom.dev/template": "old" } },
        spec: { containers: [{ name: "atom", image: "atom:1", env: [{ name: "A", value: "1" }] }] },
      },
    });
    assert.equal(live.slots.green?.digest, "new");
  });

  it("names the slot whose Service was deleted; where neither has one, an earlier version made none", async () => {
    const withoutService = async (...served: readonly string[]) => {
      const made = served.map((slot) => [`${core}/services/atom-${slot}`, {}] as const);
      const live = await read({ ...namespace, ...ledger(), ...slots, ...route(100, 0), ...Object.fromEntries(made) });
      return live?.withoutService;
    };
    assert.equal(await withoutService("blue"), "green");
    assert.equal(await withoutService("green"), "blue");
    assert.equal(await withoutService(), undefined);
    assert.equal(await withoutService("blue", "green"), undefined);
  });

  it("says of a slot whether its rollout is complete, and what was noted on it", async () => {
    const status = { observedGeneration: 4, replicas: 2, updatedReplicas: 2, readyReplicas: 2 };
    const annotations = { "atom.dev/applied": "7", "atom.dev/replicas": "2" };
    const blue = async (changes: object, noted = annotations as Record<string, string>) => {
      const metadata = { generation: 4, annotations: noted };
      const object = { ...deployment("old", 2), metadata, status: { ...status, ...changes } };
      return (await read({ ...namespace, ...ledger(), ...route(100, 0), [paths.blue]: object }))?.slots.blue;
    };
    const complete = await blue({});
    assert.deepEqual([complete?.settled, complete?.marks], [true, { applied: 7, replicas: "2" }]);
    // Not seen yet; a pod of the template before; one that is not ready; one too many.
    for (const changes of [{ observedGeneration: 3 }, { updatedReplicas: 1 }, { readyReplicas: 1 }, { replicas: 3 }])
      assert.equal((await blue(changes))?.settled, false, JSON.stringify(changes));
    assert.deepEqual((await blue({}, { "atom.dev/applied": "a word" }))?.marks, {
      applied: undefined,
      replicas: undefined,
    });
  });

  it("has the routes as they are, whatever is in them, and how often up wrote them", async () => {
    const retries = { attempts: 2, perTryTimeout: "5s", retryOn: "connect-failure" };
    const [canary, primary] = route(100, 0)[paths.route]?.spec.http ?? [];
    const http = [canary, { ...primary, timeout: "15s", retries, headers: {} }];
    const metadata = { annotations: { "atom.dev/applied": "2" } };
    const hosts = ["atom.example.com"];
    const live = await read({
      ...namespace,
      ...ledger(),
      ...slots,
      [paths.route]: { metadata, spec: { http, hosts } },
    });
    assert.deepEqual(live?.routes, { http, applied: 2, hosts, own: undefined });
    const plain = await read({ ...namespace, ...ledger(), ...slots, ...route(100, 0) });
    assert.deepEqual(plain?.routes?.http, route(100, 0)[paths.route]?.spec.http);
    assert.equal(plain?.routes?.applied, undefined);
  });

  it("has what the Service of the service's own name selects", async () => {
    const selector = { "app.kubernetes.io/name": "atom", "atom.dev/slot": "blue" };
    const service = { metadata: { annotations: { "atom.dev/applied": "3" } }, spec: { selector } };
    const live = await read({ ...namespace, ...ledger(), ...slots, ...route(100, 0), [paths.service]: service });
    assert.deepEqual(live?.routes?.own, { selector, applied: 3 });
  });

  it("may have a slot without a Deployment, or with a template whose digest is gone", async () => {
    const live = await read({ ...namespace, ...ledger(), ...route(100, 0), [paths.blue]: deployment(undefined, 1) });
    assert.equal(live?.slots.green, undefined);
    assert.equal(live?.slots.blue?.digest, undefined);
  });

  it("is no first run when the route is gone but a release was made or is under way", async () => {
    for (const changes of [{ releases: [pastRelease] }, { current: releaseUnderWay }]) {
      const live = await read({ ...namespace, ...ledger({ active: "green", ...changes }), ...slots });
      assert.deepEqual(live?.weights, { blue: 0, green: 100 });
    }
  });

  it("has the weights of the selector with the replica router", async () => {
    const services = { atom: "replicas" } as const;
    const selecting = (labels: Record<string, string>) =>
      read({ ...namespace, ...ledger(), ...slots, [paths.service]: { spec: { selector: labels } } }, { services });
    assert.deepEqual((await selecting({ "atom.dev/slot": "green" }))?.weights, { blue: 0, green: 100 });
    assert.deepEqual((await selecting({ "app.kubernetes.io/name": "atom" }))?.weights, { blue: 50, green: 50 });
    assert.equal(await read({ ...namespace, ...ledger() }, { services }), undefined);
  });

  it("has the ports of the Service of the service's own name, with their names, whatever the router", async () => {
    const ports = [
      { port: 9000, name: "http-9000", protocol: "TCP", targetPort: "http" },
      { port: 8000, name: "http" },
      { port: 8000, name: "quic", protocol: "UDP" },
      { port: 7000 },
    ];
    const found = { ...namespace, ...ledger(), ...slots, ...route(100, 0), [paths.service]: { spec: { ports } } };
    for (const router of ["istio", "replicas"] as const)
      assert.deepEqual((await read(found, { services: { atom: router } }))?.ports, [
        { port: 9000, name: "http-9000" },
        { port: 8000, name: "http" },
      ]);
  });
});

describe("the router of a service that runs", () => {
  const planned = (plan: string) => ({ [`${core}/configmaps/atom-release-plan`]: { data: { "plan.json": plan } } });
  const objects = { ...namespace, ...ledger(), ...slots, ...route(100, 0) };

  it("is the one that it was provisioned with; another one is refused, with what to do", async () => {
    const istio = planned('{"router":{"kind":"istio","timeout":1}}');
    assert.ok(await read({ ...objects, ...istio }));
    await assert.rejects(read({ ...objects, ...istio }, { services: { atom: "replicas" } }), (error: unknown) => {
      assert.ok(error instanceof RouterChangedError);
      assert.match(
        error.message,
        /with the router istio, and the stack's file has replicas \(atom:services\.atom\.routes/,
      );
      return true;
    });
  });

  it("is not known of a plan that cannot be read, which the next run writes again", async () => {
    for (const plan of ["", "{", '{"router":{"kind":"linkerd"}}'])
      assert.ok(await read({ ...objects, ...planned(plan) }));
  });
});

describe("the live migration", () => {
  const jobs = `/apis/batch/v1/namespaces/atom-staging/jobs?labelSelector=${encodeURIComponent("app.kubernetes.io/name=atom-migrate")}`;
  const job = (uid: string, hour: number, changes: object = {}) => ({
    metadata: {
      uid,
      creationTimestamp: `2026-01-02T0${hour}:00:00Z`,
      labels: { "atom.dev/template": `digest-${uid}` },
    },
    spec: { activeDeadlineSeconds: 300, template: {} },
    ...changes,
  });
  const migrationOf = async (items: readonly object[]) => {
    await using double = await ApiDouble.serve({ ...namespace, [jobs]: { items } });
    return (await readLiveServices(query(double))).atom?.migration;
  };

  it("is none where there is no Job", async () => {
    assert.equal(await migrationOf([]), undefined);
  });

  it("is that of the newest Job", async () => {
    const migration = await migrationOf([job("a", 1), job("c", 3), job("b", 2)]);
    const template = { metadata: { annotations: {} } };
    assert.deepEqual(migration, {
      ...{ digest: "digest-c", uid: "c", attempt: undefined, failed: false },
      ...{ template, deadlineSeconds: 300 },
    });
  });

  it("says whether it failed, and which attempt it was", async () => {
    const template = { metadata: { annotations: { "atom.dev/attempt": "uid-0" } } };
    const conditions = [{ type: "Failed", status: "True" }];
    const migration = await migrationOf([job("a", 1, { spec: { template }, status: { conditions } })]);
    assert.deepEqual([migration?.attempt, migration?.failed], ["uid-0", true]);
  });
});

describe("reading the live release", () => {
  it("fails when a version serves but the ledger is gone", async () => {
    await assert.rejects(
      read({ ...namespace, ...slots, ...route(100, 0) }),
      (error: unknown) => error instanceof LedgerMissingError && error.message.includes("atom-ledger, does not exist"),
    );
  });

  it("says with what text a ledger begins that is like the one that is gone", async () => {
    const advised = async (blue: number): Promise<string> => {
      const text = await read({ ...namespace, ...slots, ...route(blue, 100 - blue) }).then(
        () => "",
        (error: unknown) => (error as Error).message,
      );
      return /--from-literal='ledger\.json=(.*)'$/.exec(text)?.[1] ?? "";
    };
    for (const [blue, active] of [
      [100, "blue"],
      [0, "green"],
    ] as const)
      assert.equal(parseLedger(await advised(blue), "advice", "atom").active, active);
    assert.match(await advised(50), /"active":"SLOT"/);
  });

  it("fails when the ledger is corrupt, empty, or of a newer schema", async () => {
    const withLedger = (data: unknown) => read({ ...namespace, ...slots, ...route(100, 0), [paths.ledger]: { data } });
    await assert.rejects(withLedger({ "ledger.json": "{" }), LedgerCorruptError);
    await assert.rejects(withLedger({}), LedgerCorruptError);
    await assert.rejects(withLedger({ "ledger.json": '{"schema": 9}' }), LedgerNewerError);
  });

  it("fails when the weights are not 100 in all", async () => {
    await assert.rejects(
      read({ ...namespace, ...ledger(), ...slots, ...route(50, 10) }),
      (error: unknown) => error instanceof ClusterAnswerError && error.message.includes("(blue 50, green 10)"),
    );
  });

  it("fails when an object is not of its kind's form", async () => {
    await assert.rejects(
      read({ ...namespace, ...ledger(), ...route(100, 0), [paths.blue]: { spec: {} } }),
      ClusterAnswerError,
    );
  });

  for (const [status, meaning] of [
    [401, /does not know who you are: 401/],
    [403, /does not let you read this: 403 .*: namespaces is forbidden/],
  ] as const) {
    it(`fails with what to do when the API server answers ${status}`, async () => {
      await using double = await ApiDouble.serve((_, response) => {
        respond(response, status, { kind: "Status", message: "namespaces is forbidden" });
      });
      await assert.rejects(
        readLiveServices(query(double)),
        (error: unknown) =>
          error instanceof ClusterAccessError && error.status === status && meaning.test(error.message),
      );
    });
  }

  for (const [what, status, body, reason] of [
    ["fails inside", 500, "upstream is gone", /status 500 upstream is gone/],
    ["answers no JSON", 200, "<html>", /it is not JSON/],
  ] as const) {
    it(`fails when the API server ${what}`, async () => {
      await using double = await ApiDouble.serve((_, response) => {
        respond(response, status, body);
      });
      await assert.rejects(
        readLiveServices(query(double)),
        (error: unknown) => error instanceof ClusterAnswerError && reason.test(error.message),
      );
    });
  }

  it("fails, and is no first run, when nothing listens", async () => {
    const double = await ApiDouble.serve({});
    const { kubeconfig, context } = double;
    const api = ApiServer.open({ kubeconfig, context }, {}, AbortSignal.timeout(5000));
    await double[Symbol.asyncDispose]();
    await assert.rejects(
      api.get("/version"),
      (error: unknown) =>
        error instanceof ClusterUnreachableError &&
        error.message.includes("ECONNREFUSED") &&
        error.message.includes("this is no first run. Try: kubectl --context double version"),
    );
  });

  it("fails when there is no answer before the deadline", async () => {
    await using double = await ApiDouble.serve(() => undefined);
    await assert.rejects(
      readLiveServices(query(double, { deadline: 50 })),
      (error: unknown) =>
        error instanceof ClusterUnreachableError && error.message.includes("no answer before the deadline"),
    );
  });

  it("finds the cluster by KUBECONFIG, in any of its files", async () => {
    await using double = await ApiDouble.serve({});
    await using other = await ApiDouble.serve({});
    const cluster = { context: double.context };
    assert.deepEqual(await readLiveServices(query(double, { cluster, env: { KUBECONFIG: double.kubeconfig } })), {});
    const several = { KUBECONFIG: `/none:${double.kubeconfig}:${other.kubeconfig}` };
    assert.deepEqual(await readLiveServices(query(double, { cluster, env: several })), {});
  });

  it("fails when the kubeconfig cannot be read, or has no such context or cluster", async () => {
    await using double = await ApiDouble.serve({});
    const { kubeconfig } = double;
    const failing: readonly (readonly [LiveServicesQuery["cluster"], NodeJS.ProcessEnv, RegExp])[] = [
      [{ context: "double", kubeconfig: `${kubeconfig}.none` }, {}, /ENOENT/],
      [{ context: "atom" }, { KUBECONFIG: `${kubeconfig}:${kubeconfig}.none` }, /has the contexts double, nowhere\./],
      [{ context: "atom", kubeconfig }, {}, /has the contexts double, nowhere\.\n.*names the context "atom"/],
      [{ context: "nowhere", kubeconfig }, {}, /a cluster that the kubeconfig does not have/],
    ];
    for (const [cluster, env, message] of failing)
      await assert.rejects(
        readLiveServices(query(double, { cluster, env })),
        (error: unknown) => error instanceof ClusterContextError && message.test(error.message),
      );
  });
});
