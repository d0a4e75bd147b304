import assert from "node:assert/strict";
import { appendFileSync, readFileSync } from "node:fs";

describe("A suite with a flaky hook", () => {
  before("heat", () => {
    appendFileSync("heat.log", ".");
    assert.notEqual(readFileSync("heat.log", "utf8"), ".", "no heat");
  });

  it("is warm", () => undefined);
  it("is bright", () => undefined);
});
