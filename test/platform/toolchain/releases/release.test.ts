import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { bringFromAny, bringThrough, type Bring } from "../../../../platform/toolchain/bring.ts";
import { ToolBuildError } from "../../../../platform/toolchain/errors.ts";
import { takeRelease } from "../../../../platform/toolchain/releases/release.ts";
import type { ReleaseSource } from "../../../../platform/toolchain/tool.ts";
import { toolWith, type Bench } from "../bench.ts";
import { sha256, tarGzOf } from "./archives.ts";
import type { ReleaseHosts } from "./release-hosts.ts";
import { built, checksums, ReleaseWorld, saw, source, url } from "./release-world.ts";

describe("a tool's release", () => {
  let world: ReleaseWorld;
  let bench: Bench;
  let hosts: ReleaseHosts;

  beforeEach(async () => {
    world = await ReleaseWorld.start();
    ({ bench, hosts } = world);
  });

  afterEach(() => world[Symbol.asyncDispose]());

  it("is an executable when its checksum is the publisher's", async () => {
    const workshop = bench.workshop();
    const files = await takeRelease(source, workshop, world.mirrored());
    assert.deepEqual(files, { version: "2.5.0", executables: { saw: join("bin", "saw") } });
    const executable = join(workshop.folder, "bin", "saw");
    assert.equal(readFileSync(executable, "utf8"), saw);
    assert.equal(statSync(executable).mode & 0o777, 0o755);
    assert.deepEqual(readdirSync(workshop.folder), ["bin"]);
    assert.deepEqual(hosts.requests, ["GET /dl.saw.test/v2.5.0/SHA256SUMS", "GET /dl.saw.test/v2.5.0/saw-amd64"]);
  });

  it("is noted in the log with its address, size and time, and shown while it comes", async () => {
    const shown: string[] = [];
    const { log } = await world.bring(world.mirrored(), { update: (text) => shown.push(text) });
    assert.match(
      log,
      new RegExp(`^${hosts.mirror}/dl\\.saw\\.test/v2\\.5\\.0/saw-amd64: 19 bytes in \\d+\\.\\d s$`, "m"),
    );
    assert.deepEqual(shown, ["saw-amd64: 0 of 1 MB"]);
  });

  it("is the one for the machine's architecture", async () => {
    const other = "arm";
    hosts.serve("https://dl.saw.test/v2.5.0/saw-arm64", other);
    hosts.serve(checksums, `${sha256(saw)}  saw-amd64\n${sha256(other)} *saw-arm64\n`);
    const workshop = bench.workshop({ machine: bench.machine({ architecture: "arm64" }) });
    await takeRelease(source, workshop, world.mirrored());
    assert.equal(readFileSync(join(workshop.folder, "bin", "saw"), "utf8"), other);
  });

  it("is taken out of an archive with what lies beside it, and nothing else", async () => {
    const archive = await tarGzOf([
      { name: "./saw-2.5.0/", type: "directory" },
      { name: "./saw-2.5.0/saw", content: saw, mode: 0o755 },
      { name: "./saw-2.5.0/saw-helper", content: "helper", mode: 0o755 },
      { name: "./saw-2.5.0/docs/README.md", content: "read me" },
      { name: "./elsewhere", content: "no" },
    ]);
    const archived: ReleaseSource = {
      kind: "release",
      version: "2.5.1",
      files: [
        {
          url: "https://dl.saw.test/saw-{version}.tar.gz",
          checksums: "https://dl.saw.test/saw-{version}.tar.gz.sha256",
          programs: { saw: "saw-2.5.0/saw" },
          folder: "saw-2.5.0",
        },
      ],
      estimateSeconds: 1,
    };
    hosts.serve("https://dl.saw.test/saw-2.5.1.tar.gz", archive);
    hosts.serve("https://dl.saw.test/saw-2.5.1.tar.gz.sha256", sha256(archive));
    const workshop = bench.workshop();
    assert.equal((await takeRelease(archived, workshop, world.mirrored())).version, "2.5.1");
    assert.deepEqual(readdirSync(join(workshop.folder, "bin")).toSorted(), ["saw", "saw-helper"]);
    assert.equal(readFileSync(join(workshop.folder, "bin", "saw"), "utf8"), saw);
  });

  it("comes after redirects, also to another host", async () => {
    hosts.redirect(url, `${hosts.mirror.replace("127.0.0.1", "localhost")}/elsewhere/saw?signature=secret`);
    hosts.handlers.set("/elsewhere/saw?signature=secret", (_request, response) => response.end(saw));
    const { version, log } = await world.bring(world.mirrored());
    assert.equal(version, "2.5.0");
    assert.match(log, /localhost:\d+\/elsewhere\/saw: 19 bytes/);
    assert.doesNotMatch(log, /secret/);
  });

  it("comes through the proxy of the environment, with TLS from end to end", async () => {
    const { version } = await world.bring(world.proxied());
    assert.equal(version, "2.5.0");
    assert.deepEqual(hosts.connects, ["dl.saw.test:443", "dl.saw.test:443"]);
  });

  it("is checked against the pin of the table, and the publisher's list is not asked", async () => {
    const pinned = { ...source, files: [{ ...source.files[0]!, sha256: { x64: sha256(saw) } }] };
    assert.equal((await world.bring(world.proxied(), { source: pinned })).version, "2.5.0");
    assert.deepEqual(hosts.requests, ["GET /dl.saw.test/v2.5.0/saw-amd64"]);
  });

  it("is refused when the pin is another, whatever the publisher's list says", async () => {
    const pinned = { ...source, files: [{ ...source.files[0]!, sha256: { x64: sha256("another") } }] };
    const { version, log } = await world.bring(world.proxied(), { source: pinned });
    assert.equal(version, "built");
    assert.match(log, new RegExp(`has the SHA-256 ${sha256(saw)}, and its publisher names ${sha256("another")}`));
  });

  it("of a server on this machine is checked against that server's list, since a pin cannot know own builds", async () => {
    const pinned = { ...source, files: [{ ...source.files[0]!, sha256: { x64: sha256("official") } }] };
    assert.equal((await world.bring(world.mirrored(), { source: pinned })).version, "2.5.0");
  });

  it("that failed is a reason in the error when the build fails too", async () => {
    hosts.handlers.clear();
    const released = bringThrough(world.mirrored());
    const from: Bring = (asked, at) =>
      asked.kind === "release" ? released(asked, at) : Promise.reject(new Error("no compiler"));
    await assert.rejects(
      bringFromAny(bench.workshop({ tool: toolWith({ sources: [source, built] }) }), from),
      (error) =>
        error instanceof ToolBuildError && /why: http\S+SHA256SUMS: HTTP 404; then no compiler;/.test(error.message),
    );
  });

  it("ends with an abort, and nothing is built", async () => {
    const abort = new AbortController();
    hosts.handle(url, () => {
      abort.abort(new Error("enough"));
    });
    await assert.rejects(world.bring(world.mirrored(), { signal: abort.signal }), /^Error: enough$/);
  });

  it("waits for a silent host once, and not again for the next tool", async () => {
    hosts.handle(checksums, () => undefined);
    const network = world.mirrored({ stallMs: 300 });
    await world.bring(network);
    const { log } = await world.bring(network);
    assert.match(log, /SHA256SUMS: did not answer before/);
    assert.equal(hosts.requests.length, 1);
  });
});
