import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { silentReporter, type Reporter } from "../../../platform/progress.ts";
import type { Bring } from "../../../platform/toolchain/bring.ts";
import { ensure, ensureTools, type Toolchain, type World } from "../../../platform/toolchain/ensure.ts";
import {
  MirrorAddressError,
  NoSpaceError,
  NotRootError,
  ToolBuildError,
  UnsupportedMachineError,
} from "../../../platform/toolchain/errors.ts";
import { recipeDigest } from "../../../platform/toolchain/recipe.ts";
import { ToolStore } from "../../../platform/toolchain/store.ts";
import type { Tool } from "../../../platform/toolchain/tool.ts";
import { Bench, toolWith } from "./bench.ts";
import { sha256 } from "./releases/archives.ts";
import { ReleaseHosts } from "./releases/release-hosts.ts";

describe("a toolchain", () => {
  let bench: Bench;
  let brought: string[];

  beforeEach(() => {
    bench = new Bench();
    brought = [];
    bench.script("go", "echo go1.26.8");
    for (const name of ["apt-get", "apt-cache", "dpkg-deb"]) bench.script(name, "");
  });

  afterEach(() => {
    bench.clear();
  });

  const bring: Bring = (_source, { tool, folder }) => {
    brought.push(tool.name);
    mkdirSync(join(folder, "bin"));
    for (const name of tool.executables) writeFileSync(join(folder, "bin", name), name);
    return Promise.resolve({
      version: tool.version,
      executables: Object.fromEntries(tool.executables.map((name) => [name, join("bin", name)])),
      directory: tool.directoryOf === undefined ? undefined : "bin",
      file: tool.isFile === undefined ? undefined : "bin",
    });
  };

  function start(tools: readonly Tool[], changes: Partial<World> & { reporter?: Reporter; signal?: AbortSignal } = {}) {
    const { reporter = silentReporter, signal, ...world } = changes;
    return ensure(
      tools,
      { reporter, cacheDir: join(bench.root, "tools"), ...(signal === undefined ? {} : { signal }) },
      { machine: bench.machine(), disk: () => Promise.resolve({ id: 1, freeMegabytes: 99 }), bring, ...world },
    );
  }

  const saw = toolWith({ executables: ["saw", "sawdust"] });

  it("gives absolute paths of executables, folders and files", async () => {
    const tools = [
      saw,
      toolWith({ name: "plugins", executables: [], directoryOf: ["bridge"] }),
      toolWith({ name: "crds", executables: [], isFile: true }),
    ];
    const toolchain = await start(tools);
    const kept = join(bench.root, "tools");
    assert.equal(toolchain.path("sawdust"), join(kept, "saw", "2.5.0", "bin", "sawdust"));
    assert.equal(toolchain.directory("plugins"), join(kept, "plugins", "2.5.0", "bin"));
    assert.equal(toolchain.file("crds"), join(kept, "crds", "2.5.0", "bin"));
  });

  it("does not know what it was not asked for", async () => {
    const toolchain: Toolchain = await start([saw]);
    assert.throws(() => toolchain.path("hammer"), /no tool that was ensured has the executable hammer/);
    assert.throws(() => toolchain.directory("saw"), /has the folder saw/);
    assert.throws(() => toolchain.file("saw"), /has the file saw/);
  });

  it("brings nothing on a second start", async () => {
    await start([saw]);
    await start([saw]);
    assert.deepEqual(brought, ["saw"]);
  });

  it("brings a tool once for two starts at the same time", async () => {
    await Promise.all([start([saw]), start([saw])]);
    assert.deepEqual(brought, ["saw"]);
  });

  it("says for whom it waits", async () => {
    const waits = Promise.withResolvers<string>();
    const reporter: Reporter = {
      ...silentReporter,
      note: (text) => {
        if (!text.startsWith("Bringing")) waits.resolve(text);
      },
    };
    let second: Promise<Toolchain> | undefined;
    const slow: Bring = async (source, workshop) => {
      second = start([saw], { reporter });
      await waits.promise;
      return bring(source, workshop);
    };
    const first = await start([saw], { bring: slow });
    assert.equal((await second)?.path("saw"), first.path("saw"));
    assert.match(
      await waits.promise,
      new RegExp(`^saw 2\\.5\\.0: waiting for process ${process.pid} \\(.*\\), which is bringing it here too$`),
    );
    assert.deepEqual(brought, ["saw"]);
  });

  it("takes the machine's own tool before anything else", async () => {
    const path = bench.script("saw", "echo 2.6");
    bench.script("sawdust", "echo 2.6");
    const toolchain = await start([{ ...saw, onMachine: { accepts: { atLeast: "2", below: "3" } } }]);
    assert.equal(toolchain.path("saw"), path);
    assert.deepEqual(brought, []);
  });

  it("needs no command and no room when everything is there", async () => {
    await start([saw]);
    const machine = bench.machine({ env: { PATH: "" } });
    await start([saw], { machine, disk: () => Promise.resolve({ id: 1, freeMegabytes: 0 }) });
  });

  it("takes what is there on a machine that it could bring nothing to", async () => {
    bench.script("saw", "echo 2.6.0");
    bench.script("sawdust", "echo 2.6.0");
    const machine = bench.machine({ platform: "darwin" });
    assert.equal(
      (await start([{ ...saw, onMachine: { accepts: { atLeast: "2.0.0", below: "3" } } }], { machine })).path("saw"),
      join(bench.bin, "saw"),
    );
    await assert.rejects(start([toolWith({ name: "drill" })], { machine }), UnsupportedMachineError);
  });

  it("says what it brings, how long that takes and where it is kept", async () => {
    const notes: string[] = [];
    const reporter: Reporter = { ...silentReporter, note: (text) => notes.push(text) };
    await start([saw, toolWith({ name: "file", executables: ["file"], estimateSeconds: 300 })], { reporter });
    assert.deepEqual(notes, [
      `Bringing 2 tools here, once; about 5 min on two cores: saw, file. They are kept in ${bench.root}/tools.`,
    ]);
  });

  it("reports each tool that it brings, with its estimate", async () => {
    const tasks: [string, number | undefined][] = [];
    const reporter: Reporter = {
      note: () => undefined,
      task: (title, { estimateSeconds }, work) => {
        tasks.push([title, estimateSeconds]);
        return work(() => undefined);
      },
    };
    await start([saw], { reporter });
    await start([saw], { reporter });
    assert.deepEqual(tasks, [["saw 2.5.0", 7]]);
  });

  describe("whose publisher offers it", () => {
    const address = "https://dl.saw.test/saw";
    const files = [{ url: address, checksums: `${address}.sha256`, program: "saw" }];
    const offered = toolWith({
      sources: [
        { kind: "release", files, estimateSeconds: 2 },
        { kind: "go-source", folder: "pause" },
      ],
    });
    let hosts: ReleaseHosts;

    beforeEach(async () => {
      hosts = await ReleaseHosts.start();
    });

    afterEach(() => hosts[Symbol.asyncDispose]());

    const from = (mirror: string) => bench.machine({ env: { PATH: bench.bin, ATOM_RELEASES_MIRROR: mirror } });

    it("is downloaded, says where it came from, and needs no Go and no room for Go's caches", async () => {
      hosts.serve(address, "the saw");
      hosts.serve(`${address}.sha256`, sha256("the saw"));
      rmSync(join(bench.bin, "go"));
      const options = { reporter: silentReporter, cacheDir: join(bench.root, "tools") };
      const disk = () => Promise.resolve({ id: 1, freeMegabytes: 1 });
      const tool = { ...offered, space: { cache: 1, goCache: 500 } };
      const path = (await ensure([tool], options, { machine: from(hosts.mirror), disk })).path("saw");
      assert.equal(readFileSync(path, "utf8"), "the saw");
      const kept = await new ToolStore(options.cacheDir).find("saw", await recipeDigest(offered));
      assert.equal(kept?.origin, "the release at dl.saw.test");
    });

    it("is asked for once before everything else, and built where nothing answers", async () => {
      const notes: string[] = [];
      const kinds: string[] = [];
      const reporter: Reporter = { ...silentReporter, note: (text) => notes.push(text) };
      const noting: Bring = (source, workshop) => {
        kinds.push(source.kind);
        return bring(source, workshop);
      };
      const tools = [offered, { ...offered, name: "saw-2", executables: ["saw-2"] }];
      await start(tools, { reporter, machine: from("http://127.0.0.1:1"), bring: noting });
      assert.deepEqual(kinds, ["go-source", "go-source"]);
      assert.equal(notes[0], "release hosts cannot be reached: building from the registries");
      assert.equal(notes.length, 2);
    });

    it("is asked for by no start that has everything", async () => {
      await start([offered], { machine: from(hosts.mirror) });
      hosts.requests.length = 0;
      await start([offered], { machine: from(hosts.mirror) });
      assert.deepEqual(hosts.requests, []);
    });

    it("is not brought with a mirror that is none", async () => {
      await assert.rejects(start([offered], { machine: from("ftp://mirror.test") }), MirrorAddressError);
      assert.deepEqual(brought, []);
    });
  });

  it("compiles one tool at a time, and unpacks packages meanwhile", async () => {
    const running = { compilers: 0, packages: 0 };
    const most = { compilers: 0, packages: 0 };
    // Neither ends before the other has begun: in one lane together, they would wait for ever.
    const begun = { compilers: Promise.withResolvers<undefined>(), packages: Promise.withResolvers<undefined>() };
    const watched: Bring = async (source, workshop) => {
      const [own, other] =
        source.kind === "debian" ? (["packages", "compilers"] as const) : (["compilers", "packages"] as const);
      running[own] += 1;
      most[own] = Math.max(most[own], running[own]);
      begun[own].resolve(undefined);
      await begun[other].promise;
      const files = await bring(source, workshop);
      running[own] -= 1;
      return files;
    };
    const packaged = { sources: [{ kind: "debian", packages: ["x"], programs: {} }] } as const;
    const names = ["a", "b", "c"];
    await start(
      [
        ...names.map((name) => toolWith({ name, executables: [name] })),
        ...names.map((name) => toolWith({ name: `${name}-package`, executables: [`${name}2`], ...packaged })),
      ],
      { bring: watched },
    );
    assert.deepEqual(most, { compilers: 1, packages: 1 });
  });

  it("downloads the modules of the next tool while one compiles", async () => {
    // The first build waits for the second tool's modules: it would wait in vain if they came after it.
    bench.script(
      "go",
      `case "$1 $2" in
        "env GOVERSION") echo go1.26.8;;
        "mod download") echo "{\\"GoMod\\": \\"$BENCH/go.mod\\", \\"Dir\\": \\"$BENCH\\"}";;
        "list "*) for package; do :; done; touch "$BENCH/listed-$(basename $package)";;
        "build "*)
          tries=0
          while [ ! -e "$BENCH/listed-drill" ]; do tries=$((tries + 1)); [ $tries -lt 600 ] || exit 1; sleep 0.05; done
          while [ "$1" != -o ]; do shift; done; touch "$2"; echo "$2" >> "$BENCH/builds";;
      esac`,
    );
    bench.file("go.mod", "go 1.26\n");
    const built = (name: string): Tool =>
      toolWith({
        name,
        executables: [name],
        sources: [
          {
            kind: "go-module",
            module: `example.org/${name}`,
            version: "v1.0.0",
            programs: { [name]: `example.org/${name}` },
          },
        ],
      });
    const machine = bench.machine({ withSystem: true });
    await ensure(
      [built("saw"), built("drill")],
      { reporter: silentReporter, cacheDir: join(bench.root, "tools") },
      { machine, disk: () => Promise.resolve({ id: 1, freeMegabytes: 99 }) },
    );
    assert.match(readFileSync(join(bench.root, "builds"), "utf8"), /\/bin\/saw\n.*\/bin\/drill\n$/);
    assert.deepEqual(readdirSync(join(bench.root, "tools")).toSorted(), ["drill", "logs", "saw"]);
  });

  it("ends the others when one fails, and starts no more", async () => {
    const begun: string[] = [];
    const failing: Bring = (_source, { tool, signal }) => {
      begun.push(tool.name);
      if (tool.name === "broken") return Promise.reject(new Error("no oil"));
      return new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => {
          reject(new Error("stopped"));
        });
      });
    };
    const packaged = toolWith({ name: "slow", sources: [{ kind: "debian", packages: ["x"], programs: {} }] });
    const tools = [packaged, toolWith({ name: "broken" }), toolWith({ name: "later" })];
    await assert.rejects(start(tools, { bring: failing }), (error) => {
      assert.ok(error instanceof ToolBuildError);
      assert.equal(error.tool, "broken 2.5.0");
      return true;
    });
    assert.deepEqual(begun.toSorted(), ["broken", "slow"]);
    for (const { name } of [packaged, toolWith({ name: "broken" })]) {
      assert.deepEqual(readdirSync(join(bench.root, "tools", name)), []);
    }
  });

  it("ends with the reason of an abort", async () => {
    const abort = new AbortController();
    const waiting: Bring = (_source, { signal }) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => {
          reject(new Error("stopped"));
        });
        abort.abort(new Error("the user went away"));
      });
    await assert.rejects(start([saw], { bring: waiting, signal: abort.signal }), /the user went away/);
  });

  it("says which tool failed when its cache cannot be written", async () => {
    bench.file("tools", "a file in the place of the folder");
    await assert.rejects(
      start([saw]),
      (error) => error instanceof ToolBuildError && /ENOTDIR|EEXIST/.test(error.message),
    );
  });

  it("refuses before it brings anything when there is no room", async () => {
    const full = start([saw], { disk: () => Promise.resolve({ id: 1, freeMegabytes: 0 }) });
    await assert.rejects(full, NoSpaceError);
    assert.deepEqual(brought, []);
  });

  it("refuses before it looks for anything when root is needed", async () => {
    const tools = [toolWith({ asRoot: true })];
    await assert.rejects(start(tools, { machine: bench.machine({ userId: 1000 }) }), NotRootError);
  });

  it("is kept in the XDG cache folder, or in .cache at home", async () => {
    const world: World = {
      machine: bench.machine({ env: { PATH: bench.bin, XDG_CACHE_HOME: join(bench.root, "xdg") } }),
      disk: () => Promise.resolve({ id: 1, freeMegabytes: 99 }),
      bring,
    };
    const options = { reporter: silentReporter };
    assert.equal(
      (await ensure([saw], options, world)).path("saw"),
      join(bench.root, "xdg/atom/tools/saw/2.5.0/bin/saw"),
    );
    assert.equal(
      (await ensure([saw], options, { ...world, machine: bench.machine() })).path("saw"),
      join(bench.root, "home/.cache/atom/tools/saw/2.5.0/bin/saw"),
    );
  });

  it("of no tools asks the machine for nothing", async () => {
    const toolchain = await ensureTools([], { reporter: silentReporter, cacheDir: join(bench.root, "tools") });
    assert.throws(() => toolchain.path("etcd"));
  });
});
