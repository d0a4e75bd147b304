import assert from "node:assert/strict";
import path from "node:path";
import { ImageError } from "../../../platform/images/image-error.ts";
import { sharedLibraries } from "../../../platform/images/libraries.ts";

describe("The shared libraries of a program", () => {
  it("are the loader and all that it loads, each once, where it looks for them", async () => {
    const entries = await sharedLibraries([process.execPath, process.execPath]);
    const names = entries.map((entry) => path.basename(entry.path));
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.some((name) => /^ld-(linux|musl)/.test(name)));
    assert.ok(names.some((name) => name.startsWith("libc.")));
    for (const entry of entries) assert.ok("file" in entry && entry.file === entry.path);
  });

  it("cannot be told for what is no program", async () => {
    await assert.rejects(sharedLibraries(["/nowhere/program"]), ImageError);
  });
});
