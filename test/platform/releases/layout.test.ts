import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { layOut } from "../../../platform/releases/layout.ts";
import { ReleaseServer } from "../../../platform/releases/server.ts";
import { bringThrough } from "../../../platform/toolchain/bring.ts";
import { releases } from "../../../platform/toolchain/published.ts";
import { ReleaseNetwork } from "../../../platform/toolchain/releases/network.ts";
import { toolNamed, toolNames } from "../../../platform/toolchain/tools.ts";
import { isPublished } from "../../../platform/toolchain/tool.ts";
import { eventually } from "../../support/eventually.ts";
import { Bench } from "../toolchain/bench.ts";

describe("our own builds in the layout of the official releases", () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
  });

  afterEach(() => {
    bench.clear();
  });

  const offered = toolNames.map(toolNamed).filter(({ sources }) => sources.some(isPublished));

  for (const tool of offered)
    for (const architecture of ["x64", "arm64"])
      it(`are, of ${tool.name} for ${architecture}, what the toolchain takes for its release`, async () => {
        const [source] = tool.sources.filter(isPublished);
        assert.ok(source !== undefined);
        const executables = Object.fromEntries(
          tool.executables.map((name) => [name, bench.file(`built/${name}`, `our ${name}`)]),
        );
        if (tool.name === "pulumi") bench.file("built/pulumi-language-nodejs", "our language host");
        const version = source.version ?? tool.version;
        const build = { source, version, files: { version, executables } };
        const offers = await layOut(build, { folder: bench.folder("packed"), architecture });
        await using server = await ReleaseServer.start(offers, 0, () => undefined);
        const network = new ReleaseNetwork({ ATOM_RELEASES_MIRROR: server.address });
        const workshop = bench.workshop({ tool, machine: bench.machine({ architecture }) });
        const files = await bringThrough(network)(source, workshop);
        assert.equal(files.version, version);
        for (const [name, path] of Object.entries(files.executables))
          assert.equal(readFileSync(join(workshop.folder, path), "utf8"), `our ${name}`);
        if (tool.name === "pulumi")
          assert.equal(
            readFileSync(join(workshop.folder, "bin", "pulumi-language-nodejs"), "utf8"),
            "our language host",
          );
      });

  it("need every executable of the release", async () => {
    mkdirSync(join(bench.root, "packed"));
    const build = { source: releases.etcd, version: "1", files: { version: "1", executables: {} } };
    await assert.rejects(
      layOut(build, { folder: join(bench.root, "packed"), architecture: "x64" }),
      /the tool has no executable etcd/,
    );
  });

  it("are served to GET and HEAD alone, and nothing else of the machine is", async () => {
    const offers = new Map([
      ["/a.test/text", { text: "text", contentType: "text/plain" }],
      ["/a.test/file", { file: bench.file("file", "content") }],
      ["/a.test/gone", { file: join(bench.root, "gone") }],
    ]);
    const lines: string[] = [];
    await using server = await ReleaseServer.start(offers, 0, (line) => lines.push(line));
    const ask = async (path: string, method = "GET"): Promise<[number, string]> => {
      const response = await fetch(`${server.address}${path}`, { method });
      return [response.status, await response.text()];
    };
    assert.deepEqual(await ask("/a.test/text"), [200, "text"]);
    assert.deepEqual(await ask("/a.test/file"), [200, "content"]);
    assert.deepEqual(await ask("/a.test/file", "HEAD"), [200, ""]);
    assert.deepEqual(await ask("/a.test/file", "PUT"), [405, ""]);
    assert.deepEqual(await ask("/a.test/../../etc/passwd"), [404, ""]);
    await assert.rejects(ask("/a.test/gone"));
    // A client may have an answer before the server has said so.
    const wanted = ["GET /a.test/text: 200", "GET /a.test/file: 200, 0.0 MB"];
    await eventually("both answers were told", () => (wanted.every((line) => lines.includes(line)) ? true : undefined));
  });
});
