import assert from "node:assert/strict";
import { noTotals } from "../../../components/ledger/totals.ts";
import { clusterStatus } from "../../../platform/cluster/cluster.ts";
import { clusterDeadlineMs } from "../../support/cluster.ts";
import { eventually } from "../../support/eventually.ts";
import { ReleaseStack } from "../support/release-stack.ts";
import { changePlan, failsItsUsers, quickPlan, stage } from "../support/staging.ts";

const environment = "metrics";

describe("The deployment metrics", function () {
  this.timeout(300_000);
  let stack: ReleaseStack;
  let METRICS_ENDPOINT: string;

  before(async function () {
    this.timeout(clusterDeadlineMs);
    stack = await ReleaseStack.create(environment);
    METRICS_ENDPOINT = stack.stack.shared.cluster.pushgatewayUrl;
    await changePlan(stack.stack, quickPlan);
  });

  after(async () => {
    await stack[Symbol.asyncDispose]();
  });

  async function query(promql: string): Promise<number | undefined> {
    const url = new URL("/api/v1/query", stack.stack.shared.cluster.prometheusUrl);
    url.searchParams.set("query", promql);
    const { data } = (await (await fetch(url)).json()) as { data: { result: { value: [number, string] }[] } };
    const [only, ...more] = data.result;
    assert.deepEqual(more, [], promql);
    return only && Number(only.value[1]);
  }

  async function becomes(promql: string, value: number | undefined): Promise<void> {
    let last: number | undefined;
    await eventually(`${promql} is ${value ?? "gone"}`, async () => {
      last = await query(promql);
      return last === value ? true : undefined;
    }).catch((cause: unknown) => {
      throw new Error(`${promql} is ${last ?? "not there"}, and not ${value ?? "gone"}`, { cause });
    });
  }

  function total(status: string): string {
    return `deployment_total{environment="${environment}",status="${status}"}`;
  }

  async function release(faults: object, env: Readonly<Record<string, string>>) {
    await stage(stack.stack, faults);
    await using load = stack.load({ clients: 2, pauseMs: 20 });
    const released = await stack.releaseStaged([], env);
    await load.stop();
    return released;
  }

  async function pushgateway(): Promise<{ readonly pid: number; readonly restarts: number }> {
    return eventually("the Pushgateway runs", async () => {
      const { components } = await clusterStatus(stack.stack.shared.cluster.name);
      const found = components.find(({ name }) => name === "pushgateway");
      return found?.pid === undefined ? undefined : { pid: found.pid, restarts: found.restarts };
    });
  }

  it("are exact in Prometheus, though a Pushgateway loses all that it had between two releases", async () => {
    const { totals: before = noTotals() } = await stack.stack.ledger();
    const push = await stack.start(["metrics", "push"], { METRICS_ENDPOINT }).ended;
    assert.equal(push.code, 0, push.stderr);
    const { success } = before.releases;
    await becomes(total("success"), success);

    const good = await release({}, { METRICS_ENDPOINT });
    assert.equal(good.code, 0, good.stderr);
    assert.doesNotMatch(good.stderr, /not pushed/);
    await becomes(total("success"), success + 1);

    const { pid, restarts } = await pushgateway();
    process.kill(pid, "SIGKILL");
    await eventually("the Pushgateway is another one", async () =>
      (await pushgateway()).restarts > restarts ? true : undefined,
    );
    await becomes(total("success"), undefined);

    const bad = await release(failsItsUsers, { METRICS_ENDPOINT });
    assert.equal(bad.code, 10, bad.stderr);
    await becomes(total("rolled_back"), 1);
    const done = Object.values(before.releases).reduce((sum, count) => sum + count, 2);
    const smoked = before.smokeTests.passed + 3;
    for (const [promql, value] of [
      [total("success"), success + 1],
      [total("failed"), 0],
      [`deployment_rollback_total{environment="${environment}",reason="high_error_rate"}`, 1],
      [`deployment_rollback_total{environment="${environment}",reason="manual"}`, 0],
      [`deployment_duration_seconds_count{environment="${environment}"}`, done],
      // A good release has two, a bad one the first of them.
      [`smoke_test_total{environment="${environment}",result="passed"}`, smoked],
      [`smoke_test_duration_seconds_count{environment="${environment}"}`, smoked],
    ] as const)
      assert.equal(await query(promql), value, promql);
    const asked = await query(`prometheus_query_total{job="atom",environment="${environment}",result="success"}`);
    assert.ok(asked !== undefined && asked > 0, `${asked}`);
    for (const status of ["success", "rolled_back"])
      assert.equal(await query(`round(increase(${total(status)}[1h]))`), 1, status);
    assert.equal(await query(`round(increase(${total("failed")}[1h]))`), 0);
  });

  it("that cannot be pushed change nothing about a release, and are told and shown", async () => {
    const { totals } = await stack.stack.ledger();
    const { code, stderr } = await release({}, { METRICS_ENDPOINT: "http://127.0.0.1:9" });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /The deployment metrics were not pushed: .*\n.*atom metrics push/);
    const shown = await stack.start(["metrics", "show"]).ended;
    const success = (totals?.releases.success ?? 0) + 1;
    assert.ok(shown.stdout.includes(`${total("success")} ${success}\n`), shown.stdout);
    const nowhere = await stack.start(["metrics", "push"], { METRICS_ENDPOINT: "" }).ended;
    assert.equal(nowhere.code, 12);
    assert.match(nowhere.stderr, /METRICS_ENDPOINT is not set/);
  });
});
