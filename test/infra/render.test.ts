import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { parse } from "yaml";
import { StackFileMissingError } from "../../infra/config/stack-file.ts";
import { ForeignFilesError, renderStack } from "../../infra/render-stack.ts";
import { root } from "./config/stacks.ts";
import "./pulumi-globals.ts";

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

describe("rendering a stack", () => {
  let out: string;
  beforeEach(async () => {
    out = path.join(await mkdtemp(path.join(tmpdir(), "render-")), "new", "folder");
  });
  afterEach(async () => {
    await rm(path.join(out, "..", ".."), { recursive: true });
  });

  const manifests = async () => {
    const names = (await readdir(out)).sort();
    return Promise.all(names.map(async (name) => parse(await readFile(path.join(out, name), "utf8")) as Manifest));
  };

  it("writes one file for each object, the namespace first, all of them in it", async () => {
    const files = await renderStack({ root, stack: "staging", out });
    assert.deepEqual(files, (await readdir(out)).sort());
    const [first, ...others] = await manifests();
    assert.deepEqual([first?.apiVersion, first?.kind, first?.metadata.name], ["v1", "Namespace", "atom-staging"]);
    assert.ok(others.every(({ metadata }) => metadata.namespace === "atom-staging"));
    assert.equal(
      new Set([first, ...others].map((each) => `${each?.kind ?? ""} ${each?.metadata.name ?? ""}`)).size,
      files.length,
    );
  });

  it("has placeholders in place of secrets, also of those that are set", async () => {
    await renderStack({ root, stack: "local", out });
    const secret = (await manifests()).find(({ kind }) => kind === "Secret");
    assert.deepEqual((secret as unknown as { stringData: unknown }).stringData, {
      databaseUrl: "[secret]",
      redisUrl: "[secret]",
      smokeTestPassword: "[secret]",
      tokenSecret: "[secret]",
    });
  });

  it("replaces an earlier rendering, of another stack too", async () => {
    await renderStack({ root, stack: "production", out });
    const files = await renderStack({ root, stack: "staging", out });
    assert.deepEqual((await readdir(out)).sort(), files);
  });

  it("writes nothing into a folder with a stranger's files", async () => {
    await mkdir(out, { recursive: true });
    await Promise.all(
      ["a.yaml", "b.txt", "c", "d", "e", "f"].map((name) => writeFile(path.join(out, name), "kind: Mine\n")),
    );
    await assert.rejects(
      renderStack({ root, stack: "staging", out }),
      (error: unknown) =>
        error instanceof ForeignFilesError && error.message.includes("a.yaml, b.txt, c, d, e and 1 more"),
    );
    assert.equal((await readdir(out)).length, 6);
  });

  it("says which stacks there are when there is none of that name", async () => {
    await assert.rejects(
      renderStack({ root, stack: "prod", out }),
      (error: unknown) =>
        error instanceof StackFileMissingError && error.message.endsWith("Stacks: local, production, staging."),
    );
  });
});

describe("npm run render", () => {
  interface Ended {
    readonly code: number;
    readonly stdout: string;
    readonly stderr: string;
  }

  async function run(...args: readonly string[]): Promise<Ended> {
    try {
      const output = await promisify(execFile)(process.execPath, [path.join(root, "infra", "render.ts"), ...args]);
      return { code: 0, ...output };
    } catch (error) {
      return error as Ended;
    }
  }

  it("teaches with --help", async () => {
    const { code, stdout } = await run("--help");
    assert.equal(code, 0);
    assert.match(stdout, /--stack <name>[\s\S]*--out <directory>[\s\S]*Examples:/);
  });

  it("ends with a message and no stack on a mistake", async () => {
    const { code, stderr } = await run("--stack", "prod", "--out", tmpdir());
    assert.equal(code, 1);
    assert.equal(
      stderr,
      'There is no stack "prod": Pulumi.prod.yaml does not exist. Stacks: local, production, staging.\n',
    );
  });

  it("says how many manifests it wrote", async () => {
    const out = await mkdtemp(path.join(tmpdir(), "render-"));
    try {
      const { code, stdout } = await run("--stack", "staging", "--out", out);
      assert.equal(code, 0);
      assert.match(stdout, /^\d+ manifests of staging in /);
    } finally {
      await rm(out, { recursive: true });
    }
  });
});
