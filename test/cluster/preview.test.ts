// A preview on the embedded cluster, as a workflow on a pull request has it: a real engine, a real API server, and GitHub played.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { localSmokeUser } from "../../platform/local/engine-environment.ts";
import { faultsOf } from "../delivery/preview/structure.ts";
import { clusterDeadlineMs } from "../support/cluster.ts";
import { GithubStandIn } from "../support/github/stand-in.ts";
import type { AtomEnd } from "./support/atom-process.ts";
import { ReleaseStack, type Change } from "./support/release-stack.ts";

/** A few previews on two busy cores, in milliseconds. */
const previewsMs = 240_000;
const pullRequest = 7;

/** A preview that a workflow ran, with all that anybody may read of it. */
interface Previewed extends AtomEnd {
  readonly comments: readonly string[];
  readonly summary: string;
}

describe("atom preview", function () {
  this.timeout(previewsMs);
  let stack: ReleaseStack;

  before(async function () {
    this.timeout(clusterDeadlineMs);
    stack = await ReleaseStack.createUp("preview");
  });

  after(async () => {
    await stack[Symbol.asyncDispose]();
  });

  /** Previews a change as the workflow of a pull request does. */
  async function preview(
    github: GithubStandIn,
    change: Change,
    { words = [], variables = {} }: { words?: readonly string[]; variables?: Readonly<Record<string, string>> } = {},
  ): Promise<Previewed> {
    const { folder } = stack.stack;
    const [event, summary] = [path.join(folder, "event.json"), path.join(folder, "summary.md")];
    const repo = { full_name: github.name };
    const head = { sha: "0123456789abcdef0123456789abcdef01234567", repo };
    await writeFile(event, JSON.stringify({ pull_request: { number: pullRequest, head, base: { repo } } }));
    await writeFile(summary, "");
    await stack.configure(change);
    await using process = stack.start(["preview", "--comment", "--summary", summary, ...words], {
      GITHUB_EVENT_PATH: event,
      GITHUB_REPOSITORY: github.name,
      GITHUB_TOKEN: github.token,
      GITHUB_API_URL: github.apiUrl,
      GITHUB_SERVER_URL: "https://github.example",
      GITHUB_RUN_ID: "42",
      ...variables,
    });
    const end = await process.ended;
    const comments = github.repository.issue(pullRequest)?.comments.map(({ body }) => body) ?? [];
    return { ...end, comments, summary: await readFile(summary, "utf8") };
  }

  async function withPullRequest(): Promise<GithubStandIn> {
    const github = await GithubStandIn.start();
    github.repository.issues.push({
      ...{ number: pullRequest, title: "A change", body: "", labels: [], assignees: [], state: "open" },
      ...{ stateReason: undefined, comments: [] },
    });
    return github;
  }

  it("tells a pull request in one comment what a change stages, replaces and takes, and changes nothing; a later push brings it up to date", async () => {
    await using github = await withPullRequest();
    const { stack: own } = stack;
    const before = { blue: await own.pods("blue"), green: await own.pods("green"), weights: await own.weights() };

    const first = await preview(github, { env: { LOG_LEVEL: "warn", NOTE: "</details>\n```\n@octocat #1" } });
    assert.equal(first.code, 0, first.stderr);
    const [text = ""] = first.comments;
    assert.equal(first.comments.length, 1);
    assert.deepEqual(faultsOf(text), []);
    assert.match(
      text,
      /^\*\*Deleted or replaced\*\*\n\n- \*\*replace\*\* <code>Job<\/code> <code>atom-migration<\/code>/m,
    );
    assert.match(text, /template [0-9a-f]{12} is staged in green at 0 % of the traffic; blue goes on serving/);
    assert.match(
      text,
      /Its release \(atom\) takes less than a minute \(9 s\): 10 % for 2 s, 50 % for 2 s, 100 % for 2 s, soak for 3 s\./,
    );
    assert.match(text, /<details><summary><code>atom-preview \/ atom \/ atom<\/code>: 1 to update<\/summary>/);
    assert.match(
      text,
      /^\+ {2}spec\.template\.spec\.containers\[0\]\.env.*"warn"$|^\+ spec\.template\.spec\.containers\[0\]\.env.*"warn"$/m,
    );
    assert.match(first.summary, /is staged in green at 0 %/);
    assert.match(first.stdout, /^! preview: 1 to replace, \d+ to update$/m);

    const second = await preview(github, {});
    assert.equal(second.code, 0, second.stderr);
    assert.equal(second.comments.length, 1, "the comment is brought up to date");
    assert.match(second.comments[0] ?? "", /: no changes$/m);
    assert.deepEqual(github.violations, []);
    assert.deepEqual(
      { blue: await own.pods("blue"), green: await own.pods("green"), weights: await own.weights() },
      before,
      "a preview changes nothing",
    );
  });

  it("says in the comment why a preview failed, and ends with exit code 12", async () => {
    await using github = await withPullRequest();
    const { code, comments, stderr } = await preview(github, { settings: [[["atom:release", "soak"], "soon"]] });
    assert.equal(code, 12, stderr);
    const [text = ""] = comments;
    assert.match(text, /^### ❌ <code>preview<\/code>: the preview failed$/m);
    assert.match(text, /atom:release\.soak: "soon"; allowed: /);
    assert.deepEqual(faultsOf(text), []);
  });

  it("shows a secret of the configuration nowhere, though the change puts it into the open", async () => {
    await using github = await withPullRequest();
    const { password } = localSmokeUser;
    const env = { LEAK: `user:${password}@host`, LIST: `["${password}"]` };
    // This process does not know it: the engine does.
    const previewed = await preview(github, { env }, { variables: { SMOKE_TEST_PASSWORD: "" } });
    const shown = [previewed.stdout, previewed.stderr, previewed.summary, ...previewed.comments];
    assert.equal(shown.length, 4, previewed.stderr);
    for (const text of shown) {
      assert.notEqual(text, "");
      assert.ok(!text.includes(password), text);
    }
    assert.match(previewed.comments[0] ?? "", /env.*user:\[secret\]@host/);
  });

  it("says what somebody changed by hand, where it is to ask the cluster first", async () => {
    await using github = await withPullRequest();
    const { kubectl, namespace } = stack.stack;
    const { progressDeadlineSeconds } = (await stack.stack.get("deployment/atom-blue")).spec;
    const change = (seconds: unknown) =>
      kubectl.patch(namespace, "deployment/atom-blue", "by-hand", { spec: { progressDeadlineSeconds: seconds } });
    await change(77);
    try {
      const { code, stderr, comments } = await preview(github, {}, { words: ["--refresh"] });
      assert.equal(code, 0, stderr);
      const told = "- <code>Deployment</code> <code>atom-blue</code>: somebody changed spec.progressDeadlineSeconds";
      assert.ok(comments[0]?.includes(`**Not as it was left**\n\n${told}\n`), comments[0]);
      assert.match(comments[0] ?? "", /^- spec\.progressDeadlineSeconds: 77$/m);
    } finally {
      await change(progressDeadlineSeconds);
    }
  });
});
