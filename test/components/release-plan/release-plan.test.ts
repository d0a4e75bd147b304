import assert from "node:assert/strict";
import { buildReleasePlan, type ReleasePlanSources } from "../../../components/release-plan/build-plan.ts";
import { parseReleasePlanOpenly } from "../../../components/release-plan/open-plan.ts";
import {
  formatReleasePlan,
  parseReleasePlan,
  ReleasePlanInvalidError,
} from "../../../components/release-plan/parse-plan.ts";
import type { ReleasePlan } from "../../../components/release-plan/release-plan.ts";

const sources: ReleasePlanSources = {
  environment: "production",
  namespace: "atom-production",
  service: "atom",
  contract: { port: 8000, metrics: { path: "/metrics", latencyEdges: [200, 500] } },
  settings: {
    image: "registry.test/atom:1.0.0",
    replicas: 3,
    routes: {
      router: "istio",
      url: "https://atom.test",
      hosts: ["atom.test"],
      gateway: { namespace: "istio-system", selector: { istio: "ingressgateway" }, port: 8080 },
      timeout: 30_000,
      retries: { attempts: 2, perTryTimeout: 5_000, on: ["connect-failure"] },
    },
  },
  release: {
    thresholds: { errorRate: { max: 0.001, onBreach: "rollback" }, p95Latency: { max: 200, onBreach: "rollback" } },
    steps: [{ weight: 10, wait: 300_000 }, { pause: "approval" }, { weight: 100, wait: 300_000 }],
    soak: 600_000,
    noData: { policy: "rollback", deadline: 120_000 },
    metricsUnavailable: { policy: "hold", deadline: 60_000 },
    deadlines: { ready: 300_000, smoke: 60_000, confirm: 30_000, approval: 3_600_000, rollback: 60_000 },
  },
  smoke: [{ name: "alive", method: "GET", path: "/health/live" }],
  entry: { url: "https://atom.test" },
  prometheus: { url: "http://prometheus.test:9090", scrapeInterval: 15_000 },
};

function parsed(change: Partial<ReleasePlanSources> = {}): ReleasePlan {
  return parseReleasePlan(formatReleasePlan(buildReleasePlan({ ...sources, ...change })), "in a test");
}

