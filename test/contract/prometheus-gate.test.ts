import assert from "node:assert/strict";
import type { CustomMetric } from "../../components/release-plan/release-plan.ts";
import type { Measurement } from "../../delivery/gate/measurement.ts";
import { judge, type Verdict } from "../../delivery/gate/verdict.ts";
import { checkPrometheus } from "../../delivery/prometheus/check.ts";
import { tryCustomMetrics } from "../../delivery/prometheus/custom-metric.ts";
import { StepGate, type PrometheusMeasurement } from "../../delivery/prometheus/step-gate.ts";
import type { Slot, SlotHealth } from "../../delivery/release/ports.ts";
import { realClock } from "../delivery/support/clocks.ts";
import { eventually } from "../support/eventually.ts";
import { PrometheusWorld, scrapeInterval, type Pod } from "./prometheus-world.ts";

const never = new AbortController().signal;
const templates = { blue: "bbbbbbbbbbbb", green: "aaaaaaaaaaaa" } as const;

/** A namespace of its own in the one Prometheus, with one pod in each slot that have served before. */
class Scene {
  readonly world: PrometheusWorld;
  readonly namespace: string;
  readonly candidate: Pod;
  readonly active: Pod;
  #since = 0;

  private constructor(world: PrometheusWorld, namespace: string, candidate: Pod, active: Pod) {
    this.world = world;
    this.namespace = namespace;
    this.candidate = candidate;
    this.active = active;
  }

  static async open(world: PrometheusWorld, namespace: string): Promise<Scene> {
    const [candidate, active] = await Promise.all([
      world.pod({ namespace, slot: "green", template: templates.green }),
      world.pod({ namespace, slot: "blue", template: templates.blue }),
    ]);
    candidate.serve({ count: 5 }, { count: 5, route: "/health/ready" });
    active.serve({ count: 1_000 }, { count: 3, status: 500 });
    return new Scene(world, namespace, candidate, active);
  }

  /** From here on requests count: all that these pods have served is known to Prometheus and lies before the step. */
  async begin(pods: readonly Pod[] = [this.candidate, this.active]): Promise<void> {
    await this.world.settled(...pods);
    // The window is cut to whole seconds at its beginning.
    this.#since = Date.now() - 1_000;
  }

