import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { bringFromAny, bringThrough, type Bring } from "../../../../platform/toolchain/bring.ts";
import { removes, takeFromImages } from "../../../../platform/toolchain/releases/image.ts";
import { ReleaseNetwork } from "../../../../platform/toolchain/releases/network.ts";
import type { ImageFile, ImageSource } from "../../../../platform/toolchain/tool.ts";
import { Bench, toolWith } from "../bench.ts";
import { sha256, tarOf, type Entry } from "./archives.ts";
import { ReleaseHosts } from "./release-hosts.ts";

const repository = "https://registry.saw.test/v2/tools/saw";
const saw = "the saw of the image";
const oci = "application/vnd.oci.image";
const docker = "application/vnd.docker";

const image: ImageFile = {
  registry: "registry.saw.test",
  repository: "tools/saw",
  tag: "v{version}",
  path: "usr/bin/saw",
};
const source = { kind: "image", programs: { saw: image }, estimateSeconds: 1 } as const satisfies ImageSource;

describe("an executable inside a container image", () => {
  let bench: Bench;
  let hosts: ReleaseHosts;

  beforeEach(async () => {
    bench = new Bench();
    hosts = await ReleaseHosts.start();
  });

  afterEach(async () => {
    await hosts[Symbol.asyncDispose]();
    bench.clear();
  });

  const mirrored = (): ReleaseNetwork => new ReleaseNetwork({ ATOM_RELEASES_MIRROR: hosts.mirror });
  const proxied = (): ReleaseNetwork => new ReleaseNetwork({ HTTPS_PROXY: hosts.proxy }, { ca: hosts.authority });

  interface Layer {
    readonly mediaType: string;
    readonly blob: Buffer;
  }

  async function layer(...entries: readonly Entry[]): Promise<Layer> {
    return { mediaType: `${oci}.layer.v1.tar+gzip`, blob: gzipSync(await tarOf(entries)) };
  }

  const file = (name: string, content = saw): Entry => ({ name, content, mode: 0o755 });

  /** Publishes a document or a blob under its digest. */
  function publish(kind: "manifests" | "blobs", content: string | Buffer, mediaType: string) {
    const digest = `sha256:${sha256(content)}`;
    hosts.serve(`${repository}/${kind}/${digest}`, content, { "content-type": mediaType });
    return { mediaType, digest };
  }

  /** Publishes an image, without its tag, and gives what leads to its manifest. */
  function publishImage(layers: readonly Layer[], architecture = "amd64") {
    const manifest = JSON.stringify({
      config: publish("blobs", JSON.stringify({ os: "linux", architecture }), `${oci}.config.v1+json`),
      layers: layers.map(({ blob, mediaType }) => publish("blobs", blob, mediaType)),
    });
    return { manifest, ...publish("manifests", manifest, `${oci}.manifest.v1+json`) };
  }

  /** Publishes an image under the tag, behind an index as publishers have it. */
  function publishTag(...layers: readonly Layer[]) {
    const { manifest, ...own } = publishImage(layers);
    const other = { mediaType: own.mediaType, digest: `sha256:${"0".repeat(64)}` };
    const index = JSON.stringify({
      manifests: [
        { ...other, platform: { os: "linux", architecture: "arm64" } },
        { ...own, platform: { os: "linux", architecture: "amd64" } },
        { ...other, platform: { os: "unknown", architecture: "unknown" } },
      ],
    });
    hosts.serve(`${repository}/manifests/v2.5.0`, index, { "content-type": `${oci}.index.v1+json` });
    return { index, manifest, digest: own.digest };
  }

  async function take(network = mirrored(), from: ImageSource = source): Promise<string> {
    const workshop = bench.workshop();
    const files = await takeFromImages(from, workshop, network);
    assert.deepEqual(files, { version: "2.5.0", executables: { saw: join("bin", "saw") } });
    assert.deepEqual(readdirSync(workshop.folder), ["bin"]);
    return readFileSync(join(workshop.folder, "bin", "saw"), "utf8");
  }

  const blobsAsked = (): number => hosts.requests.filter((line) => line.includes("/blobs/")).length;

  it("is the one of the highest layer that has it, and the layers below are not downloaded", async () => {
    publishTag(await layer(file("usr/bin/saw", "old")), await layer(file("usr/bin/saw")), await layer(file("etc/saw")));
    assert.equal(await take(), saw);
    assert.equal(blobsAsked(), 3); // the config and two of the three layers
  });

  it("is found in layers of every packing", async () => {
    const tar = await tarOf([file("usr/bin/saw")]);
    for (const [mediaType, blob] of [
      [`${oci}.layer.v1.tar`, tar],
      [`${oci}.layer.v1.tar+zstd`, zstdCompressSync(tar)],
      [`${docker}.image.rootfs.diff.tar.gzip`, gzipSync(tar)],
    ] as const) {
      publishTag({ mediaType, blob });
      assert.equal(await take(), saw);
      bench.clear();
      bench = new Bench();
    }
  });

  it("is found in an image without an index, for the architecture that its config names", async () => {
    const { manifest } = publishImage([await layer(file("usr/bin/saw"))]);
    hosts.serve(`${repository}/manifests/v2.5.0`, manifest);
    assert.equal(await take(), saw);
  });

  it("is there in spite of a whiteout of another file, and of one in its own layer", async () => {
    publishTag(
      await layer(file("usr/bin/saw", "old")),
      await layer({ name: "usr/bin/.wh.saw" }, file("usr/bin/saw")),
      await layer({ name: "usr/bin/.wh.sawdust" }),
    );
    assert.equal(await take(), saw);
  });

  it("is had with a token where the registry wants one, which no other host sees", async () => {
    publishTag(await layer(file("usr/bin/saw")));
    for (const [path, open] of [...hosts.handlers]) {
      const elsewhere = path.replace("registry.saw.test", "files.saw.test");
      hosts.handlers.set(elsewhere, open);
      hosts.handlers.set(path, (request, response) => {
        const challenge = `Bearer realm="https://registry.saw.test/token",service="saws",scope="repository:tools/saw:pull"`;
        if (request.headers.authorization !== "Bearer t0ken")
          response.writeHead(401, { "www-authenticate": challenge }).end();
        else if (path.includes("/blobs/")) response.writeHead(307, { location: `https:/${elsewhere}` }).end();
        else open(request, response);
      });
    }
    hosts.serve(
      "https://registry.saw.test/token?service=saws&scope=repository%3Atools%2Fsaw%3Apull",
      JSON.stringify({ access_token: "t0ken" }),
    );
    assert.equal(await take(proxied()), saw);
    const elsewhere = hosts.authorizations.filter((_, index) => hosts.requests[index]?.startsWith("GET /files."));
    assert.deepEqual(elsewhere, [undefined, undefined]);
    assert.equal(hosts.requests.filter((line) => line.includes("/token?")).length, 1);
  });

  it("is asked for by the digest of the table, and by the tag of a server on this machine", async () => {
    const { index } = publishTag(await layer(file("usr/bin/saw")));
    const { digest } = publish("manifests", index, `${oci}.index.v1+json`);
    const pinned: ImageSource = { ...source, programs: { saw: { ...image, digest } } };
    await take(proxied(), pinned);
    assert.ok(hosts.requests[0]?.endsWith(`/manifests/${digest}`));
    hosts.requests.length = 0;
    bench.clear();
    bench = new Bench();
    await take(mirrored(), pinned);
    assert.ok(hosts.requests[0]?.endsWith("/manifests/v2.5.0"));
  });

  describe("gives way to the build, with the reason in the log,", () => {
    async function reasonFor(network = mirrored(), from: ImageSource = source, architecture = "x64"): Promise<string> {
      const tool = toolWith({ sources: [from, { kind: "go-source", folder: "pause" }] });
      const workshop = bench.workshop({ tool, machine: bench.machine({ architecture }) });
      const released = bringThrough(network);
      const bring: Bring = (asked, at) => {
        if (asked.kind === "image") return released(asked, at);
        assert.deepEqual(readdirSync(at.folder), []);
        return Promise.resolve({ version: "built", executables: {} });
      };
      assert.equal((await bringFromAny(workshop, bring)).version, "built");
      return readFileSync(workshop.log, "utf8").split("\n").at(-2) ?? "";
    }

    it("when a layer removes the file", async () => {
      publishTag(await layer(file("usr/bin/saw")), await layer({ name: "usr/.wh.bin" }));
      assert.match(await reasonFor(), /registry\.saw\.test\/tools\/saw:v2\.5\.0 has no usr\/bin\/saw$/);
      assert.equal(blobsAsked(), 2);
    });

    it("when no layer has the file", async () => {
      publishTag(await layer(file("usr/bin/sawdust")));
      assert.match(await reasonFor(), /has no usr\/bin\/saw$/);
    });

    it("when the file is a link", async () => {
      publishTag(await layer({ name: "usr/bin/saw", type: "symlink", linkname: "saw-2" }));
      assert.match(await reasonFor(), /usr\/bin\/saw in the archive is a symlink$/);
    });

    it("when a layer is not what its digest says", async () => {
      const only = await layer(file("usr/bin/saw"));
      publishTag(only);
      hosts.serve(`${repository}/blobs/sha256:${sha256(only.blob)}`, "another");
      assert.match(await reasonFor(), /has the SHA-256 sha256:\w+, and its publisher names sha256:\w+$/);
    });

    it("when a manifest is not what its digest says", async () => {
      const { digest, manifest } = publishTag(await layer(file("usr/bin/saw")));
      hosts.serve(`${repository}/manifests/${digest}`, `${manifest} `);
      assert.match(await reasonFor(), /manifests\/sha256:\w+ has the SHA-256/);
    });

    it("when the index is not that of the table's digest", async () => {
      publishTag(await layer(file("usr/bin/saw")));
      const digest = `sha256:${sha256("what it was")}`;
      hosts.serve(`${repository}/manifests/${digest}`, "{}");
      assert.match(
        await reasonFor(proxied(), { ...source, programs: { saw: { ...image, digest } } }),
        /has the SHA-256 sha256:\w+, and its publisher names/,
      );
    });

    it("when there is none for the architecture, in the index or in the config", async () => {
      publishTag(await layer(file("usr/bin/saw")));
      assert.match(await reasonFor(mirrored(), source, "riscv64"), /has no image for linux\/riscv64$/);
      const { manifest } = publishImage([await layer(file("usr/bin/saw"))], "s390x");
      hosts.serve(`${repository}/manifests/v2.5.0`, manifest);
      bench.clear();
      bench = new Bench();
      assert.match(await reasonFor(), /the image tools\/saw is for linux\/s390x$/);
    });

    it("when the registry wants an account", async () => {
      hosts.handle(`${repository}/manifests/v2.5.0`, (_request, response) => {
        response.writeHead(401, { "www-authenticate": 'Basic realm="members"' }).end();
      });
      assert.match(await reasonFor(), /asks for credentials, and names no place where anybody gets a token$/);
    });

    it("when the token is refused", async () => {
      hosts.handle(`${repository}/manifests/v2.5.0`, (_request, response) => {
        response.writeHead(401, { "www-authenticate": 'Bearer realm="https://registry.saw.test/token"' }).end();
      });
      hosts.serve("https://registry.saw.test/token", JSON.stringify({ token: "worthless" }));
      const reason = await reasonFor();
      assert.match(reason, /manifests\/v2\.5\.0: HTTP 401$/);
      assert.doesNotMatch(reason, /worthless/);
    });

    it("when the manifest is no manifest", async () => {
      hosts.serve(`${repository}/manifests/v2.5.0`, "<html>");
      assert.match(await reasonFor(), /no saw from the image registry\.saw\.test\/tools\/saw: .*JSON/);
    });
  });

  it("is removed by a whiteout of it, of a folder above it, and by an opaque folder", () => {
    const path = "usr/bin/saw";
    for (const entry of [
      "usr/bin/.wh.saw",
      "usr/.wh.bin",
      ".wh.usr",
      "usr/bin/.wh..wh..opq",
      "usr/.wh..wh..opq",
      ".wh..wh..opq",
    ])
      assert.equal(removes(entry, path), true, entry);
    for (const entry of [
      "usr/bin/saw",
      "usr/bin/.wh.sawdust",
      "usr/.wh.sbin",
      "usr/lib/.wh..wh..opq",
      ".wh.saw",
      "usr/bi/.wh..wh..opq",
    ])
      assert.equal(removes(entry, path), false, entry);
  });
});
