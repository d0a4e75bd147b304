import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CommandError, run } from "../../../platform/toolchain/command.ts";
import { Bench } from "./bench.ts";

describe("a command of the toolchain", () => {
  let bench: Bench;
  const env = { PATH: "/usr/bin:/bin" };

  beforeEach(() => {
    bench = new Bench();
  });

  afterEach(() => {
    bench.clear();
  });

  it("gives what it printed, and has the environment and the folder that it was given", async () => {
    const { stdout, output } = await run("sh", ["-c", "pwd; echo $SAW; echo careful >&2"], {
      cwd: bench.root,
      env: { ...env, SAW: "sharp" },
    });
    assert.equal(stdout, `${bench.root}\nsharp\n`);
    assert.match(output, /careful/);
  });

  it("appends the command and all it printed to its log", async () => {
    const log = join(bench.root, "log");
    await run("echo", ["first"], { env, log });
    await run("echo", ["second"], { env, log });
    assert.equal(readFileSync(log, "utf8"), "$ echo first\nfirst\n$ echo second\nsecond\n");
  });

  it("reads the input that it is given, and else none", async () => {
    assert.equal((await run("cat", [], { env, input: "planks" })).stdout, "planks");
    assert.equal((await run("cat", [], { env })).stdout, "");
  });

  it("fails with its exit code and the last lines of what it printed", async () => {
    await assert.rejects(run("sh", ["-c", "seq 30; exit 3"], { env }), (error) => {
      assert.ok(error instanceof CommandError);
      assert.equal(error.message, "sh ended with exit code 3");
      assert.equal(error.tail(2), "29\n30");
      return true;
    });
  });

  it("fails when there is no such program", async () => {
    await assert.rejects(run("no-such-program", [], { env }), /could not be started \(spawn no-such-program ENOENT\)/);
  });

  it("is killed when it takes too long", async () => {
    await assert.rejects(run("sleep", ["60"], { env, timeoutMs: 20 }), /sleep took longer than 20 ms/);
  });

  it("is ended by an abort, and rejects with the signal's reason", async () => {
    const abort = new AbortController();
    const running = run("sleep", ["60"], { env, signal: abort.signal });
    abort.abort(new Error("enough"));
    await assert.rejects(running, /enough/);
  });

  it("is not started after an abort", async () => {
    const made = join(bench.root, "made");
    await assert.rejects(run("touch", [made], { env, signal: AbortSignal.abort(new Error("too late")) }), /too late/);
    assert.equal(existsSync(made), false);
  });
});
