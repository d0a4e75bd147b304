import assert from "node:assert/strict";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PullRequestMissingError, pullRequestOf, type PullRequest } from "../../../delivery/github/pull-request.ts";

const ours = { full_name: "example/atom" };

/** What a run knows of its pull request when its event is this. */
async function read(event: unknown): Promise<PullRequest> {
  await using folder = await mkdtempDisposable(path.join(tmpdir(), "event-"));
  const file = path.join(folder.path, "event.json");
  await writeFile(file, typeof event === "string" ? event : JSON.stringify(event));
  return await pullRequestOf({ GITHUB_EVENT_PATH: file });
}

describe("the pull request of a workflow's run", () => {
  it("is that of its event, with the commit at its head", async () => {
    const event = { pull_request: { number: 7, head: { sha: "abc", repo: ours }, base: { repo: ours } } };
    assert.deepEqual(await read(event), { number: 7, commit: "abc", fromFork: false });
  });

  it("may come from a fork, also from one that is gone", async () => {
    for (const repo of [{ full_name: "somebody/atom" }, null])
      assert.equal((await read({ pull_request: { number: 7, head: { repo }, base: { repo: ours } } })).fromFork, true);
  });

  it("is that which a comment was made on, and no issue", async () => {
    assert.equal((await read({ issue: { number: 8, pull_request: {} } })).number, 8);
    await assert.rejects(read({ issue: { number: 8 } }), /about no pull request/);
  });

  it("is missed in words that say what is missing", async () => {
    for (const [reading, told] of [
      [() => read("no json"), /holds no event/],
      [() => read({ ref: "refs/heads/main" }), /about no pull request/],
      [() => pullRequestOf({}), /GITHUB_EVENT_PATH is not set/],
    ] as const)
      await assert.rejects(
        reading(),
        (error: unknown) => error instanceof PullRequestMissingError && told.test(error.message),
      );
  });
});
