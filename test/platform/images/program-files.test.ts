import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { programFiles } from "../../../platform/images/program-files.ts";
import { TemporaryFolder } from "./archives.ts";

function write(folder: string, files: Readonly<Record<string, string>>): string {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  }
  return folder;
}

describe("The files of a program", () => {
  it("are its folder and whatever its modules import, directly or not", async () => {
    using folder = new TemporaryFolder();
    const root = write(folder.path, {
      "program/main.ts": 'import { one } from "../shared/one.ts";\nimport "./inner/page.ts";\n',
      "program/inner/page.ts": 'export * from "../../shared/three.ts";\n',
      "program/inner/page.css": "",
      "program/Dockerfile": "",
      "program/Dockerfile.dockerignore": "",
      "shared/one.ts": 'const two = await import("./two.ts");\n',
      "shared/two.ts": "",
      "shared/three.ts": "",
      "shared/other.ts": "",
    });
    assert.deepEqual(await programFiles(root, "program"), {
      files: [
        "program/inner/page.css",
        "program/inner/page.ts",
        "program/main.ts",
        "shared/one.ts",
        "shared/three.ts",
        "shared/two.ts",
      ],
      packages: [],
    });
  });

  it("name the packages that are left when types are gone, and none of Node's own", async () => {
    using folder = new TemporaryFolder();
    const root = write(folder.path, {
      "program/main.ts": `import fs from "node:fs";
import path from "path";
import { z } from "zod";
import {
  one,
  two,
} from "@scope/name/deep/file.js";
import type { Types } from "typed";
import type {
  More,
} from "../shared/types.ts";
export type { Types } from "typed";
export { parse } from "yaml";
`,
    });
    assert.deepEqual(await programFiles(root, "program"), {
      files: ["program/main.ts"],
      packages: ["@scope/name", "yaml", "zod"],
    });
  });

  it("must be there", async () => {
    using folder = new TemporaryFolder();
    const root = write(folder.path, { "program/main.ts": 'import "../shared/gone.ts";\n' });
    await assert.rejects(programFiles(root, "program"), {
      name: "ImageError",
      message: "shared/gone.ts is imported and cannot be read.",
    });
  });
});
