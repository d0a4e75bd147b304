import assert from "node:assert/strict";
import { readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { ImageRecipe } from "../../../platform/images/archive.ts";
import { ImageStore } from "../../../platform/images/image-store.ts";
import { digestLayer, type LayerEntry } from "../../../platform/images/layer.ts";
import { TemporaryFolder } from "./archives.ts";

async function recipe(entries: readonly LayerEntry[] = [{ path: "/file", text: "content" }]): Promise<ImageRecipe> {
  return {
    reference: "atom.local/pause:1.0.0",
    config: { User: "1:1", WorkingDir: "/", Env: [], Entrypoint: ["/file"], Labels: {} },
    layers: [await digestLayer(entries)],
  };
}

describe("The store of images", () => {
  let folder: TemporaryFolder;
  let cacheDir: string;
  let store: ImageStore;
  beforeEach(() => {
    folder = new TemporaryFolder();
    cacheDir = path.join(folder.path, "cache");
    store = new ImageStore({ cacheDir });
  });
  afterEach(() => {
    folder[Symbol.dispose]();
  });

  it("writes an image once, and gives the same file from then on", async () => {
    const first = await store.ensure(await recipe());
    const { ino } = statSync(first.archive);
    assert.deepEqual(await store.ensure(await recipe()), first);
    assert.equal(statSync(first.archive).ino, ino);
    assert.deepEqual(readdirSync(cacheDir), [path.basename(first.archive)]);
  });

  it("gives another file when anything in the image differs, and keeps the one before for a while", async () => {
    const first = await store.ensure(await recipe());
    const second = await store.ensure(await recipe([{ path: "/file", text: "another" }]));
    assert.notEqual(second.archive, first.archive);
    assert.equal(readdirSync(cacheDir).length, 2);
  });

  it("gives both of two that ask at the same time a whole file", async () => {
    const [one, other] = await Promise.all([store.ensure(await recipe()), store.ensure(await recipe())]);
    assert.deepEqual(one, other);
    assert.deepEqual(readdirSync(cacheDir), [path.basename(one.archive)]);
  });

  it("leaves nothing behind when a file vanishes while it writes", async () => {
    const vanishing = path.join(folder.path, "vanishing");
    writeFileSync(vanishing, Buffer.alloc(2 * 1024 * 1024));
    const doomed = await recipe([{ path: "/file", file: vanishing }]);
    rmSync(vanishing);
    await assert.rejects(store.ensure(doomed), { code: "ENOENT" });
    assert.deepEqual(readdirSync(cacheDir), []);
  });

  it("drops what is replaced once nobody can be about to import it, and drafts of killed builds", async () => {
    const current = await store.ensure(await recipe());
    const name = (text: string): string => path.join(cacheDir, text);
    const old = name("atom.local_pause_1.0.0-00000000000000000000000000000000.tar");
    const recent = name("atom.local_pause_1.0.0-11111111111111111111111111111111.tar");
    const draft = name(".atom.local_pause_1.0.0-2.tar.draft");
    const other = name("atom.local_other_1-0.tar");
    const forgotten = name("atom.local_forgotten_1-0.tar");
    for (const file of [old, recent, draft, other, forgotten]) writeFileSync(file, "");
    const day = 86_400_000;
    for (const file of [old, draft, other]) utimesSync(file, new Date(Date.now() - day), new Date(Date.now() - day));
    utimesSync(forgotten, new Date(0), new Date(0));

    const next = await store.ensure(await recipe([{ path: "/file", text: "another" }]));
    assert.deepEqual(
      readdirSync(cacheDir).sort(),
      [current.archive, next.archive, recent, other].map((file) => path.basename(file)).sort(),
    );
  });
});
