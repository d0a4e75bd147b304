import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import manifest from "../../../package.json" with { type: "json" };
import { bundleAtom, type Bundle } from "../../../platform/bundle/bundle.ts";

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe("the bundle", function () {
  this.timeout(120_000);
  let folder: string;
  let bundle: Bundle;

  before(async () => {
    // Far from the checkout and its node_modules.
    folder = await mkdtemp(path.join(tmpdir(), "atom-bundle-"));
    bundle = await bundleAtom({ outfile: path.join(folder, "atom.mjs") });
  });

  after(async () => {
    await rm(folder, { recursive: true });
  });

  async function run(file: string, words: readonly string[], variables: NodeJS.ProcessEnv = {}): Promise<Ended> {
    const env = { PATH: process.env.PATH, HOME: folder, ...variables };
    try {
      return { code: 0, ...(await promisify(execFile)(process.execPath, [file, ...words], { cwd: folder, env })) };
    } catch (error) {
      return error as Ended;
    }
  }

  it("is one file that runs where there is nothing else, with a source map and the licences of what is in it", async () => {
    const { code, stdout } = await run(bundle.file, ["--version"]);
    assert.deepEqual([code, stdout], [0, `${manifest.version}\n`]);
    const help = await run(bundle.file, ["rollback", "--help"]);
    assert.match(help.stdout, /^Usage: atom rollback/);
    assert.ok(bundle.bytes < 2_000_000, `${bundle.bytes} bytes`);
    const text = await readFile(bundle.file, "utf8");
    assert.match(text, /Copyright/);
    assert.match(text, /\/\/# sourceMappingURL=atom\.mjs\.map\n?$/);
  });

  it("bears the name by which kubectl finds its plugins", async () => {
    const plugin = path.join(folder, "kubectl-atom");
    await symlink(bundle.file, plugin);
    assert.match((await run(plugin, ["--help"])).stdout, /^Usage: kubectl atom \[options\]/);
  });

  it("says what it needs a checkout for", async () => {
    const { code, stderr } = await run(bundle.file, ["drift", "--stack", "staging"]);
    assert.equal(code, 12);
    assert.match(stderr, /the Pulumi program is not beside it\.\nRun it from a checkout/);
  });

  it("says which logins it does not know", async () => {
    const config = {
      "current-context": "here",
      clusters: [{ name: "c", cluster: { server: "http://127.0.0.1:9" } }],
      users: [{ name: "u", user: { "auth-provider": { name: "oidc" } } }],
      contexts: [{ name: "here", context: { cluster: "c", user: "u" } }],
    };
    const kubeconfig = path.join(folder, "kubeconfig");
    await writeFile(kubeconfig, JSON.stringify(config));
    const words = ["history", "--namespace", "n", "--service", "s"];
    const { code, stderr } = await run(bundle.file, words, { KUBECONFIG: kubeconfig });
    assert.equal(code, 13);
    assert.match(
      stderr,
      /needs the client library for all of Kubernetes, which the bundle does not have; run atom from a checkout/,
    );
  });
});
