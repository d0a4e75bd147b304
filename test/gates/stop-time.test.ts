import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { RecordedCommands } from "../support/workflows/recorded-commands.ts";
import { stopTime, StopTimeError } from "./stop-time.ts";

const now = 1_800_000_000_000;

describe("The time at which the tests stop", () => {
  it("is so many minutes from now where the environment says nothing", () => {
    assert.equal(stopTime(90, now, {}), now + 90 * 60_000);
  });

  it("is that of the environment where it is earlier, be it in the past, and no later one", () => {
    const seconds = now / 1_000;
    assert.equal(stopTime(90, now, { TESTS_STOP_AT: String(seconds + 60) }), now + 60_000);
    assert.equal(stopTime(90, now, { TESTS_STOP_AT: String(seconds - 60) }), now - 60_000);
    assert.equal(stopTime(90, now, { TESTS_STOP_AT: String(seconds + 100 * 60) }), now + 90 * 60_000);
  });

  it("is refused where it is no time, with what is allowed", () => {
    for (const value of ["", "soon", "1e9", "-1"])
      assert.throws(
        () => stopTime(90, now, { TESTS_STOP_AT: value }),
        (error) => error instanceof StopTimeError && error.value === value && error.message.includes("date +%s"),
      );
  });

  it("is in CI 85 min after its run began, of which installing and checking are a part", async () => {
    await using commands = await RecordedCommands.create("npm");
    const began = Date.now();
    const { status } = spawnSync(path.join(import.meta.dirname, "..", "..", ".ci", "run"), {
      env: { PATH: `${commands.folder}:/usr/bin:/bin`, GITHUB_STEP_SUMMARY: path.join(commands.folder, "summary") },
    });
    assert.equal(status, 0);
    const all = await commands.all();
    assert.deepEqual(
      all.map(({ line }) => line),
      ["npm ci", "npm run check", "npm test"],
    );
    const at = stopTime(90, began, all.at(-1)?.env ?? {});
    assert.ok(Math.abs(at - (began + 85 * 60_000)) < 60_000, String(at - began));
  });
});
