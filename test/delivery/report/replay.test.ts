import assert from "node:assert/strict";
import { NotReplayableError, replay, type Replay } from "../../../delivery/report/replay.ts";
import { ReplaySettingError } from "../../../delivery/report/replay-settings.ts";
import { replayText } from "../../../delivery/report/replay-text.ts";
import { releasePlan } from "../support/plans.ts";
import { aged, recordNames, records } from "./records.ts";

const answersOf = ({ steps }: Replay): (readonly [number, string, string, string | undefined])[] =>
  steps.map(({ percent, by, then, now }) => [percent, by, then, now] as const);

describe("a replay", () => {
  it("with the limits that a release had comes to its verdicts again, whatever release it is", async () => {
    for (const name of recordNames.filter((each) => each !== "smoke" && each !== "hotfix")) {
      const again = replay(await records[name]());
      assert.equal(again.now, "same", name);
      for (const { then, now, metrics } of again.steps) {
        if (then !== "go-on") assert.equal(now, then, name);
        for (const metric of metrics) assert.equal(metric.now, metric.then, name);
      }
    }
  });

  it("judges every step anew under other limits", async () => {
    const again = replay(await records.warned(), ["gate.errorRate.policy=rollback"]);
    assert.deepEqual(again.changes, [{ key: "gate.errorRate.policy", then: "warn", now: "rollback" }]);
    assert.deepEqual(answersOf(again), [
      [10, "guard", "warn", "rollback"],
      [10, "gate", "go-on", "rollback"],
      [50, "gate", "go-on", "rollback"],
      [100, "gate", "go-on", "rollback"],
    ]);
    assert.deepEqual(
      [again.then, again.now, again.at?.percent, again.at?.reason],
      ["released", "rolled-back", 10, "high_error_rate"],
    );
  });

  it("tells where a release would have been held instead", async () => {
    const again = replay(await records.latency(), ["gate.latency.policy=hold"]);
    assert.deepEqual([again.now, again.at?.percent, again.at?.reason], ["held", 10, "high_latency"]);
  });

  it("does not make up what would have come after a release that ended then would have gone on", async () => {
    const again = replay(await records.guard(), ["gate.errorRate.max=50%"]);
    assert.deepEqual(answersOf(again), [[10, "guard", "rollback", "go-on"]]);
    assert.deepEqual(again.steps[0]?.metrics[0], {
      metric: "errorRate",
      then: "FAIL",
      now: "TOO_FEW",
      why: "judged on the guard's totals",
    });
    assert.equal(again.now, "unknown");
    assert.match(replayText(again), /it would have gone on from 10 %, and\nwhat came then was not measured\.\n$/);
  });

  it("waits where a release that went on had too few requests for its new limits", async () => {
    const again = replay(await records.healthy(), ["gate.minRequests=300"]);
    assert.deepEqual(answersOf(again)[0], [10, "gate", "go-on", "wait"]);
    assert.equal(again.now, "unknown");
  });

  it("says plainly that slow requests cannot be judged at another edge than they were counted at", async () => {
    const again = replay(await records.latency(), ["gate.latency.seconds=300ms"]);
    assert.deepEqual(again.steps[0]?.metrics[1], {
      metric: "latency",
      then: "FAIL",
      now: undefined,
      why: "the record counts requests slower than 0.2 s, and not than 0.3 s",
    });
    assert.equal(again.now, "unknown");
    const tightened = replay(await records.healthy(), ["gate.latency.seconds=0.1"]);
    assert.deepEqual([tightened.steps[0]?.now, tightened.now], [undefined, "unknown"]);
  });

  it("knows that what was fast enough for a limit is fast enough for a wider one", async () => {
    const again = replay(await records.healthy(), ["gate.latency.seconds=0.3s"]);
    assert.equal(again.now, "same");
    assert.equal(again.steps[0]?.metrics[1]?.why, "no more requests are slower than 0.3 s than were slower than 0.2 s");
  });

  it("rolls back for a metric that can be judged, whatever cannot be said of another", async () => {
    const again = replay(await records.warned(), ["gate.errorRate.policy=rollback", "gate.latency.seconds=0.1"]);
    assert.deepEqual([again.now, again.at?.reason], ["rolled-back", "high_error_rate"]);
  });

  it("is refused where the record has not kept what it would be made of", async () => {
    const record = await records.guard();
    assert.throws(() => replay(aged(record)), NotReplayableError);
    const bare = { ...aged(record), plan: record.plan };
    assert.throws(() => replay(bare as typeof record), {
      name: "NotReplayableError",
      message: /^Release r1 cannot be judged again: no verdict with its evidence is in its journal\./,
    });
  });
});

