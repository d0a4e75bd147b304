import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { digestLayer, writeLayer, type LayerEntry } from "../../../platform/images/layer.ts";
import { readTar, TemporaryFolder } from "./archives.ts";

describe("A layer", () => {
  function entries(folder: string): LayerEntry[] {
    const large = path.join(folder, "large");
    const small = path.join(folder, "small");
    writeFileSync(large, Buffer.alloc(3 * 1024 * 1024 + 7, "x"));
    writeFileSync(small, "content");
    return [
      { path: "/usr/local/bin/large", file: large, mode: 0o755 },
      { path: "/etc/small", file: small },
      { path: "/etc/passwd", text: "atom:x:1:1::/:\n" },
      { path: "/data", directory: true, owner: 10_001 },
    ];
  }

  it("is the same bytes for the same content, whatever the order and the times", async () => {
    using folder = new TemporaryFolder();
    const given = entries(folder.path);
    const [first, second] = [path.join(folder.path, "1.tar"), path.join(folder.path, "2.tar")];
    const layer = await digestLayer(given);
    const written = await writeLayer(layer, first);
    utimesSync(path.join(folder.path, "small"), new Date(1e12), new Date(1e12));
    const again = await digestLayer(given.toReversed());
    assert.equal(again.digest, layer.digest);
    assert.equal((await writeLayer(again, second)).diffId, written.diffId);
    assert.deepEqual(readFileSync(second), readFileSync(first));
  });

  it("is known by the digest and the size of its tar", async () => {
    using folder = new TemporaryFolder();
    const file = path.join(folder.path, "layer.tar");
    const { diffId, size } = await writeLayer(await digestLayer(entries(folder.path)), file);
    assert.equal(diffId, `sha256:${createHash("sha256").update(readFileSync(file)).digest("hex")}`);
    assert.equal(size, statSync(file).size);
  });

  it("has the folders of its files, sorted, and nothing of this machine in its headers", async () => {
    using folder = new TemporaryFolder();
    const file = path.join(folder.path, "layer.tar");
    await writeLayer(await digestLayer(entries(folder.path)), file);
    const shown = [...(await readTar(file)).values()].map(({ header }) => ({
      name: header.name,
      mode: header.mode.toString(8),
      uid: header.uid,
      mtime: header.mtime.getTime(),
    }));
    const root = { uid: 0, mtime: 0 };
    assert.deepEqual(shown, [
      { name: "data", mode: "755", uid: 10_001, mtime: 0 },
      { name: "etc", mode: "755", ...root },
      { name: "etc/passwd", mode: "644", ...root },
      { name: "etc/small", mode: "644", ...root },
      { name: "usr", mode: "755", ...root },
      { name: "usr/local", mode: "755", ...root },
      { name: "usr/local/bin", mode: "755", ...root },
      { name: "usr/local/bin/large", mode: "755", ...root },
    ]);
  });

  it("has another digest when a byte, a mode, a name or an owner differs", async () => {
    using folder = new TemporaryFolder();
    const given = entries(folder.path);
    const variants: LayerEntry[][] = [
      given,
      [...given, { path: "/etc/passwd", text: "atom:x:2:1::/:\n" }],
      [...given, { path: "/etc/passwd", text: "atom:x:1:1::/:\n", mode: 0o600 }],
      [...given, { path: "/etc/group", text: "" }],
      [...given, { path: "/data", directory: true, owner: 10_002 }],
    ];
    const digests = await Promise.all(variants.map(async (variant) => (await digestLayer(variant)).digest));
    assert.equal(new Set(digests).size, variants.length);
  });

  it("is not written when a file is gone or the work is called off", async () => {
    using folder = new TemporaryFolder();
    await assert.rejects(digestLayer([{ path: "/gone", file: path.join(folder.path, "gone") }]), { code: "ENOENT" });
    const layer = await digestLayer(entries(folder.path));
    const aborted = AbortSignal.abort(new Error("called off"));
    await assert.rejects(writeLayer(layer, path.join(folder.path, "layer.tar"), aborted));
  });
});
