import assert from "node:assert/strict";
import { readSchedule, requestsPerSecond } from "../../../delivery/guard/schedule.ts";

describe("the guard's schedule", () => {
  for (const [pods, interval] of [
    [0, 250],
    [1, 250],
    [4, 250],
    [5, 264],
    [6, 316],
    [20, 1_053],
    [200, 10_527],
  ] as const)
    it(`reads ${pods} pods every ${interval} ms`, () => {
      assert.equal(readSchedule(pods).intervalMs, interval);
    });

  it("keeps lists and reads together within its bound", () => {
    for (let pods = 0; pods <= 500; pods += 1) {
      const { intervalMs, listIntervalMs } = readSchedule(pods);
      assert.ok((pods * 1000) / intervalMs + 1000 / listIntervalMs <= requestsPerSecond + 1e-9);
    }
  });

  it("reads no more often than it is told to", () => {
    assert.equal(readSchedule(1, 1_000).intervalMs, 1_000);
    assert.equal(readSchedule(40, 1_000).intervalMs, 2_106);
  });

  it("reads more pods as often where more requests are allowed", () => {
    assert.equal(readSchedule(40, 250, 200).intervalMs, 250);
  });
});
