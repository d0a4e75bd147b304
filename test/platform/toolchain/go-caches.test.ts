import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { GoCaches } from "../../../platform/toolchain/go-caches.ts";
import { Bench } from "./bench.ts";

describe("Go's caches of our own", () => {
  let bench: Bench;
  let root: string;

  beforeEach(() => {
    bench = new Bench();
    root = join(bench.root, "tools");
  });

  afterEach(() => {
    bench.clear();
  });

  const exist = (): boolean => existsSync(join(root, ".go"));

  async function inUse(): Promise<GoCaches> {
    const caches = new GoCaches(root);
    await caches.environment();
    return caches;
  }

  it("are below the tools' folder", async () => {
    assert.deepEqual(await (await inUse()).environment(), {
      GOCACHE: join(root, ".go", "build"),
      GOMODCACHE: join(root, ".go", "modules"),
    });
  });

  it("are removed by the last one that uses them", async () => {
    const [one, two] = [await inUse(), await inUse()];
    await one.release({ keep: false });
    assert.ok(exist());
    await two.release({ keep: false });
    assert.ok(!exist());
  });

  it("are kept for the next one when they are worth it", async () => {
    await (await inUse()).release({ keep: true });
    assert.ok(exist());
    await (await inUse()).release({ keep: false });
    assert.ok(!exist());
  });

  it("are removed although a process that died was using them, and by one that did not need them", async () => {
    await mkdir(join(root, ".go", "users"), { recursive: true });
    writeFileSync(join(root, ".go", "users", "1-12345-00000000.abc"), "");
    await new GoCaches(root).release({ keep: false });
    assert.ok(!exist());
  });

  it("are not made where nothing is built", async () => {
    await new GoCaches(root).release({ keep: true });
    assert.ok(!existsSync(root));
  });

  it("give folders that go with them", async () => {
    const caches = await inUse();
    const folder = await caches.newFolder("ahead");
    assert.ok(existsSync(folder));
    await caches.release({ keep: false });
    assert.ok(!existsSync(folder));
  });
});
