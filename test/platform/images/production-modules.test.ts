import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ImageError } from "../../../platform/images/image-error.ts";
import { productionModules } from "../../../platform/images/production-modules.ts";
import { TemporaryFolder } from "./archives.ts";

interface Locked {
  readonly version?: string;
  readonly [field: string]: unknown;
}

/** A project as npm leaves it: a lock file, and the packages of it that are installed. */
function project(folder: string, packages: Readonly<Record<string, Locked>>, missing: readonly string[] = []): string {
  writeFileSync(path.join(folder, "package-lock.json"), JSON.stringify({ packages }));
  for (const [location, { version = "0.0.0" }] of Object.entries(packages)) {
    if (missing.includes(location)) continue;
    mkdirSync(path.join(folder, location), { recursive: true });
    writeFileSync(path.join(folder, location, "package.json"), JSON.stringify({ version }));
  }
  return folder;
}

async function paths(root: string): Promise<readonly string[]> {
  return (await productionModules(root, "service", "/app")).map((entry) => entry.path);
}

describe("The production modules of a workspace", () => {
  it("are what it depends on, directly or not, and nothing else", async () => {
    using folder = new TemporaryFolder();
    const root = project(folder.path, {
      service: { dependencies: { a: "1" }, devDependencies: { dev: "1" } },
      "node_modules/a": {
        version: "1.0.0",
        dependencies: { b: "1", "@types/b": "1" },
        peerDependencies: { peer: "1" },
      },
      "node_modules/b": { version: "1.0.0", dependencies: { a: "1" } },
      "node_modules/peer": { version: "1.0.0" },
      "node_modules/@types/b": { version: "1.0.0" },
      "node_modules/dev": { version: "1.0.0" },
      "node_modules/stranger": { version: "1.0.0" },
    });
    assert.deepEqual(await paths(root), [
      "/app/node_modules/a/package.json",
      "/app/node_modules/b/package.json",
      "/app/node_modules/peer/package.json",
    ]);
  });

  it("are found as Node finds them: the nearest folder first", async () => {
    using folder = new TemporaryFolder();
    const root = project(folder.path, {
      service: { dependencies: { a: "1", own: "2" } },
      "node_modules/a": { version: "1.0.0", dependencies: { b: "2" } },
      "node_modules/a/node_modules/b": { version: "2.0.0" },
      "node_modules/b": { version: "1.0.0" },
      "service/node_modules/own": { version: "2.0.0" },
      "node_modules/own": { version: "1.0.0" },
    });
    assert.deepEqual(await paths(root), [
      "/app/node_modules/a/package.json",
      "/app/node_modules/a/node_modules/b/package.json",
      "/app/node_modules/own/package.json",
    ]);
  });

  it("hold the native module for this machine, and no optional feature", async () => {
    using folder = new TemporaryFolder();
    const root = project(
      folder.path,
      {
        service: { dependencies: { a: "1" } },
        "node_modules/a": { version: "1.0.0", optionalDependencies: { here: "1", elsewhere: "1", feature: "1" } },
        "node_modules/here": { version: "1.0.0", optional: true, os: ["linux"] },
        "node_modules/elsewhere": { version: "1.0.0", optional: true, os: ["win32"] },
        "node_modules/feature": { version: "1.0.0", optional: true },
      },
      ["node_modules/elsewhere"],
    );
    assert.deepEqual(await paths(root), ["/app/node_modules/a/package.json", "/app/node_modules/here/package.json"]);
  });

  it("of the project itself are those of the packages that are asked for", async () => {
    using folder = new TemporaryFolder();
    const root = project(folder.path, {
      "": { dependencies: { a: "1", large: "1" }, devDependencies: { dev: "1" } },
      "node_modules/a": { version: "1.0.0", dependencies: { b: "1" } },
      "node_modules/b": { version: "1.0.0" },
      "node_modules/large": { version: "1.0.0", dependencies: { c: "1" } },
      "node_modules/c": { version: "1.0.0" },
      "node_modules/dev": { version: "1.0.0" },
    });
    const entries = await productionModules(root, "", "/app", ["a"]);
    assert.deepEqual(
      entries.map((entry) => entry.path),
      ["/app/node_modules/a/package.json", "/app/node_modules/b/package.json"],
    );
    await assert.rejects(productionModules(root, "", "/app", ["a", "dev"]), {
      name: "ImageError",
      message: "dev is imported and is none of the dependencies in package.json.",
    });
  });

  it("leave out what no program reads, and keep licences and data", async () => {
    using folder = new TemporaryFolder();
    const root = project(folder.path, {
      service: { dependencies: { a: "1" } },
      "node_modules/a": { version: "1.0.0" },
    });
    const files = ["index.js", "index.d.ts", "index.js.map", "README.md", "LICENSE", "lib/test/data.json", "test/a.js"];
    for (const file of files) {
      const target = path.join(root, "node_modules/a", file);
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(target, "");
    }
    assert.deepEqual([...(await paths(root))].sort(), [
      "/app/node_modules/a/LICENSE",
      "/app/node_modules/a/index.js",
      "/app/node_modules/a/lib/test/data.json",
      "/app/node_modules/a/package.json",
    ]);
  });

  it("must be installed, in the version that the lock file names", async () => {
    using folder = new TemporaryFolder();
    const packages = { service: { dependencies: { a: "1" } }, "node_modules/a": { version: "1.0.0" } };
    const missing = project(folder.path, packages, ["node_modules/a"]);
    await assert.rejects(paths(missing), {
      name: "ImageError",
      message: "node_modules/a is not installed; run npm ci.",
    });
    project(folder.path, { ...packages, "node_modules/a": { version: "2.0.0" } });
    writeFileSync(path.join(folder.path, "package-lock.json"), JSON.stringify({ packages }));
    await assert.rejects(paths(folder.path), {
      name: "ImageError",
      message: "node_modules/a is 2.0.0, and package-lock.json says 1.0.0; run npm ci.",
    });
  });

  it("are refused when two versions of a package want the same place", async () => {
    using folder = new TemporaryFolder();
    const root = project(folder.path, {
      service: { dependencies: { a: "1", own: "2" } },
      "node_modules/a": { version: "1.0.0", dependencies: { own: "1" } },
      "node_modules/own": { version: "1.0.0" },
      "service/node_modules/own": { version: "2.0.0" },
    });
    await assert.rejects(paths(root), ImageError);
  });

  it("are refused when the lock file does not say where a dependency is", async () => {
    using folder = new TemporaryFolder();
    const root = project(folder.path, { service: { dependencies: { gone: "1" } } });
    await assert.rejects(paths(root), { message: "package-lock.json does not say where service finds gone." });
  });
});
