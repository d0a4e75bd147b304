import assert from "node:assert/strict";
import { join } from "node:path";
import { searchMachine } from "../../../platform/toolchain/search.ts";
import type { OnMachine } from "../../../platform/toolchain/tool.ts";
import { Bench, toolWith } from "./bench.ts";

describe("the search for a tool that the machine has", () => {
  let bench: Bench;
  const accepts = { atLeast: "2.0", below: "3" };

  beforeEach(() => {
    bench = new Bench();
  });

  afterEach(() => {
    bench.clear();
  });

  async function search(onMachine: OnMachine, executables = ["saw"]): Promise<object> {
    return searchMachine(toolWith({ executables, onMachine }), bench.machine());
  }

  it("finds it on PATH in an accepted version", async () => {
    const path = bench.script("saw", "echo saw version v2.4.1");
    assert.deepEqual(await search({ accepts }), { files: { version: "2.4.1", executables: { saw: path } } });
  });

  it("refuses a version that is too old, and says where and which", async () => {
    const path = bench.script("saw", "echo saw version v1.9");
    assert.deepEqual(await search({ accepts }), { reason: `${path} is 1.9, not 2.0 or newer below 3` });
  });

  it("refuses a version that is too new", async () => {
    bench.script("saw", "echo saw version v3.0");
    assert.ok("reason" in (await search({ accepts })));
  });

  it("refuses a tool of which one executable is missing, without running the others", async () => {
    bench.script("saw", "touch $BENCH/ran; echo 2.1");
    assert.deepEqual(await search({ accepts }, ["saw", "file"]), { reason: "no file on PATH" });
    assert.deepEqual(await search({ accepts }, ["file", "saw"]), { reason: "no file on PATH" });
  });

  it("refuses a tool of which one executable is of another version", async () => {
    bench.script("saw", "echo 2.1");
    const old = bench.script("file", "echo 1.32");
    assert.deepEqual(await search({ accepts }, ["saw", "file"]), {
      reason: `${old} is 1.32, not 2.0 or newer below 3`,
    });
  });

  it("refuses a program that does not tell its version", async () => {
    const path = bench.script("saw", "echo hello");
    assert.deepEqual(await search({ accepts }), { reason: `${path} does not tell its version` });
  });

  it("refuses a program that fails", async () => {
    bench.script("saw", "echo 2.1; exit 1");
    assert.match(JSON.stringify(await search({ accepts })), /exit code 1/);
  });

  it("does not take a folder or a file that is not executable for a program", async () => {
    bench.folder("bin", "saw");
    bench.file("bin/file", "2.1");
    assert.deepEqual(await search({ accepts }), { reason: "no saw on PATH" });
    assert.deepEqual(await search({ accepts }, ["file"]), { reason: "no file on PATH" });
  });

  it("knows the names that distributions give", async () => {
    const path = bench.script("debian-saw", "echo 2.1");
    assert.deepEqual(await search({ accepts, aliases: { saw: ["debian-saw"] } }), {
      files: { version: "2.1", executables: { saw: path } },
    });
  });

  it("asks for the version in the program's own way", async () => {
    bench.script("saw", '[ "$*" = "version --client" ] && echo "built with 9.9, is v2.1"');
    const found = await search({
      accepts,
      versionArguments: { saw: ["version", "--client"] },
      versionPattern: /is v(\S+)/,
    });
    assert.match(JSON.stringify(found), /"version":"2.1"/);
  });

  it("looks into folders of versions before PATH, the newest first, and into the home folder", async () => {
    bench.script("saw", "echo 2.0.1");
    bench.script("home/.saws/v2.9/bin/saw", "echo 2.9.0");
    const newest = bench.script("home/.saws/v2.10/bin/saw", "echo 2.10.0");
    const found = await search({ accepts, folders: ["~/.saws/*/bin"] });
    assert.deepEqual(found, { files: { version: "2.10.0", executables: { saw: newest } } });
  });

  it("refuses a version that lacks what a proof asks for", async () => {
    bench.script("saw", '[ "$1" = --version ] && echo 2.1 && exit; grep -q pods || { echo no pods; exit 1; }');
    const proof = { executable: "saw", arguments: ["check"], input: "pods" };
    const machine = bench.machine({ withSystem: true });
    const tool = toolWith({ onMachine: { accepts, proof } });
    assert.ok("files" in (await searchMachine(tool, machine)));
    const failing = toolWith({ onMachine: { accepts, proof: { ...proof, input: "planks" } } });
    assert.match(JSON.stringify(await searchMachine(failing, machine)), /exit code 1/);
  });

  it("finds a folder that has all its files", async () => {
    const folder = bench.folder("cni");
    bench.script("cni/bridge", "");
    const tool = toolWith({
      executables: [],
      directoryOf: ["bridge", "portmap"],
      onMachine: { folders: [join(bench.root, "none"), folder] },
    });
    assert.deepEqual(await searchMachine(tool, bench.machine()), { reason: "no folder of saw" });
    bench.script("cni/portmap", "");
    assert.deepEqual(await searchMachine(tool, bench.machine()), {
      files: { version: "any", executables: {}, directory: folder },
    });
  });

  it("does not look for a tool that is always ours", async () => {
    bench.script("saw", "echo 2.1");
    assert.deepEqual(await searchMachine(toolWith({}), bench.machine()), { reason: "always our own" });
  });

  it("ends with an abort", async () => {
    bench.script("saw", "echo 2.1");
    const tool = toolWith({ onMachine: { accepts } });
    await assert.rejects(searchMachine(tool, bench.machine(), AbortSignal.abort(new Error("enough"))), /enough/);
  });
});
