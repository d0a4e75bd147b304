import assert from "node:assert/strict";
import { appendFileSync, readFileSync } from "node:fs";

describe("A suite with two flaky tests", () => {
  for (const name of ["light", "water"])
    it(`has ${name}, but for the first time`, () => {
      appendFileSync(`${name}.log`, ".");
      assert.notEqual(readFileSync(`${name}.log`, "utf8"), ".", `no ${name}`);
    });
});
