import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { getPriority } from "node:os";
import { setTimeout } from "node:timers/promises";

describe("The suite one", () => {
  it("meets the suite other, which runs at the same time", async () => {
    writeFileSync("one.log", "");
    const deadline = performance.now() + 100_000;
    while (!existsSync("other.log") && performance.now() < deadline) {
      console.log("one waits");
      await setTimeout(20);
    }
    assert.ok(existsSync("other.log"));
    console.log(`one has priority ${getPriority()}`);
  });
});
