import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { recipeDigest } from "../../../platform/toolchain/recipe.ts";
import { ToolStore } from "../../../platform/toolchain/store.ts";
import { toolNamed } from "../../../platform/toolchain/tools.ts";
import { Bench } from "../toolchain/bench.ts";

const script = path.join("platform", "commands", "releases.ts");

describe("npm run releases", () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
  });

  afterEach(() => {
    bench.clear();
  });

  const env = () => ({ PATH: bench.bin, XDG_CACHE_HOME: bench.folder("cache"), TMPDIR: bench.folder("tmp") });

  it("serves what is in the cache until it is interrupted, names what is not, and leaves nothing behind", async () => {
    const etcd = toolNamed("etcd");
    const store = new ToolStore(path.join(env().XDG_CACHE_HOME, "atom", "tools"));
    const make = (folder: string) => {
      mkdirSync(path.join(folder, "bin"));
      bench.file(path.relative(bench.root, path.join(folder, "bin", "etcd")), "our etcd");
      return Promise.resolve({ version: etcd.version, executables: { etcd: "bin/etcd" } });
    };
    await store.keep("etcd", await recipeDigest(etcd), make, {});
    const child = spawn(process.execPath, [script, "serve"], { env: env(), stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    try {
      const [line] = (await once(createInterface(child.stdout), "line")) as [string];
      const [, mirror = ""] = /^ATOM_RELEASES_MIRROR=(http:\/\/127\.0\.0\.1:\d+)$/.exec(line) ?? [];
      const list = `${mirror}/github.com/etcd-io/etcd/releases/download/v${etcd.version}/SHA256SUMS`;
      assert.match(
        await (await fetch(list)).text(),
        new RegExp(`^\\w{64} {2}etcd-v${etcd.version}-linux-(amd64|arm64)\\.tar\\.gz\n$`),
      );
    } finally {
      child.kill("SIGINT");
    }
    const [code] = (await once(child, "close")) as [number | null];
    assert.equal(code, 0);
    assert.match(said, /^Not served, because they are not in \S+tools: pulumi, kubernetes, istiod, .*actionlint\.$/m);
    assert.match(said, /^GET \/github\.com\/\S+\/SHA256SUMS: 200$/m);
    assert.deepEqual(readdirSync(env().TMPDIR), []);
  });

  for (const [words, problem] of [
    [[], "there is one subcommand, serve"],
    [["sell"], "there is one subcommand, serve"],
    [["serve", "--port", "high"], "--port high is not a port (0 to 65535)"],
    [["serve", "--port", "65536"], "--port 65536 is not a port (0 to 65535)"],
    [["serve", "--ports"], "Unknown option '--ports'"],
  ] as const)
    it(`refuses «${words.join(" ")}»`, () => {
      const { status, stderr } = spawnSync(process.execPath, [script, ...words], { env: env(), encoding: "utf8" });
      assert.equal(status, 12);
      assert.ok(stderr.startsWith(problem), stderr);
      assert.match(stderr, / {2}usage: npm run releases -- serve \[--port N\]\n$/);
    });
});