describe("a release plan", () => {
  describe("has the releaser read the variable that there is for each use, and no other", () => {
    const other = "PULUMI_CONFIG_PASSPHRASE";
    const url = "http://listener.test";
    const cases: Readonly<Record<string, readonly [string, object]>> = {
      "a token": ["prometheus", { url, scrapeInterval: 1, auth: { kind: "bearer", tokenVariable: other } }],
      "a user's name": [
        "prometheus",
        {
          ...{ url, scrapeInterval: 1 },
          auth: { kind: "basic", usernameVariable: other, passwordVariable: "PROMETHEUS_PASSWORD" },
        },
      ],
      "a password": [
        "prometheus",
        {
          ...{ url, scrapeInterval: 1 },
          auth: { kind: "basic", usernameVariable: "PROMETHEUS_USERNAME", passwordVariable: other },
        },
      ],
      "Prometheus' authorities": ["prometheus", { url, scrapeInterval: 1, caFileVariable: other }],
      "the entry's authorities": ["entry", { url, caFileVariable: other }],
    };
    for (const [what, [key, value]] of Object.entries(cases))
      it(`where it names another for ${what}`, () => {
        const text = JSON.stringify({ ...parsed(), [key]: value });
        assert.throws(() => parseReleasePlan(text, "in a test"), ReleasePlanInvalidError);
        // The way back does without.
        const { plan } = parseReleasePlanOpenly(text, "in a test", { namespace: "atom-production", service: "atom" });
        assert.ok(!JSON.stringify(plan).includes(other));
      });
  });

  it("says what the stack's configuration says, in the releaser's units", () => {
    const plan = parsed();
    assert.deepEqual(plan.steps, [
      { percent: 10, wait: 300_000 },
      { pause: "approval", deadline: 3_600_000 },
      { percent: 100, wait: 300_000 },
    ]);
    assert.deepEqual(plan.thresholds, {
      errorRate: { max: 0.001, policy: "rollback" },
      latency: { quantile: 0.95, seconds: 0.2, policy: "rollback" },
      restarts: { max: 0, policy: "rollback" },
      metrics: [],
    });
    assert.deepEqual(plan.router, {
      kind: "istio",
      timeout: 30_000,
      retries: { attempts: 2, perTryTimeout: 5_000, on: ["connect-failure"] },
    });
    assert.deepEqual(plan.policies, {
      noData: { policy: "rollback", deadline: 120_000 },
      metricsUnavailable: { policy: "hold", deadline: 60_000 },
      sharedFault: { policy: "hold", deadline: 300_000 },
      unconfirmedShift: "rollback",
    });
    assert.deepEqual(
      [plan.deadlines.return, plan.deadlines.confirm, plan.guard],
      [60_000, 30_000, { every: 250, port: 8000, path: "/metrics" }],
    );
    assert.deepEqual(plan.smoke.steps, sources.smoke);
  });

  it("measures as often as Prometheus scrapes, and at least every 5 s", () => {
    const every = [500, 2_000, 15_000].map(
      (scrapeInterval) => parsed({ prometheus: { url: "http://prometheus.test:9090", scrapeInterval } }).gate.every,
    );
    assert.deepEqual(every, [500, 2_000, 5_000]);
    assert.equal(parsed({ prometheus: null }).gate.every, 5_000);
  });

  it("says what the stack's file names, and what it leaves open", () => {
    const plan = parsed();
    assert.deepEqual(
      [plan.image, plan.inCluster, plan.synthetic, plan.keep, plan.gate.minRequests],
      ["registry.test/atom:1.0.0", null, null, 10, 100],
    );
  });

  it("has the metrics, the synthetic requests and the releaser's image that the configuration asks for", () => {
    const metric = { name: "lost", bad: "lost[{{window}}]", total: "sent[{{window}}]", max: 0.01 };
    const release = {
      ...sources.release,
      thresholds: { ...sources.release.thresholds, metrics: [{ ...metric, onBreach: "warn" as const }] },
      synthetic: { perSecond: 20, requests: 50 },
      minRequests: 30,
      keep: 3,
      inCluster: { image: "registry.test/atom-releaser:1.0.0" },
    };
    const plan = parsed({ release });
    assert.deepEqual(plan.thresholds.metrics, [{ ...metric, policy: "warn" }]);
    assert.deepEqual(
      [plan.synthetic, plan.gate.minRequests, plan.keep, plan.inCluster],
      [release.synthetic, 30, 3, release.inCluster],
    );
  });

  it("without the newer keys, as older ledgers hold it, is still read", () => {
    const older = { ...parsed(), image: undefined, inCluster: undefined };
    const plan = parseReleasePlan(JSON.stringify(older), "in a ledger");
    assert.deepEqual([plan.image, plan.inCluster], ["", null]);
  });

  it("names the replica router where there is no mesh, and does without Prometheus", () => {
    const settings = { image: "atom:1", replicas: 2, routes: { router: "replicas", clientNamespaces: [] } } as const;
    const plan = parsed({ settings, prometheus: null });
    assert.deepEqual([plan.router, plan.prometheus], [{ kind: "replicas" }, null]);
  });

  it("survives being written and read", () => {
    assert.deepEqual(parseReleasePlan(formatReleasePlan(parsed()), "again"), parsed());
  });

  it("is refused with every problem at once, and the way out", () => {
    const release = {
      ...sources.release,
      steps: [
        { weight: 50, wait: 0 },
        { weight: 10, wait: 0 },
      ],
      soak: -1,
    };
    assert.throws(
      () => formatReleasePlan(buildReleasePlan({ ...sources, release, entry: { url: "ftp://atom.test" } })),
      (error: unknown) => {
        assert.ok(error instanceof ReleasePlanInvalidError);
        assert.deepEqual(
          error.problems.map((problem) => problem.split(":")[0]),
          ["entry.url", "steps.1.percent", "steps.1", "soak"],
        );
        assert.match(error.message, /steps\.1: the last step must be percent 100/);
        assert.match(error.message, /Correct the stack's configuration\.$/);
        return true;
      },
    );
  });

  it("of the form before is read, for releases that began with it", () => {
    const plan = parsed();
    for (const schema of [1, 2] as const)
      assert.equal(parseReleasePlan(JSON.stringify({ ...plan, schema }), "atom-x/atom-release-plan").schema, schema);
  });

  it("of a newer form is refused by its schema, whatever else is in it", () => {
    assert.throws(() => parseReleasePlan('{"schema": 3}', "atom-x/atom-release-plan"), {
      message:
        "The release plan atom-x/atom-release-plan is not valid:\n" +
        "  schema: it is 3, and this version reads up to 2\n" +
        "Use the newer version of this project that wrote it.",
    });
  });
});
