import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { readCheckout, unknownTree } from "./checkout.ts";

describe("What is checked out", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "gates-checkout-test-"));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function git(...args: string[]): string {
    const identity = ["-c", "user.name=anna", "-c", "user.email=anna@example.test"];
    return execFileSync("git", ["-C", folder, ...identity, ...args], { encoding: "utf8" }).trim();
  }

  function write(file: string, text: string): void {
    writeFileSync(path.join(folder, file), text);
  }

  function repository(): void {
    git("init", "--quiet");
    write(".gitignore", "results/\n*.log\n");
    write("a.ts", "one");
    git("add", ".");
    git("commit", "--quiet", "--message", "Begin");
  }

  it("is its commit, and that commit's tree where nothing was changed", () => {
    repository();
    assert.deepEqual(readCheckout(folder), { commit: git("rev-parse", "HEAD"), tree: git("rev-parse", "HEAD^{tree}") });
  });

  it("is another tree of the same commit once a file was changed, added or removed", () => {
    repository();
    const trees = [readCheckout(folder).tree];
    const changes = [
      () => {
        write("a.ts", "two");
      },
      () => {
        write("b.ts", "new");
      },
      () => {
        rmSync(path.join(folder, "a.ts"));
      },
    ];
    for (const change of changes) {
      change();
      trees.push(readCheckout(folder).tree);
    }
    assert.equal(new Set(trees).size, 4);
    assert.equal(readCheckout(folder).commit, git("rev-parse", "HEAD"));
  });

  it("does not depend on ignored files", () => {
    repository();
    const { tree } = readCheckout(folder);
    write("run.log", "much");
    assert.equal(readCheckout(folder).tree, tree);
  });

  it("is read without a trace in the index or among the objects", () => {
    repository();
    write("a.ts", "two");
    const look = (): readonly string[] => [git("status", "--porcelain"), git("count-objects"), git("diff", "--cached")];
    const before = look();
    readCheckout(folder);
    assert.deepEqual(look(), before);
  });

  it("is unknown where there is no repository", () => {
    assert.deepEqual(readCheckout(folder), { tree: unknownTree });
  });
});