describe("the settings of a replay", () => {
  const changed = async (...settings: string[]): Promise<readonly (readonly [string, string])[]> =>
    replay(await records.healthy(), settings).changes.map(({ then, now }) => [then, now] as const);

  for (const [setting, then, now] of [
    ["gate.errorRate.max=0.5%", "0.1 %", "0.5 %"],
    ["gate.errorRate.max=0.005", "0.1 %", "0.5 %"],
    ["gate.errorRate.max = 0.7 %", "0.1 %", "0.7 %"],
    ["gate.latency.seconds=500ms", "200 ms", "500 ms"],
    ["gate.latency.seconds=0.5", "200 ms", "500 ms"],
    ["gate.latency.quantile=99%", "95 %", "99 %"],
    ["gate.alpha=0.05", "1 %", "5 %"],
    ["gate.minRequests=7", "100", "7"],
    ["policies.noData.policy=warn", "rollback", "warn"],
    ["policies.sharedFault.deadline=2m", "5 min 00 s", "2 min 00 s"],
  ] as const)
    it(`takes ${setting}`, async () => {
      assert.deepEqual(await changed(setting), [[then, now]]);
    });

  it("takes those of custom metrics by their name", async () => {
    const record = await records.healthy();
    const metrics = [{ name: "checkout", bad: "b", total: "t", max: 0.01, policy: "warn" as const }];
    const { errorRate, latency } = releasePlan().thresholds;
    const plan = releasePlan({ thresholds: { errorRate, latency, metrics } });
    const other = { ...record, plan: JSON.parse(JSON.stringify(plan)) as NonNullable<typeof record.plan> };
    const { changes } = replay(other, ["gate.metrics.checkout.max=2%"]);
    assert.deepEqual(changes, [{ key: "gate.metrics.checkout.max", then: "1 %", now: "2 %" }]);
    assert.throws(() => replay(other, ["gate.metrics.other.max=2%"]), ReplaySettingError);
  });

  for (const [setting, problem] of [
    ["gate.errorRate.max", /is not of the form key=value/],
    ["=1", /is not of the form key=value/],
    ["gate.errorRate.mx=1", /has the key "gate\.errorRate\.mx", which cannot be set/],
    ["gate.errorRate.max=lots", /has the value "lots"; it takes a share: 0\.5% or 0\.005/],
    ["gate.errorRate.max=-1", /has the value "-1"/],
    ["gate.errorRate.max=2", /is not allowed/],
    ["gate.errorRate.policy=ignore", /it takes rollback, warn or hold/],
    ["gate.minRequests=1.5", /it takes a whole number/],
    ["gate.latency.seconds=fast", /it takes a duration/],
    ["__proto__.x=1", /which cannot be set/],
  ] as const)
    it(`refuses ${setting}, and lists what can be set`, async () => {
      const record = await records.healthy();
      assert.throws(
        () => replay(record, [setting]),
        (error: unknown) => {
          assert.ok(error instanceof ReplaySettingError);
          assert.match(error.message, problem);
          assert.match(error.message, /\n {2}gate\.errorRate\.max \(a share: 0\.5% or 0\.005\)\n/);
          return true;
        },
      );
    });
});