  /** Measures once Prometheus knows what these pods have served. */
  async measure(
    pods: readonly Pod[],
    {
      candidatePods = 1,
      custom = [],
      slowAbove = 0.2,
    }: { candidatePods?: number; custom?: readonly CustomMetric[]; slowAbove?: number } = {},
  ): Promise<PrometheusMeasurement> {
    await this.world.settled(...pods);
    const look = (slot: Slot): Promise<SlotHealth> => {
      const staged = { slot, template: templates[slot], version: "1", image: "atom:1" };
      return Promise.resolve({
        staged,
        ready: true,
        desiredReplicas: candidatePods,
        readyReplicas: candidatePods,
        stuck: undefined,
      });
    };
    const gate = new StepGate({
      prometheus: { client: this.world.client },
      slots: { look },
      clock: realClock,
      namespace: this.namespace,
      service: "atom",
      slowAbove,
      scrapeInterval,
      custom,
    });
    const candidate = { slot: "green", template: templates.green, version: "1", image: "atom:1" } as const;
    return await gate.measure({ candidate, active: "blue", step: 0, percent: 10, since: this.#since }, never);
  }
}

function counts(measurement: Measurement | undefined): { candidate: [number, number]; active: [number, number] } {
  assert.ok(measurement?.status === "read", JSON.stringify(measurement));
  const [period] = measurement.periods;
  assert.ok(period?.active);
  const { candidate, active } = period;
  return { candidate: [candidate.total, candidate.bad], active: [active.total, active.bad] };
}

function errorVerdict({ errorRate }: PrometheusMeasurement): Verdict {
  return judge(errorRate, { threshold: 0.001 });
}

type Run = (world: PrometheusWorld, namespace: string) => Promise<void>;
const scenes = new Map<string, Run>();

/** A test that shares its Prometheus and its waiting with the others: all scenes play at the same time. */
function scene(title: string, play: (scene: Scene) => Promise<void>): void {
  scenes.set(title, async (world, namespace) => {
    await play(await Scene.open(world, namespace));
  });
}

scene("row 1: no traffic is NO_TRAFFIC, and not NaN", async (the) => {
  await the.begin();
  the.candidate.serve({ count: 4, route: "/health/live" });
  const measurement = await the.measure([the.candidate]);
  assert.deepEqual(counts(measurement.errorRate), { candidate: [0, 0], active: [0, 0] });
  assert.equal(errorVerdict(measurement).kind, "NO_TRAFFIC");
  assert.equal(judge(measurement.latency, { threshold: 0.05 }).kind, "NO_TRAFFIC");
});

scene("row 2: without any 5xx series there are zero errors, and it passes", async (the) => {
  await the.begin();
  the.candidate.serve({ count: 150 });
  the.active.serve({ count: 1_350 });
  const measurement = await the.measure([the.candidate, the.active]);
  assert.deepEqual(counts(measurement.errorRate), { candidate: [150, 0], active: [1_350, 0] });
  assert.equal(errorVerdict(measurement).kind, "PASS");
});

scene("row 3: when every request fails it is FAIL at once", async (the) => {
  await the.begin();
  the.candidate.serve({ count: 12, status: 503 });
  the.active.serve({ count: 100 });
  const measurement = await the.measure([the.candidate, the.active]);
  assert.deepEqual(counts(measurement.errorRate).candidate, [12, 12]);
  assert.equal(errorVerdict(measurement).kind, "FAIL");
});

scene("row 4: a series that is born with 30 errors counts 30", async (the) => {
  await the.begin();
  the.candidate.serve({ count: 30, status: 500 }, { count: 70 });
  the.active.serve({ count: 10, status: 502 }, { count: 90 });
  const measurement = await the.measure([the.candidate, the.active]);
  assert.deepEqual(counts(measurement.errorRate), { candidate: [100, 30], active: [100, 10] });
});

scene("row 5: it waits for two scrapes of every pod of the candidate", async (the) => {
  await the.begin();
  the.candidate.serve({ count: 500 });
  const measurement = await the.measure([the.candidate], { candidatePods: 2 });
  assert.ok(measurement.errorRate.status === "read");
  assert.deepEqual(measurement.errorRate.coverage, { pods: 2, podsRead: 1 });
  const verdict = errorVerdict(measurement);
  assert.equal(verdict.kind === "TOO_FEW" && verdict.reason, "pods_not_read");
});

scene("row 5: a pod that comes during the step counts from its first request", async (the) => {
  await the.begin();
  const late = await the.world.pod(the.candidate.labels);
  late.serve({ count: 40 }, { count: 10, status: 500 });
  const errorRate = await eventually("the new pod was scraped twice", async () => {
    const measured = (await the.measure([late], { candidatePods: 2 })).errorRate;
    return measured.status === "read" && measured.coverage.podsRead === 2 ? measured : undefined;
  });
  assert.deepEqual(counts(errorRate).candidate, [50, 10]);
});

scene("row 6: a restart takes no errors with it", async (the) => {
  the.candidate.serve({ count: 10, status: 500 });
  await the.begin();
  // A step's errors before its first scrape are lost to a series that is reset later: the step has one before any.
  the.candidate.serve();
  await the.world.settled(the.candidate);
  the.candidate.serve({ count: 200, status: 500 });
  await the.world.settled(the.candidate);
  the.candidate.restart();
  the.candidate.serve({ count: 90, status: 500 });
  const [total, bad] = counts((await the.measure([the.candidate])).errorRate).candidate;
  // Prometheus extrapolates the growth of a series that was reset.
  assert.ok(bad >= 285 && bad <= 330, String(bad));
  assert.equal(total, bad);
});

scene("row 7: the errors of the slot's previous candidate are not the candidate's", async (the) => {
  const previous = await the.world.pod({ ...the.candidate.labels, template: "cccccccccccc" });
  previous.serve({ count: 1 });
  await the.begin([the.candidate, the.active, previous]);
  previous.serve({ count: 500, status: 500 });
  the.candidate.serve({ count: 200 });
  const measurement = await the.measure([the.candidate, previous]);
  assert.deepEqual(counts(measurement.errorRate).candidate, [200, 0]);
  assert.equal(errorVerdict(measurement).kind, "PASS");
});

scene("row 9: the window is the step, so that neither older errors nor older requests count", async (the) => {
  the.candidate.serve({ count: 10_000 }, { count: 50, status: 500 });
  await the.begin();
  the.candidate.serve({ count: 194 }, { count: 6, status: 500 });
  the.active.serve({ count: 1_800 });
  const measurement = await the.measure([the.candidate, the.active]);
  assert.deepEqual(counts(measurement.errorRate).candidate, [200, 6]);
  assert.equal(errorVerdict(measurement).kind, "FAIL");
});

scene("row 8: every query that is asked is one that Prometheus accepts and answers with one series", async (the) => {
  await the.begin();
  the.candidate.serve({ count: 1 });
  const { queries } = await the.measure([the.candidate]);
  assert.equal(queries.length, 12);
  for (const { promql, answer } of queries) assert.equal(answer.ok && answer.values.length, 1, promql);
});

scene("rows 13 and 15: it does not ask before four scrapes, and counts all from then on", async (the) => {
  await the.begin();
  const young = await the.measure([]);
  assert.equal(young.errorRate.status, "too_soon");
  assert.deepEqual(young.queries, []);
  the.candidate.serve({ count: 40 }, { count: 3, status: 500 });
  const measurement = await the.measure([the.candidate]);
  assert.deepEqual(counts(measurement.errorRate).candidate, [43, 3]);
});

const custom = (bad: string, total: string): CustomMetric => ({
  name: "custom",
  bad,
  total,
  max: 0.01,
  policy: "rollback",
});

scene("row 10: an answer of several series is ERROR", async (the) => {
  await the.begin();
  the.candidate.serve({ count: 10, status: 500 });
  const query = `increase(http_requests_total{namespace="${the.namespace}"}[{{window}}])`;
  const measurement = await the.measure([the.candidate], { custom: [custom(query, query)] });
  const verdict = judge(measurement.custom.custom!, { threshold: 0.01 });
  assert.equal(verdict.kind === "ERROR" && verdict.problem.kind, "several_series");
  assert.deepEqual(counts(measurement.errorRate).candidate, [10, 10]);
});

scene("row 12: +Inf is ERROR", async (the) => {
  await the.begin();
  the.candidate.serve({ count: 1 });
  const scrapes = "sum(count_over_time(up[{{window}}]))";
  const measurement = await the.measure([the.candidate], { custom: [custom(`${scrapes} * 0`, `${scrapes} / 0`)] });
  const verdict = judge(measurement.custom.custom!, { threshold: 0.01 });
  assert.equal(verdict.kind === "ERROR" && verdict.problem.kind, "not_finite");
});

scene("row 14: a candidate that refuses connections does not pass, and the gateway's view fails it", async (the) => {
  const gateway = await the.world.pod({ namespace: the.namespace, slot: "gateway", template: "gateway" });
  gateway.serve({ count: 1, route: "green", status: 503 }, { count: 1, route: "blue" });
  await the.world.settled(the.candidate, the.active, gateway);
  await the.candidate[Symbol.asyncDispose]();
  await eventually("the candidate has been down for a while", async () =>
    (await the.world.value(`sum_over_time(up{instance="127.0.0.1:${the.candidate.port}"}[1500ms])`)) === 0
      ? true
      : undefined,
  );
  await the.begin([gateway]);
  gateway.serve({ count: 20, route: "green", status: 503 }, { count: 200, route: "blue" });
  const upstream = `http_requests_total{namespace="${the.namespace}",route="{{slot}}"`;
  const metric = custom(
    `sum(increase(${upstream},status="503"}[{{window}}])) or vector(0)`,
    `sum(increase(${upstream}}[{{window}}])) or vector(0)`,
  );
  const measurement = await the.measure([gateway], { custom: [metric] });
  assert.ok(measurement.errorRate.status === "read");
  assert.deepEqual(measurement.errorRate.coverage, { pods: 1, podsRead: 0 });
  assert.equal(errorVerdict(measurement).kind, "TOO_FEW");
  assert.equal(judge(measurement.custom.custom!, { threshold: 0.01 }).kind, "FAIL");
});

scene("latency is counted at the limit's edge, also at one that Prometheus 3 writes anew", async (the) => {
  await the.begin();
  the.candidate.serve({ count: 60, seconds: 0.11 }, { count: 30, seconds: 0.3 }, { count: 10, seconds: 2 });
  the.active.serve({ count: 100, seconds: 0.2 });
  const measurement = await the.measure([the.candidate, the.active]);
  assert.deepEqual(counts(measurement.latency), { candidate: [100, 40], active: [100, 0] });
  assert.equal(measurement.p95.candidate, 1);
  assert.deepEqual(counts((await the.measure([], { slowAbove: 1 })).latency).candidate, [100, 10]);
  const between = await the.measure([], { slowAbove: 0.3 });
  assert.equal(judge(between.latency, { threshold: 0.05 }).kind, "ERROR");
});

describe("the gate on a real Prometheus", function () {
  this.timeout(60_000);
  const opened = new AsyncDisposableStack();
  const playing = new Map<string, Promise<void>>();
  let world: PrometheusWorld;

  before(async function () {
    // On a bare machine Prometheus is built first.
    this.timeout(15 * 60_000);
    world = opened.use(await PrometheusWorld.start());
    for (const [index, [title, play]] of [...scenes].entries()) {
      const played = play(world, `scene-${index}`);
      played.catch(() => undefined);
      playing.set(title, played);
    }
  });

  after(async () => {
    await Promise.allSettled(playing.values());
    await opened.disposeAsync();
  });

  for (const title of scenes.keys())
    it(title, async () => {
      await playing.get(title);
    });

  it("row 11: a Prometheus that is killed in the middle of a step is ERROR, by every metric", async () => {
    await using mortal = await PrometheusWorld.start();
    const the = await Scene.open(mortal, "killed");
    await the.begin();
    the.candidate.serve({ count: 150 });
    the.active.serve({ count: 1_350 });
    const query = "sum(sum_over_time(up[{{window}}]))";
    const options = { custom: [custom(query, query)] };
    const before = await the.measure([the.candidate, the.active], options);
    assert.equal(errorVerdict(before).kind, "PASS");
    await mortal.kill();
    const { errorRate, latency, custom: customs } = await the.measure([], options);
    for (const one of [errorRate, latency, customs.custom!]) {
      const verdict = judge(one, { threshold: 0.001 });
      assert.equal(verdict.kind === "ERROR" && verdict.problem.kind, "unreachable");
    }
  });

  it("is checked for its health, its rules and a sample query before it is used", async () => {
    await Scene.open(world, "check");
    const report = await eventually("the rules were evaluated", async () => {
      const found = await checkPrometheus(world.client, realClock, {}, never);
      return found.checks.some(({ name, ok }) => name === "rules" && !ok) ? found : undefined;
    });
    assert.equal(report.status, "degraded");
    assert.deepEqual(
      report.checks.map(({ name, ok }) => [name, ok]),
      [
        ["healthy", true],
        ["rules", false],
        ["sample query", true],
      ],
    );
    assert.match(report.warnings[0] ?? "", /1 of 2 rules fail to evaluate \(ManyToMany: .*many-to-many/);
    const good = await checkPrometheus(world.client, realClock, { ruleGroup: "good" }, never);
    assert.equal(good.status, "usable");
  });

  it("refuses custom metrics that do not parse or have no single number, before a release", async () => {
    const tenant = { slot: "green", template: templates.green };
    const metrics = [
      custom("sum(increase(x_total[{{window}}])) or vector(0)", "sum(increase(y_total[{{window}}])"),
      custom("increase(x_total[{{window}}])", "sum(sum_over_time(up[{{window}}]))"),
    ];
    const found = await tryCustomMetrics(world.client, metrics, tenant, never);
    assert.ok(
      found.some(({ query, detail }) => query === "total" && detail.includes("parse error")),
      JSON.stringify(found),
    );
    assert.ok(
      found.some(({ query, detail }) => query === "bad" && detail.includes("no series")),
      JSON.stringify(found),
    );
  });
});
