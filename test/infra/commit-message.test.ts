import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { commitMessage } from "../../infra/commit-message.ts";

describe("what the history of the dashboards says about a deployment", () => {
  let folder: string;
  const git = (...words: readonly string[]) =>
    promisify(execFile)("git", ["-C", folder, "-c", "user.name=Anna", "-c", "user.email=anna@test", ...words]);

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "commit-message-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it("is the commit that the folder has checked out, with the first line of its message", async () => {
    await git("init", "--quiet");
    await git("commit", "--quiet", "--allow-empty", "-m", "Answer faster\n\nMuch faster.");
    const { stdout } = await git("rev-parse", "HEAD");
    assert.equal(await commitMessage({}, folder), `${stdout.slice(0, 10)} Answer faster`);
  });

  it("is the workflow's commit, also where git does not know it", async () => {
    await git("init", "--quiet");
    await git("commit", "--quiet", "--allow-empty", "-m", "One");
    const { stdout: first } = await git("rev-parse", "HEAD");
    await git("commit", "--quiet", "--allow-empty", "-m", "Two");
    assert.equal(await commitMessage({ GITHUB_SHA: first.trim() }, folder), `${first.slice(0, 10)} One`);
    assert.equal(await commitMessage({ GITHUB_SHA: "0123456789abcdef".repeat(2) }, folder), "0123456789");
  });

  it("says so where there is none", async () => {
    assert.equal(await commitMessage({ GITHUB_SHA: "; rm -rf" }, folder), "a working copy of no known commit");
  });
});
