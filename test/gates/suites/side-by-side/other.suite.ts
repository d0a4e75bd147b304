import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { getPriority } from "node:os";
import { setTimeout } from "node:timers/promises";

describe("The suite other", () => {
  it("meets the suite one, which runs at the same time", async () => {
    writeFileSync("other.log", "");
    const deadline = performance.now() + 100_000;
    while (!existsSync("one.log") && performance.now() < deadline) {
      console.log("other waits");
      await setTimeout(20);
    }
    assert.ok(existsSync("one.log"));
    console.log(`other has priority ${getPriority()}`);
  });
});
