import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { answerJson, serve } from "../support/loopback.ts";

const root = path.join(import.meta.dirname, "..", "..", "..");
const launcher = path.join(root, "bin", "atom.mjs");

/** Writes the address of each module that is loaded, and when a request is begun, each on a line. */
const spy = `
import { appendFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { subscribe } from "node:diagnostics_channel";
const note = (line) => appendFileSync(process.env.SPY_FILE, line + "\\n");
registerHooks({ load(url, context, next) { if (!url.startsWith("node:")) note(url); return next(url, context); } });
subscribe("http.client.request.start", () => note("request"));
`;

interface Loaded {
  /** Names of npm packages. */
  readonly packages: readonly string[];
  /** Of the project, relative to it. */
  readonly files: readonly string[];
}

/** What a command loads until its first request, and until its end. */
interface Life {
  readonly first: Loaded;
  readonly all: Loaded;
  readonly stderr: string;
}

describe("what a command loads", () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "atom-loaded-"));
    await writeFile(path.join(folder, "spy.mjs"), spy);
  });

  after(async () => {
    await rm(folder, { recursive: true });
  });

  /** Runs a command where there is nothing but a kubeconfig, against a cluster that has nothing. */
  async function lifeOf(...words: readonly string[]): Promise<Life> {
    return await lifeWith({}, ...words);
  }

  async function lifeWith(variables: Readonly<Record<string, string>>, ...words: readonly string[]): Promise<Life> {
    await using server = await serve((_request, response) => {
      answerJson(response, { kind: "Status", message: "not found" }, 404);
    });
    const kubeconfig = path.join(folder, "kubeconfig");
    const config = {
      "current-context": "here",
      clusters: [{ name: "c", cluster: { server: server.url.href } }],
      users: [{ name: "u", user: { token: "t" } }],
      contexts: [{ name: "here", context: { cluster: "c", user: "u" } }],
    };
    await writeFile(kubeconfig, JSON.stringify(config));
    const file = path.join(folder, "loaded");
    await writeFile(file, "");
    const hook = pathToFileURL(path.join(folder, "spy.mjs")).href;
    const env = {
      PATH: process.env.PATH,
      HOME: folder,
      KUBECONFIG: kubeconfig,
      ATOM_SOURCE: "1",
      SPY_FILE: file,
      ...variables,
    };
    const { stderr } = await promisify(execFile)(process.execPath, ["--import", hook, launcher, ...words], {
      cwd: folder,
      env,
    }).catch((error: unknown) => error as { readonly stderr: string });
    const lines = (await readFile(file, "utf8")).trim().split("\n");
    const until = lines.indexOf("request");
    return { first: loadedIn(lines.slice(0, until === -1 ? undefined : until)), all: loadedIn(lines), stderr };
  }

  function loadedIn(lines: readonly string[]): Loaded {
    const packages = new Set<string>();
    const files: string[] = [];
    for (const line of lines) {
      if (!line.startsWith("file:")) continue;
      const [, name] = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(line) ?? [];
      if (name !== undefined) packages.add(name);
      else files.push(path.relative(root, new URL(line).pathname));
    }
    return { packages: [...packages].sort(), files };
  }

  it("is commander and the list of commands for --version", async () => {
    const { all } = await lifeOf("--version");
    assert.deepEqual(all.packages, ["commander"]);
    assert.deepEqual(all.files.toSorted(), [
      "bin/atom.mjs",
      "delivery/atom.ts",
      "delivery/commands/atom.ts",
      "delivery/commands/exit-codes.ts",
      "package.json",
    ]);
  });

  it("is no reason for status to fail, or to keep silent, where ATOM_CHANGE cannot be read", async () => {
    const words = ["status", "--namespace", "atom-production", "--service", "atom"];
    const { stderr } = await lifeWith({ ATOM_CHANGE: "{bad" }, ...words);
    assert.match(stderr, /^ATOM_CHANGE is ignored: ATOM_CHANGE cannot be read: it is not JSON: .*atom-production/s);
  });

  for (const command of ["rollback", "abort", "status"])
    it(`is little until the first request of ${command}, and no client library at all`, async () => {
      const { first, all, stderr } = await lifeOf(command, "--namespace", "atom-production", "--service", "atom");
      assert.match(stderr, /atom-production/);
      // The ledger and the release plan are parsed once they are there.
      assert.deepEqual(first.packages, ["commander"]);
      assert.ok(first.files.length <= 45, `${first.files.length} modules: ${first.files.join(", ")}`);
      assert.deepEqual(all.packages, ["commander", "zod"]);
      const heavy = all.files.filter((file) =>
        /^(?:infra|stacks|policies|platform|delivery\/(?:converge|engine-events|preview|grafana|github|in-cluster|notify\/(?:slack|github|grafana)))\//.test(
          file,
        ),
      );
      assert.deepEqual(heavy, []);
    });
});
