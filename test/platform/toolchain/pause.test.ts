import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { silentReporter } from "../../../platform/progress.ts";
import { ensureTools } from "../../../platform/toolchain/ensure.ts";
import { eventually } from "../../support/eventually.ts";

describe("the pause program", function () {
  let pause: string;
  let child: ChildProcess | undefined;

  before(async function () {
    this.timeout(120_000); // with an empty Go cache, the standard library is compiled first
    pause = (await ensureTools(["pause"], { reporter: silentReporter })).path("pause");
  });

  afterEach(() => {
    child?.kill("SIGKILL");
  });

  /**
   * Starts the program with children that it did not start: a shell starts them and becomes the program. Waits until they are
   * reaped, which also proves that it listens for signals.
   */
  async function started(): Promise<ChildProcess> {
    child = spawn("sh", ["-c", 'sleep 0.01 & sleep 0.02 & exec "$0"', pause], { stdio: "ignore" });
    const pid = child.pid ?? 0;
    await eventually(
      "no child is left, not even as a zombie",
      () => {
        const isPause = readFileSync(`/proc/${pid}/comm`, "utf8") === "pause\n";
        return (isPause && readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8") === "") || undefined;
      },
      5_000,
    );
    return child;
  }

  it("reaps the children that it was left with, and waits on", async () => {
    const { exitCode, signalCode } = await started();
    assert.deepEqual([exitCode, signalCode], [null, null]);
  });

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`ends at ${signal} with exit code 0`, async () => {
      const program = await started();
      program.kill(signal);
      assert.deepEqual(await once(program, "exit"), [0, null]);
    });
  }
});
