import assert from "node:assert/strict";
import { appendFileSync, readFileSync } from "node:fs";

/** How often a test has run before, over all processes. */
function earlierRuns(of: string): number {
  appendFileSync(`${of}.log`, ".");
  return readFileSync(`${of}.log`, "utf8").length - 1;
}

describe("A flaky suite", () => {
  it("passes every other time", () => {
    assert.equal(earlierRuns("other") % 2, 1);
  });

  it("passes (but for the first time)", () => {
    assert.notEqual(earlierRuns("first"), 0);
  });

  it("passes always", () => {
    assert.ok(true);
  });
});
