import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createReadStream, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { buildAtomImage, ensureImages, type Image } from "../../../platform/images/images.ts";
import type { Reporter } from "../../../platform/progress.ts";
import { readTar, TemporaryFolder, type TarEntry } from "./archives.ts";

const root = path.join(import.meta.dirname, "..", "..", "..");

interface ImageConfig {
  readonly architecture: string;
  readonly config: {
    readonly User: string;
    readonly WorkingDir: string;
    readonly Env: readonly string[];
    readonly Entrypoint: readonly string[];
    readonly Labels: Readonly<Record<string, string>>;
  };
  readonly rootfs: { readonly diff_ids: readonly string[] };
}

interface Manifest {
  readonly Config: string;
  readonly RepoTags: readonly string[];
  readonly Layers: readonly string[];
}

/** Any program of this machine stands for those of the toolchain, which take minutes to build. */
const toolchain = { path: () => execFileSync("which", ["sleep"], { encoding: "utf8" }).trim() };

function json(entries: ReadonlyMap<string, TarEntry>, name: string): unknown {
  return JSON.parse(entries.get(name)?.text ?? "");
}

/** Remembers what it is told. */
class RecordingReporter implements Reporter {
  readonly titles: string[] = [];

  async task<T>(title: string, _options: object, work: (update: (text: string) => void) => Promise<T>): Promise<T> {
    this.titles.push(title);
    return await work(() => undefined);
  }

  note(): void {
    // Nothing is noted here.
  }
}

