import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import os from "node:os";
import { ConcurrentUpdateError } from "@pulumi/pulumi/automation/index.js";
import { killedLocks } from "../../infra/interrupted-update.ts";
import { eventually } from "../support/eventually.ts";

/** The error of an engine that finds the stack locked, in its own words. */
function locked(...locks: readonly { readonly url?: string; readonly host?: string; readonly pid: number }[]): Error {
  const lines = locks.map(
    ({ url = "file:///state", host = os.hostname(), pid }) =>
      `  ${url}/.pulumi/locks/organization/atom/staging/0b6e-${pid}.json?no_tmp_dir=true: created by anna@${host} (pid ${pid}) at 2026-11-30T05:00:00Z`,
  );
  return new ConcurrentUpdateError(
    [
      "code: -1",
      `stderr: error: the stack is currently locked by ${locks.length} lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.`,
      ...lines,
      "err?: Error: Command failed with exit code 1",
      ...lines,
      "",
    ].join("\n"),
  );
}

const file = (pid: number): string => `/state/.pulumi/locks/organization/atom/staging/0b6e-${pid}.json`;
const alive =
  (...pids: readonly number[]) =>
  (pid: number): boolean =>
    pids.includes(pid);

describe("the locks of killed updates", () => {
  it("are those whose process is gone from this machine", () => {
    assert.deepEqual(killedLocks(locked({ pid: 17 }), alive()), [{ pid: 17, file: file(17) }]);
    assert.deepEqual(killedLocks(locked({ pid: 17 }, { pid: 18 }), alive()), [
      { pid: 17, file: file(17) },
      { pid: 18, file: file(18) },
    ]);
  });

  it("are none while any of them may be at work: here, or on a machine that cannot be asked", () => {
    assert.deepEqual(killedLocks(locked({ pid: 17 }), alive(17)), []);
    assert.deepEqual(killedLocks(locked({ pid: 17 }, { pid: 18 }), alive(18)), []);
    assert.deepEqual(killedLocks(locked({ pid: 17, host: `not-${os.hostname()}` }), alive()), []);
    assert.deepEqual(killedLocks(locked({ pid: 17 }, { pid: 18, host: `not-${os.hostname()}` }), alive()), []);
  });

  it("are none where the state is elsewhere, since machines elsewhere may have this one's name", () => {
    assert.deepEqual(killedLocks(locked({ pid: 17, url: "s3://states" }), alive()), []);
    assert.deepEqual(killedLocks(locked({ pid: 17, url: "azblob://states" }), alive()), []);
  });

  it("are none in any other error", () => {
    assert.deepEqual(killedLocks(new Error(locked({ pid: 17 }).message), alive()), []);
    assert.deepEqual(
      killedLocks(new ConcurrentUpdateError("[409] Conflict: Another update is in progress."), alive()),
      [],
    );
  });

  it("are looked for among the processes of this machine", () => {
    assert.deepEqual(killedLocks(locked({ pid: process.pid })), []);
    // The largest number that the kernel could give is never given here.
    assert.deepEqual(killedLocks(locked({ pid: 4_194_304 })), [{ pid: 4_194_304, file: file(4_194_304) }]);
  });

  it("are also those of a zombie, which stays where PID 1 of a container does not reap", async () => {
    const parent = spawn("sh", ["-c", "sh -c 'echo $$' & exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
    try {
      const [line] = (await once(parent.stdout, "data")) as [Buffer];
      const pid = Number(line.toString());
      const isZombie = (): boolean => readFileSync(`/proc/${pid}/status`, "utf8").includes("State:\tZ");
      await eventually("the process has ended", () => (isZombie() ? true : undefined), 10_000);
      assert.deepEqual(killedLocks(locked({ pid })), [{ pid, file: file(pid) }]);
    } finally {
      parent.kill();
    }
  });
});
