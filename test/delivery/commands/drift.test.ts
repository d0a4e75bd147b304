// `atom drift` as a process of its own, with the real engine on a stack that needs no plugin. test/cluster/drift.test.ts has drift to find.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { stackCommand } from "../../../infra/engine.ts";
import { silentReporter } from "../../../platform/progress.ts";
import { ensureTools } from "../../../platform/toolchain/ensure.ts";
import { GithubStandIn } from "../../support/github/stand-in.ts";
import "../../infra/pulumi-globals.ts";

const root = path.join(import.meta.dirname, "..", "..", "..");
const atom = path.join(root, "delivery", "atom.ts");

interface End {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A project folder with a staging that was brought up, and has nothing in it. */
class Project implements AsyncDisposable {
  readonly folder: string;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(folder: string) {
    this.folder = folder;
    this.#env = {
      PULUMI_BACKEND_URL: `file://${folder}`,
      PULUMI_HOME: path.join(folder, "home"),
      PULUMI_CONFIG_PASSPHRASE: "drift",
    };
  }

  static async create(): Promise<Project> {
    const folder = await mkdtemp(path.join(tmpdir(), "drift-"));
    for (const file of ["Pulumi.yaml", "Pulumi.staging.yaml", "infra/index.ts"])
      await cp(path.join(root, file), path.join(folder, file));
    return new Project(folder);
  }

  async up(pulumi: string): Promise<void> {
    const program = () => () => Promise.resolve({});
    await stackCommand({ command: "up", stack: "staging", workDir: this.folder, pulumi, program, env: this.#env });
  }

  async atom(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<End> {
    const variables = { PATH: process.env.PATH, HOME: process.env.HOME, ...this.#env, ...env };
    const options = { cwd: this.folder, env: variables };
    try {
      return { code: 0, ...(await promisify(execFile)(process.execPath, [atom, ...words], options)) };
    } catch (error) {
      return error as End & Error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

describe("atom drift", function () {
  this.timeout(120_000);
  let pulumi: string;

  before(async function () {
    // On a bare machine the CLI is built first.
    this.timeout(20 * 60_000);
    pulumi = (await ensureTools(["pulumi"], { reporter: silentReporter })).path("pulumi");
  });

  it("says that a stack is as it was left, to people, to scripts, in a summary and to GitHub, where nothing is to be closed", async () => {
    await using project = await Project.create();
    await using github = await GithubStandIn.start();
    await project.up(pulumi);
    const summary = path.join(project.folder, "summary.md");
    await writeFile(summary, "What came before.\n");
    const { token: GITHUB_TOKEN, name: GITHUB_REPOSITORY, apiUrl: GITHUB_API_URL } = github;
    const words = ["drift", "--stack", "staging", "--summary", summary, "--issue"];
    const end = await project.atom(words, { GITHUB_TOKEN, GITHUB_REPOSITORY, GITHUB_API_URL });
    assert.deepEqual([end.code, end.stdout], [0, "staging is as it was left.\n"], end.stderr);
    assert.equal(await readFile(summary, "utf8"), "What came before.\n<code>staging</code> is as it was left.\n");
    assert.deepEqual(
      github.requests.map(({ operation }) => operation),
      ["GET /repos/{owner}/{repo}/issues"],
    );
    const json = await project.atom(["drift", "--stack", "staging", "--json"]);
    assert.deepEqual(JSON.parse(json.stdout), { stack: "staging", resources: [] }, json.stderr);
  });

  it("ends with 13 and the engine's words where it could not look", async () => {
    await using project = await Project.create();
    const { code, stdout, stderr } = await project.atom(["drift", "--stack", "staging"]);
    assert.deepEqual([code, stdout], [13, ""], stderr);
    assert.match(
      stderr,
      /^staging could not be looked at \(exit code 12\):\nThe stack "staging" does not exist in this backend yet/m,
    );
    assert.doesNotMatch(stderr, /^\s+at /m);
  });

  it("refuses, before it asks the engine, to keep an issue that it has no access for", async () => {
    await using project = await Project.create();
    const { code, stderr } = await project.atom(["drift", "--stack", "staging", "--issue"], {
      GITHUB_REPOSITORY: "example/atom",
    });
    assert.deepEqual(
      [code, stderr.split("\n")],
      [12, ["GITHUB_TOKEN is not set; a workflow passes it on: GITHUB_TOKEN: ${{ github.token }}.", ""]],
    );
  });
});