describe("The images of the embedded cluster", function () {
  // One of them has 330 MB.
  this.timeout(60_000);

  const folder = new TemporaryFolder();
  const cacheDir = path.join(folder.path, "cache");
  const reporter = new RecordingReporter();
  let images: readonly Image[];
  before(async () => {
    images = await ensureImages(toolchain, { cacheDir, reporter });
  });
  after(() => {
    folder[Symbol.dispose]();
  });

  function imageOf(name: string): Image {
    const found = images.find(({ reference }) => reference.startsWith(`atom.local/${name}:`));
    assert.ok(found);
    return found;
  }

  async function contentOf({
    archive,
  }: Image): Promise<{ manifest: Manifest; config: ImageConfig; layers: TarEntry[] }> {
    const entries = await readTar(archive);
    const manifest = (json(entries, "manifest.json") as Manifest[])[0]!;
    const layers = manifest.Layers.map((name) => entries.get(name)!);
    return { manifest, config: json(entries, manifest.Config) as ImageConfig, layers };
  }

  it("are six, each under a name and a version of its own", () => {
    assert.deepEqual(
      images.map(({ reference }) => reference.replace(/:\d+\.\d+\.\d+$/, "")),
      [
        "atom.local/pause",
        "atom.local/prometheus",
        "atom.local/alertmanager",
        "atom.local/prometheus-config-reloader",
        "atom.local/atom",
        "atom.local/atom-delivery",
      ],
    );
  });

  it("say truly what their layers are, and have no root for a user", async () => {
    for (const image of images) {
      const { manifest, config, layers } = await contentOf(image);
      assert.deepEqual(manifest.RepoTags, [image.reference]);
      assert.deepEqual(
        layers.map(({ digest }) => `sha256:${digest}`),
        config.rootfs.diff_ids,
      );
      assert.match(config.config.User, /^[1-9]\d+:[1-9]\d+$/);
      assert.equal(config.config.Labels["org.opencontainers.image.version"], image.reference.split(":")[1]);
    }
  });

  it("start their program where the operator looks for it", async () => {
    const { config, layers } = await contentOf(imageOf("prometheus-config-reloader"));
    assert.deepEqual(config.config.Entrypoint, ["/bin/prometheus-config-reloader"]);
    assert.equal(layers.length, 1);
  });

  it("are announced when they are made, and found without a word the next time", async () => {
    assert.deepEqual(
      reporter.titles,
      images.map(({ reference }) => `Image ${reference}`),
    );
    const files = images.map(({ archive }) => statSync(archive).ino);
    const again = new RecordingReporter();
    assert.deepEqual(await ensureImages(toolchain, { cacheDir, reporter: again }), images);
    assert.deepEqual(again.titles, []);
    assert.deepEqual(
      images.map(({ archive }) => statSync(archive).ino),
      files,
    );
  });

  it("leave no half-written file behind", () => {
    assert.deepEqual(
      readdirSync(cacheDir)
        .filter((name) => name.includes("-") && !name.includes("-variant-"))
        .sort(),
      images.map(({ archive }) => path.basename(archive)).sort(),
    );
  });

  it("refuse a script where a program is needed", async () => {
    const script = path.join(folder.path, "wrapper");
    writeFileSync(script, "#!/bin/sh\n");
    await assert.rejects(ensureImages({ path: () => script }, { cacheDir }), {
      name: "ImageError",
      message: `${script} is not a program but something that starts one; an image needs the program itself.`,
    });
  });

  it("are not made when the work is called off", async () => {
    using cache = new TemporaryFolder();
    const signal = AbortSignal.abort(new Error("called off"));
    await assert.rejects(ensureImages(toolchain, { cacheDir: cache.path, signal }));
    assert.deepEqual(readdirSync(cache.path), []);
  });

  /** Runs Node as the image has it, with the image's files for all that there is. */
  async function runImage(
    name: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): Promise<{ status: number | null; stdout: string; stderr: string }> {
    using unpacked = new TemporaryFolder();
    const { manifest } = await contentOf(imageOf(name));
    for (const layer of manifest.Layers) {
      const unpack = 'tar -xOf "$1" "$2" | tar -xf - -C "$3"';
      execFileSync("sh", ["-c", unpack, "sh", imageOf(name).archive, layer, unpacked.path]);
    }
    const isolated = ["--user", "--map-root-user", `--root=${unpacked.path}`, "--wd=/app"];
    const command = [...isolated, "/usr/local/bin/node", ...args];
    const { status, stdout, stderr } = spawnSync("unshare", command, { encoding: "utf8", env, timeout: 30_000 });
    return { status, stdout, stderr };
  }

  describe("Atom's image", () => {
    it("runs the service as a user without rights, from the folder of its sources", async () => {
      const { config } = await contentOf(imageOf("atom"));
      const { User, WorkingDir, Entrypoint, Env } = config.config;
      assert.deepEqual(
        { User, WorkingDir, Entrypoint },
        {
          User: "10001:10001",
          WorkingDir: "/app",
          Entrypoint: ["node", "src/main.ts"],
        },
      );
      assert.deepEqual(Env, ["PATH=/usr/local/bin:/usr/bin:/bin", "NODE_ENV=production", "LANCEDB_LOG=error"]);
    });

    it("has the source in the topmost layer and its own, so that a change of it is small", async () => {
      const { manifest, layers } = await contentOf(imageOf("atom"));
      assert.equal(layers.length, 3);
      const sizes = layers.map(({ header }) => header.size);
      assert.ok(sizes[2]! < 1_000_000);
      const source = await layerOf(imageOf("atom"), manifest.Layers[2]!);
      assert.ok(source.has("app/src/main.ts"));
      assert.ok([...source.keys()].every((name) => name === "app" || /^app\/(src|package\.json$)/.test(name)));
    });

    it("holds what the service loads, and no tool of development", async () => {
      const { manifest } = await contentOf(imageOf("atom"));
      const names = [...(await layerOf(imageOf("atom"), manifest.Layers[1]!)).keys()];
      const has = (prefix: string): boolean => names.some((name) => name.startsWith(`app/node_modules/${prefix}/`));
      for (const needed of ["fastify", "pg", "redis", "prom-client", "zod", "@lancedb/lancedb"]) assert.ok(has(needed));
      for (const tool of ["typescript", "mocha", "eslint", "@types", "@pulumi", "openai"]) assert.ok(!has(tool));
      assert.equal(names.filter((name) => name.endsWith(".node")).length, 1);
    });

    it("is complete: with nothing else of this machine in sight the service starts", async () => {
      const { status, stderr } = await runImage("atom", ["src/main.ts"], { TOKEN_SECRET: "short" });
      assert.equal(
        stderr,
        "The environment is not valid:\n  DATABASE_URL: is not set\n  REDIS_URL: is not set\n" +
          "  TOKEN_SECRET: must have at least 32 characters\n",
      );
      assert.equal(status, 1);
    });
  });

  describe("the releaser's image", () => {
    const modulesOf = async (): Promise<readonly string[]> => {
      const { manifest } = await contentOf(imageOf("atom-delivery"));
      return [...(await layerOf(imageOf("atom-delivery"), manifest.Layers[1]!)).keys()];
    };

    it("runs the atom command as a user without rights", async () => {
      const { User, WorkingDir, Entrypoint, Env } = (await contentOf(imageOf("atom-delivery"))).config.config;
      assert.deepEqual(
        { User, WorkingDir, Entrypoint, Env },
        {
          User: "10001:10001",
          WorkingDir: "/app",
          Entrypoint: ["node", "delivery/atom.ts"],
          Env: ["PATH=/usr/local/bin:/usr/bin:/bin", "NODE_ENV=production"],
        },
      );
    });

    it("stands on the runtime of Atom's image, so that a node keeps it once", async () => {
      const [delivery, atom] = await Promise.all(["atom-delivery", "atom"].map((name) => contentOf(imageOf(name))));
      assert.equal(delivery?.manifest.Layers[0], atom?.manifest.Layers[0]);
      assert.equal(delivery?.layers.length, 3);
    });

    it("holds what the command loads, and neither Pulumi nor a tool of development", async () => {
      const names = await modulesOf();
      const has = (prefix: string): boolean => names.some((name) => name.startsWith(`app/node_modules/${prefix}/`));
      for (const needed of ["@kubernetes/client-node", "commander", "yaml", "zod", "js-yaml"]) assert.ok(has(needed));
      for (const other of ["@pulumi", "@grpc", "@types", "typescript", "mocha", "eslint", "fastify"])
        assert.ok(!has(other), other);
      assert.deepEqual(
        names.filter((name) => /\.(?:ts|bare|node)$/.test(name)),
        [],
      );
    });

    it("has the command and the contract that it shares with the program in a small layer of their own", async () => {
      const image = imageOf("atom-delivery");
      const { manifest, layers } = await contentOf(image);
      assert.ok(layers[2]!.header.size < 2_000_000);
      const names = [...(await layerOf(image, manifest.Layers[2]!)).keys()];
      for (const needed of ["package.json", "delivery/release/releaser.ts", "components/ledger/ledger.ts"])
        assert.ok(names.includes(`app/${needed}`), needed);
      assert.ok(
        names.every((name) => name === "app" || /^app\/(delivery|components)(\/|$)|^app\/package\.json$/.test(name)),
      );
      assert.ok(!names.includes("app/components/service/service.ts"));
    });

    it("is complete: with nothing else of this machine in sight the command explains itself", async () => {
      const { status, stdout, stderr } = await runImage("atom-delivery", ["delivery/atom.ts", "--help"]);
      assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
      assert.match(stdout, /^Usage: atom /);
    });

    it("is what the Dockerfile makes: the packages that this takes away are those that are not in the image", async () => {
      const dockerfile = readFileSync(path.join(root, "delivery", "Dockerfile"), "utf8");
      const taken = [...dockerfile.matchAll(/'dependencies\[([^\]]+)\]'/g)].map(([, name]) => name!);
      const { dependencies } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
        readonly dependencies: Readonly<Record<string, string>>;
      };
      const names = await modulesOf();
      const missing = Object.keys(dependencies).filter(
        (name) => !names.includes(`app/node_modules/${name}/package.json`),
      );
      assert.deepEqual(missing.sort(), taken.sort());
    });
  });

  describe("A variant of Atom's image", () => {
    it("differs in its name, its version and its environment, and holds no layer", async () => {
      const env = { ATOM_FAULTS: '{"errorShare":0.5}' };
      const variant = await buildAtomImage({ version: "2.0.0", reference: "atom.local/atom:bad", env }, { cacheDir });
      assert.equal(variant.reference, "atom.local/atom:bad");
      assert.ok(statSync(variant.archive).size < 20_000);

      const entries = await readTar(variant.archive);
      const index = json(entries, "index.json") as {
        readonly manifests: readonly [
          { readonly digest: string; readonly annotations: Readonly<Record<string, string>> },
        ];
      };
      assert.deepEqual(index.manifests[0].annotations, { "io.containerd.image.name": "atom.local/atom:bad" });
      const manifest = json(entries, `blobs/${index.manifests[0].digest.replace(":", "/")}`) as {
        readonly config: { readonly digest: string };
        readonly layers: readonly { readonly digest: string; readonly size: number }[];
      };
      const config = json(entries, `blobs/${manifest.config.digest.replace(":", "/")}`) as ImageConfig;
      const base = await contentOf(imageOf("atom"));
      assert.deepEqual(
        manifest.layers.map(({ digest, size }) => ({ digest, size })),
        base.layers.map(({ digest, header }) => ({ digest: `sha256:${digest}`, size: header.size })),
      );
      assert.deepEqual(config.rootfs, base.config.rootfs);
      assert.equal(config.config.Labels["org.opencontainers.image.version"], "2.0.0");
      assert.equal(config.config.Env.at(-1), 'ATOM_FAULTS={"errorShare":0.5}');
      for (const name of entries.keys())
        if (name.startsWith("blobs/")) assert.equal(entries.get(name)?.digest, path.basename(name));
    });
  });
});

/** What a layer inside an archive holds. */
async function layerOf({ archive }: Image, layer: string): Promise<ReadonlyMap<string, TarEntry>> {
  let offset = 0;
  for (const [name, { header }] of await readTar(archive)) {
    const size = header.size;
    if (name === layer)
      return await readTar(createReadStream(archive, { start: offset + 512, end: offset + 511 + size }));
    offset += 512 * (1 + Math.ceil(size / 512));
  }
  throw new Error(`${archive} has no ${layer}`);
}
