import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ToolStore, type ToolFiles } from "../../../platform/toolchain/store.ts";
import { Bench } from "./bench.ts";

describe("the cache of tools", () => {
  let bench: Bench;
  let store: ToolStore;

  beforeEach(() => {
    bench = new Bench();
    store = new ToolStore(join(bench.root, "tools"));
  });

  afterEach(() => {
    bench.clear();
  });

  function making(version: string, text = "saw"): (folder: string) => Promise<ToolFiles> {
    return async (folder) => {
      await mkdir(join(folder, "bin"));
      await writeFile(join(folder, "bin", "saw"), text);
      return { version, executables: { saw: join("bin", "saw") } };
    };
  }

  it("keeps a tool by name and version, and finds it again", async () => {
    const kept = await store.keep("saw", "recipe", making("1.0"), {});
    assert.deepEqual(kept.executables, { saw: join(store.root, "saw", "1.0", "bin", "saw") });
    assert.deepEqual(await store.find("saw", "recipe"), kept);
  });

  it("makes nothing twice", async () => {
    await store.keep("saw", "recipe", making("1.0"), {});
    const again = await store.keep("saw", "recipe", () => Promise.reject(new Error("made again")), {});
    assert.equal(again.version, "1.0");
  });

  it("makes a tool once for two that ask at the same time", async () => {
    let made = 0;
    const make = (folder: string): Promise<ToolFiles> => {
      made += 1;
      return making("1.0")(folder);
    };
    const both = await Promise.all([1, 2].map(() => store.keep("saw", "recipe", make, { pollMs: 1 })));
    assert.equal(made, 1);
    assert.deepEqual(both[0], both[1]);
  });

  it("keeps folders and files besides executables", async () => {
    const kept = await store.keep(
      "crds",
      "recipe",
      async (folder) => {
        await mkdir(join(folder, "plugins"));
        await writeFile(join(folder, "all.yaml"), "");
        return { version: "1.0", executables: {}, directory: "plugins", file: "all.yaml" };
      },
      {},
    );
    assert.equal(kept.directory, join(store.root, "crds", "1.0", "plugins"));
    assert.equal(kept.file, join(store.root, "crds", "1.0", "all.yaml"));
  });

  it("has nothing where nothing was kept", async () => {
    assert.equal(await store.find("saw", "recipe"), undefined);
  });

  it("does not give a tool of another recipe, and puts the new one in its place", async () => {
    await store.keep("saw", "old recipe", making("1.0", "old"), {});
    assert.equal(await store.find("saw", "recipe"), undefined);
    const kept = await store.keep("saw", "recipe", making("1.0", "new"), {});
    assert.equal(readFileSync(kept.executables.saw ?? "", "utf8"), "new");
    assert.deepEqual(readdirSync(join(store.root, "saw")), ["1.0"]);
  });

  it("does not give a tool that has lost a file", async () => {
    const kept = await store.keep("saw", "recipe", making("1.0"), {});
    rmSync(kept.executables.saw ?? "");
    assert.equal(await store.find("saw", "recipe"), undefined);
  });

  it("gives the newest of several versions", async () => {
    const beside = new ToolStore(join(bench.root, "beside"));
    for (const [index, version] of ["1.9", "1.10", "1.2"].entries()) {
      await beside.keep("saw", `recipe ${index}`, making(version), {});
      const manifest = join(beside.root, "saw", version, "tool.json");
      await writeFile(manifest, readFileSync(manifest, "utf8").replace(`recipe ${index}`, "recipe"));
    }
    assert.equal((await beside.find("saw", "recipe"))?.version, "1.10");
  });

  it("names a folder without the characters that PATH or a shell could trip over", async () => {
    const kept = await store.keep("saw", "recipe", making("5:7.0.15-1~deb12u10 (x)"), {});
    assert.equal(kept.executables.saw, join(store.root, "saw", "7.0.15-1~deb12u10__x_", "bin", "saw"));
  });

  it("keeps nothing of a making that failed", async () => {
    const failing = store.keep(
      "saw",
      "recipe",
      async (folder) => {
        await making("1.0")(folder);
        throw new Error("no oil");
      },
      {},
    );
    await assert.rejects(failing, /no oil/);
    assert.deepEqual(readdirSync(join(store.root, "saw")), []);
  });

  it("keeps nothing that lacks what its recipe promises", async () => {
    const lacking = store.keep(
      "saw",
      "recipe",
      () => Promise.resolve({ version: "1.0", executables: { saw: "bin/saw" } }),
      {},
    );
    await assert.rejects(lacking, /lacks a file that its recipe promises/);
    assert.deepEqual(readdirSync(join(store.root, "saw")), []);
  });

  it("takes nothing half for whole after a kill, and clears it away", async () => {
    const script = join(import.meta.dirname, "keep-tool.ts");
    const child = spawn(process.execPath, [script, store.root], { stdio: ["pipe", "pipe", "inherit"] });
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    const left = readdirSync(join(store.root, "saw"));
    assert.equal(left.filter((name) => name.startsWith(".building-")).length, 1);
    assert.equal(await store.find("saw", "recipe"), undefined);

    const kept = await store.keep("saw", "recipe", making("1.0", "whole"), {});
    assert.equal(readFileSync(kept.executables.saw ?? "", "utf8"), "whole");
    assert.deepEqual(readdirSync(join(store.root, "saw")), ["1.0"]);
  });

  it("waits for another process that makes the tool, and takes what that one made", async () => {
    const script = join(import.meta.dirname, "keep-tool.ts");
    const child = spawn(process.execPath, [script, store.root], { stdio: ["pipe", "pipe", "inherit"] });
    const ended = once(child, "exit");
    await once(child.stdout, "data");
    const kept = await store.keep("saw", "recipe", () => Promise.reject(new Error("made twice")), {
      pollMs: 1,
      onWait: ({ pid }) => {
        assert.equal(pid, child.pid);
        child.stdin.end();
      },
    });
    assert.equal(existsSync(kept.executables.saw ?? ""), true);
    assert.deepEqual(await ended, [0, null]);
  });
});
