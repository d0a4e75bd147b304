import assert from "node:assert/strict";
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { withLock, type LockOwner } from "../../../platform/toolchain/lock.ts";
import { Bench } from "./bench.ts";

describe("the lock between processes", () => {
  let bench: Bench;
  let path: string;
  const children: ChildProcessByStdio<Writable, Readable, null>[] = [];

  beforeEach(() => {
    bench = new Bench();
    path = join(bench.root, "saw", ".lock");
  });

  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    bench.clear();
  });

  function start(program: string, ...parameters: string[]): ChildProcessByStdio<Writable, Readable, null> {
    const child = spawn(process.execPath, [join(import.meta.dirname, program), ...parameters], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    children.push(child);
    return child;
  }

  async function holder(): Promise<ChildProcessByStdio<Writable, Readable, null>> {
    const child = start("hold-lock.ts", path);
    const [said] = (await once(child.stdout, "data")) as [Buffer];
    assert.equal(said.toString(), "held\n");
    return child;
  }

  it("gives what the work gives, and leaves nothing", async () => {
    assert.equal(await withLock(path, {}, () => Promise.resolve("done")), "done");
    assert.deepEqual(readdirSync(dirname(path)), []);
  });

  it("is given back when the work fails", async () => {
    await assert.rejects(
      withLock(path, {}, () => Promise.reject(new Error("broken"))),
      /broken/,
    );
    assert.equal(existsSync(path), false);
  });

  it("lets one piece of work at a time run in a process", async () => {
    let running = 0;
    const work = async (): Promise<void> => {
      running += 1;
      assert.equal(running, 1);
      await new Promise(setImmediate);
      running -= 1;
    };
    await Promise.all([1, 2, 3, 4].map(() => withLock(path, { pollMs: 1 }, work)));
  });

  it("makes another process wait, and says once for whom", async () => {
    const first = await holder();
    const owners: LockOwner[] = [];
    const second = withLock(
      path,
      {
        pollMs: 1,
        onWait: (owner) => {
          owners.push(owner);
          first.stdin.end();
        },
      },
      () => Promise.resolve("mine"),
    );
    assert.equal(await second, "mine");
    assert.deepEqual(
      owners.map(({ pid }) => pid),
      [first.pid],
    );
    assert.match(owners[0]?.command ?? "", /^hold-lock\.ts /);
  });

  it("is broken when its owner was killed", async () => {
    const owner = await holder();
    owner.kill("SIGKILL");
    await once(owner, "exit");
    assert.equal(existsSync(path), true);
    assert.equal(await withLock(path, { pollMs: 1 }, () => Promise.resolve("mine")), "mine");
  });

  it("is broken when its owner's pid belongs to a later process", async () => {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, `${process.pid}-1-00000000`), JSON.stringify({ pid: process.pid, command: "earlier" }));
    assert.equal(await withLock(path, { pollMs: 1 }, () => Promise.resolve("mine")), "mine");
  });

  it("removes the claim of a process that died while it waited", async () => {
    const claim = join(dirname(path), "..lock-claim-abc123");
    mkdirSync(claim, { recursive: true });
    writeFileSync(join(claim, "999999999-1-00000000"), "{}");
    await withLock(path, {}, () => Promise.resolve());
    assert.deepEqual(readdirSync(dirname(path)), []);
  });

  it("stops waiting on an abort, with the signal's reason", async () => {
    await holder();
    const abort = new AbortController();
    const waiting = withLock(
      path,
      {
        signal: abort.signal,
        onWait: () => {
          abort.abort(new Error("no more"));
        },
      },
      () => Promise.resolve(),
    );
    await assert.rejects(waiting, /no more/);
    assert.deepEqual(readdirSync(dirname(path)), [".lock"]);
  });

  it("does not take a file for a lock", async () => {
    bench.file("saw/.lock", "not a folder");
    await assert.rejects(
      withLock(path, {}, () => Promise.resolve()),
      { code: "ENOTDIR" },
    );
  });

  it("loses no addition of four processes that count together", async () => {
    const file = bench.file("number", "0");
    const counters = [1, 2, 3, 4].map(() => start("count-under-lock.ts", path, file, "25"));
    const codes = await Promise.all(counters.map(async (child) => ((await once(child, "exit")) as [number])[0]));
    assert.deepEqual(codes, [0, 0, 0, 0]);
    assert.equal(readFileSync(file, "utf8"), "100");
  });
});
