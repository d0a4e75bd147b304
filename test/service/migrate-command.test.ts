import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { dataServices } from "../support/data-services.ts";

const entry = path.join(import.meta.dirname, "../../service/src/migrate.ts");

function migrate(args: readonly string[], environment: Readonly<Record<string, string>>) {
  return spawnSync(process.execPath, [entry, ...args], { env: environment, encoding: "utf8", timeout: 15_000 });
}

describe("The command that migrates", function () {
  // Starting a process takes seconds where others want the processor too.
  this.timeout(120_000);

  it("goes up and down, and says what it did as JSON lines without a secret", async () => {
    const DATABASE_URL = await (await dataServices()).createDatabase();
    const up = migrate(["up"], { DATABASE_URL, SMOKE_TEST_PASSWORD: "hunter2hunter2" });
    assert.equal(up.status, 0, up.stderr);
    const lines = up.stdout.trim().split("\n");
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as { msg: string }).msg),
      [
        "applied migration 1 users",
        "applied migration 2 skills",
        "applied migration 3 agent-runs",
        "applied migration 4 canvases",
        "applied migration 5 smoke-test-user",
        "up is done",
      ],
    );
    assert.ok(!up.stdout.includes("hunter2"));
    const down = migrate(["down", "--to", "0"], { DATABASE_URL });
    assert.equal(down.status, 0, down.stderr);
    assert.match(down.stdout, /reverted migration 1 users/);
  });

  it("prints what is wrong with the environment, without a stack", () => {
    const { status, stderr } = migrate(["up"], {});
    assert.equal(status, 1);
    assert.equal(
      stderr,
      "The environment is not valid:\n  DATABASE_URL: is not set\n  SMOKE_TEST_PASSWORD: is not set\n",
    );
  });

  it("prints how it is used when the command line says nothing that it knows", () => {
    for (const args of [[], ["sideways"], ["up", "down"], ["up", "--too", "1"], ["up", "--to", "one"]]) {
      const { status, stderr } = migrate(args, {});
      assert.equal(status, 2);
      assert.match(stderr, /^usage: node src\/migrate\.ts up\|down \[--to ID\]$/m);
    }
  });
});
