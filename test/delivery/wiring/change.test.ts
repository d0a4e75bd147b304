import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { ChangeVariableError, changeOf, CommitError, unreadableChange } from "../../../delivery/wiring/change.ts";

describe("the change that is released", () => {
  let scratch: string;
  let folder: string;
  let elsewhere: string;
  let first: string;
  let second: string;

  const git = async (...args: readonly string[]): Promise<string> => {
    const identity = { GIT_AUTHOR_NAME: "Ann", GIT_AUTHOR_EMAIL: "ann@example.com" };
    const committer = { GIT_COMMITTER_NAME: "Ben", GIT_COMMITTER_EMAIL: "ben@example.com" };
    const dates = { GIT_COMMITTER_DATE: "2026-01-01T01:00:00+01:00", GIT_CONFIG_GLOBAL: "/dev/null" };
    const env = { ...process.env, ...identity, ...committer, ...dates };
    return (await promisify(execFile)("git", ["-C", folder, ...args], { env })).stdout.trim();
  };

  before(async () => {
    scratch = await mkdtemp(path.join(tmpdir(), "atom-change-"));
    [folder, elsewhere] = [path.join(scratch, "project"), path.join(scratch)];
    await promisify(execFile)("git", ["init", "--quiet", folder]);
    const commits: string[] = [];
    for (const message of ["Answer faster\n\nBy a cache.", "Say it in words"]) {
      await git("commit", "--quiet", "--allow-empty", "--message", message);
      commits.push(await git("rev-parse", "HEAD"));
    }
    [first = "", second = ""] = commits;
  });

  after(async () => {
    await rm(scratch, { recursive: true });
  });

  const details = { author: "Ann", committedAt: "2026-01-01T00:00:00.000Z" };

  for (const [text, problem] of Object.entries({
    "{bad": /^ATOM_CHANGE cannot be read: it is not JSON: /,
    "[]": /^ATOM_CHANGE cannot be read: /,
    '{"commit":"HEAD"}': /^ATOM_CHANGE cannot be read: commit: /,
    [`${"[".repeat(10_000)}${"]".repeat(10_000)}`]: /^ATOM_CHANGE cannot be read: /,
    [`{"commit":"${"x".repeat(1_000_000)}"}`]: /^ATOM_CHANGE cannot be read: commit: /,
  }))
    it(`refuses ATOM_CHANGE with ${text.slice(0, 20)}, and commands that do not need it ignore it with a line`, async () => {
      await assert.rejects(
        changeOf({ ATOM_CHANGE: text }, { folder: elsewhere }),
        (error: unknown) => error instanceof ChangeVariableError && problem.test(error.message),
      );
      assert.match(unreadableChange({ ATOM_CHANGE: text }) ?? "", /^ATOM_CHANGE is ignored: /);
    });

  it("says nothing of an ATOM_CHANGE that is well, or is not there", () => {
    for (const text of [undefined, "", '{"commit":"0123456789"}'])
      assert.equal(unreadableChange({ ATOM_CHANGE: text }), undefined);
  });

  it("is the commit that was named, else the workflow's, else the one that is checked out", async () => {
    const checkedOut = { commit: second, ...details, message: "Say it in words" };
    const named = { commit: first, ...details, message: "Answer faster" };
    assert.deepEqual(await changeOf({}, { folder }), checkedOut);
    assert.deepEqual(await changeOf({ GITHUB_SHA: first }, { folder }), named);
    assert.deepEqual(await changeOf({ GITHUB_SHA: second }, { folder, commit: first.slice(0, 8) }), named);
  });

  it("links to the run of the workflow that releases it", async () => {
    const run = { GITHUB_REPOSITORY: "team/atom", GITHUB_SERVER_URL: "https://github.com", GITHUB_RUN_ID: "7" };
    assert.deepEqual(await changeOf({ GITHUB_SHA: "0123456789", ...run }, { folder: elsewhere }), {
      commit: "0123456789",
      repository: "team/atom",
      run: "https://github.com/team/atom/actions/runs/7",
    });
  });

  it("is told to a releaser in the cluster, which has no repository", async () => {
    const change = { commit: "0123456789", author: "Ann" };
    assert.deepEqual(await changeOf({ ATOM_CHANGE: JSON.stringify(change) }, { folder: elsewhere }), change);
  });

  it("is not known where there is neither", async () => {
    assert.equal(await changeOf({ GITHUB_SHA: "" }, { folder: elsewhere }), undefined);
  });

  it("cannot be what is no commit's hash, such as an option of git's", async () => {
    for (const commit of ["--output=file", "main", "abc", ""])
      await assert.rejects(changeOf({}, { folder, commit }), CommitError);
  });
});
