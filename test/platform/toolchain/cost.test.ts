import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { costTable, withCost } from "../../../platform/toolchain/cost.ts";

describe("what it costs to bring a tool here", () => {
  it("is its time and that of the processors, with the commands of its commands", async () => {
    let milliseconds = 0;
    const busy = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
    const [result, cost] = await withCost(
      async () => {
        await promisify(execFile)("sh", ["-c", `sh -c '${busy}'; true`]);
        milliseconds += 90_500;
        return "planks";
      },
      () => milliseconds,
    );
    assert.equal(result, "planks");
    assert.equal(cost.seconds, 90.5);
    assert.ok(cost.cpuSeconds > 0, `${cost.cpuSeconds} s`);
  });

  it("is printed as a table, the dearest first, without tools that this machine did not bring", () => {
    const tools = [
      { name: "saw", version: "1.0", cost: { seconds: 10.2, cpuSeconds: 15 } },
      { name: "planks", version: "2.0" },
      { name: "drill", version: "3.0", cost: { seconds: 60, cpuSeconds: 99.6 } },
    ];
    assert.deepEqual(costTable(tools), [
      "| tool | time | processor time |",
      "| --- | --- | --- |",
      "| drill 3.0 | 60 s | 100 s |",
      "| saw 1.0 | 10 s | 15 s |",
      "| all | 70 s | 115 s |",
    ]);
  });
});
