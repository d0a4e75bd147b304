import assert from "node:assert/strict";
import { reportJson, resultOf } from "../../../delivery/report/json.ts";
import { aged, recordNames, records } from "./records.ts";

const plan = { service: "atom", environment: "staging" };

describe("a release's result for machines", () => {
  it("has all that a pipeline goes on with", async () => {
    const record = await records.smoke();
    assert.deepEqual(resultOf(record), {
      id: "r1",
      outcome: "rolled-back",
      observed: false,
      ...plan,
      mode: "canary",
      from: {
        slot: "blue",
        version: "2026.11.1",
        image: "registry.example.com/team/atom:2026.11.1",
        template: "aaaaaaaaaaaa",
      },
      to: {
        slot: "green",
        version: "2026.11.2",
        image: "registry.example.com/team/atom:2026.11.2",
        template: "bbbbbbbbbbbb",
      },
      image: "registry.example.com/team/atom:2026.11.2",
      template: "bbbbbbbbbbbb",
      percent: 0,
      reason: "smoke_test_failed",
      detail: "agents: POST /api/agents/execute answered 500 where 2xx is expected (through x-canary, 0.6 s)",
      startedAt: "2026-01-01T00:00:00.000Z",
      startedBy: "anna@laptop",
      change: { commit: "4f2c9d1b7a", author: "Anna", message: "Answer faster" },
      endedAt: "2026-01-01T00:00:07.198Z",
      durationSeconds: 7.198,
      returnSeconds: null,
      restoration: null,
      warned: [],
      steps: [10, 50, 100].map((percent) => {
        return { kind: "weight", percent, result: "not-reached", from: null, until: null };
      }),
      exitCode: 10,
    });
  });

  it("ends with the process's exit code", async () => {
    const codes = await Promise.all(
      recordNames.map(async (name) => [name, resultOf(await records[name]()).exitCode] as const),
    );
    assert.deepEqual(Object.fromEntries(codes), {
      healthy: 0,
      guard: 10,
      latency: 10,
      smoke: 10,
      held: 11,
      approval: 0,
      aborted: 10,
      hotfix: 0,
      soak: 10,
      warned: 0,
      observed: 0,
    });
  });

  it("has the time until the traffic was seen back, and not until the router had answered", async () => {
    assert.equal(Number(resultOf(await records.guard()).returnSeconds?.toFixed(3)), 0.438);
  });

  it("is told names that its record no longer has", async () => {
    const { service, environment } = resultOf(aged(await records.guard()));
    assert.deepEqual([service, environment], [null, null]);
    const named = resultOf(aged(await records.guard()), plan);
    assert.deepEqual([named.service, named.environment], ["atom", "staging"]);
  });
});

describe("a release's report for machines", () => {
  it("is JSON that comes back as it was", async () => {
    for (const name of recordNames) {
      const report = reportJson(await records[name]());
      assert.deepEqual(JSON.parse(JSON.stringify(report)), report);
    }
  });

  it("has the result, and the whole story below it", async () => {
    const report = reportJson(await records.guard());
    assert.deepEqual(Object.keys(report), ["schema", "result", "story"]);
    assert.equal(report.schema, 1);
    assert.equal(report.result.id, "r1");
    assert.deepEqual(Object.keys(report.story), [
      ...["header", "timeline", "weights", "steps", "decisions"],
      ...["smoke", "timings", "restoration", "warnings", "queries", "missing"],
    ]);
  });
});
