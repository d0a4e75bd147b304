import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import type { StackChanges } from "../../../delivery/engine-events/changes.ts";
import { GithubStandIn } from "../../support/github/stand-in.ts";
import { logs, type Example } from "../preview/previews.ts";
import { faultsOf } from "../preview/structure.ts";

const atom = path.join(import.meta.dirname, "..", "..", "..", "delivery", "atom.ts");
const ours = { full_name: "example/atom" };

interface End {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with the events of stacks, and what a workflow's run knows. */
class Workplace implements AsyncDisposable {
  readonly #folder: Awaited<ReturnType<typeof mkdtempDisposable>>;

  private constructor(folder: Awaited<ReturnType<typeof mkdtempDisposable>>) {
    this.#folder = folder;
  }

  static async create(examples: Readonly<Record<string, Example>> = {}): Promise<Workplace> {
    const made = new Workplace(await mkdtempDisposable(path.join(tmpdir(), "preview-")));
    for (const [name, example] of Object.entries(examples))
      await made.write(`${name}.jsonl`, logs[example]().toString());
    return made;
  }

  file(name: string): string {
    return path.join(this.#folder.path, name);
  }

  write(name: string, text: string): Promise<void> {
    return writeFile(this.file(name), text);
  }

  read(name: string): Promise<string> {
    return readFile(this.file(name), "utf8");
  }

  async atom(words: readonly string[], variables: Readonly<Record<string, string>> = {}): Promise<End> {
    const { PATH = "" } = process.env;
    const options = { cwd: this.#folder.path, env: { PATH, ...variables }, timeout: 60_000 };
    try {
      return { code: 0, ...(await promisify(execFile)(process.execPath, [atom, "preview", ...words], options)) };
    } catch (error) {
      return error as End;
    }
  }

  /** The variables of a run on pull request 7. */
  async workflow({ token, name, apiUrl }: GithubStandIn, head: object | null = ours): Promise<Record<string, string>> {
    const event = { pull_request: { number: 7, head: { sha: "0123456789abcdef", repo: head }, base: { repo: ours } } };
    await this.write("event.json", JSON.stringify(event));
    return {
      ...{ GITHUB_EVENT_PATH: this.file("event.json"), GITHUB_REPOSITORY: name, GITHUB_TOKEN: token },
      ...{ GITHUB_API_URL: apiUrl, GITHUB_SERVER_URL: "https://github.example", GITHUB_RUN_ID: "42" },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]();
  }
}

async function githubWithPullRequest(): Promise<GithubStandIn> {
  const github = await GithubStandIn.start();
  github.repository.issues.push({
    ...{ number: 7, title: "A change", body: "", labels: [], assignees: [], state: "open" },
    ...{ stateReason: undefined, comments: [] },
  });
  return github;
}

describe("atom preview", function () {
  this.timeout(120_000);

  it("tells previews that were made before: on the terminal, in the summary and as one comment, and ends well with changes", async () => {
    await using place = await Workplace.create({ staging: "update", production: "delete" });
    await using github = await githubWithPullRequest();
    await place.write("summary.md", "of an earlier step\n");
    const words = ["--events", "staging.jsonl", "--events", "production.jsonl", "--comment", "--summary", "summary.md"];
    const first = await place.atom(words, await place.workflow(github));
    assert.deepEqual([first.code, first.stderr], [0, "The comment on pull request #7 was made.\n"]);
    assert.match(first.stdout, /^! staging: 2 to update$/m);
    assert.match(first.stdout, /^! production: 3 to delete, 1 to update$/m);
    const [comment, ...others] = github.repository.issue(7)?.comments ?? [];
    assert.deepEqual(others, []);
    assert.match(comment?.body ?? "", /^<!-- atom-delivery preview -->\n/);
    assert.match(
      comment?.body ?? "",
      /A preview of <code>0123456789<\/code> by \[this run\]\(https:\/\/github\.example\/example\/atom\/actions\/runs\/42\)/,
    );
    const summary = await place.read("summary.md");
    assert.ok(summary.startsWith("of an earlier step\n## What this changes\n"));
    for (const text of [comment?.body ?? "", summary]) assert.deepEqual(faultsOf(text), []);

    const again = await place.atom(words, await place.workflow(github));
    assert.deepEqual([again.code, again.stderr], [0, "The comment on pull request #7 was left as it was.\n"]);
    assert.deepEqual(github.violations, []);
  });

  it("ends with 12 where a preview failed, and the comment says why", async () => {
    await using place = await Workplace.create({ production: "failure" });
    await using github = await githubWithPullRequest();
    const { code } = await place.atom(["--events", "production.jsonl", "--comment"], await place.workflow(github));
    assert.equal(code, 12);
    assert.match(github.repository.issue(7)?.comments[0]?.body ?? "", /atom:latest/);
  });

  it("names a stack whose preview never came to a resource by its file", async () => {
    await using place = await Workplace.create();
    await place.write("production.jsonl", "");
    const { code, stdout } = await place.atom(["--events", "production.jsonl"]);
    assert.equal(code, 12);
    assert.match(stdout, /^✗ production: the preview failed$/m);
  });

  it("prints the changes as JSON, and nothing beside them", async () => {
    await using place = await Workplace.create({ staging: "update" });
    const { code, stdout } = await place.atom(["--events", "staging.jsonl", "--json"]);
    assert.equal(code, 0);
    const { stacks } = JSON.parse(stdout) as { stacks: readonly StackChanges[] };
    assert.deepEqual(
      stacks.map(({ stack, outcome, resources }) => [stack, outcome, resources.map(({ name }) => name)]),
      [["staging", "succeeded", ["atom-green", "overview", "atom-release-plan"]]],
    );
  });

  it("hides this process's secrets, wherever the preview has them", async () => {
    await using place = await Workplace.create({ staging: "update" });
    const { stdout } = await place.atom(["--events", "staging.jsonl"], { REGISTRY_PASSWORD: "registry.example.com" });
    assert.doesNotMatch(stdout, /registry\.example\.com/);
    assert.match(stdout, /\[redacted\]\/atom:1\.4\.2/);
  });

  it("leaves a fork's pull request without a comment, which its token could not write, and says so", async () => {
    await using place = await Workplace.create({ staging: "update" });
    await using github = await githubWithPullRequest();
    const variables = await place.workflow(github, { full_name: "somebody/atom" });
    const { code, stderr } = await place.atom(["--events", "staging.jsonl", "--comment"], variables);
    assert.equal(code, 0);
    assert.match(stderr, /comes from a fork/);
    assert.deepEqual(github.requests, []);
  });

  it("answers every mistake with what to do, before anything is asked of the engine", async () => {
    await using place = await Workplace.create({ staging: "update" });
    await place.write("Pulumi.staging.yaml", "config: {}\n");
    const mistakes = [
      [[], /in one way: --stack a,b or --all-affected or --events FILE/],
      [["--stack", "staging", "--all-affected"], /in one way/],
      [["--stack", "staging,prod"], /There is no stack prod in this folder \(it has: staging\)/],
      [["--events", "missing.jsonl"], /The events missing\.jsonl cannot be read/],
      [["--events", "staging.jsonl", "--summary", "no/where.md"], /The summary no\/where\.md cannot be written/],
      [["--events", "staging.jsonl", "--comment"], /GITHUB_REPOSITORY names no repository/],
      [["--events", "Pulumi.staging.yaml"], /Pulumi\.staging\.yaml, line 1 is no event/],
    ] as const;
    for (const [words, told] of mistakes) {
      const { code, stderr } = await place.atom(words);
      assert.equal(code, 12, words.join(" "));
      assert.match(stderr, told);
      assert.doesNotMatch(stderr, /^\s+at /m);
    }
  });

  it("previews no stack of a developer's machine with all that are affected", async () => {
    await using place = await Workplace.create();
    await place.write("Pulumi.local.yaml", "config: {}\n");
    const { code, stderr } = await place.atom(["--all-affected"]);
    assert.equal(code, 12);
    assert.match(stderr, /There is no stack to preview in this folder \(it has: local\)/);
  });
});
