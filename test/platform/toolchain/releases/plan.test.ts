import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { ToolchainError, MirrorAddressError } from "../../../../platform/toolchain/errors.ts";
import { ReleaseNetwork } from "../../../../platform/toolchain/releases/network.ts";
import { planDownloads } from "../../../../platform/toolchain/releases/plan.ts";
import type { Source, Tool } from "../../../../platform/toolchain/tool.ts";
import { toolWith } from "../bench.ts";
import { ReleaseHosts } from "./release-hosts.ts";

describe("the plan of what is downloaded", () => {
  let hosts: ReleaseHosts;
  let notes: string[];

  beforeEach(async () => {
    hosts = await ReleaseHosts.start();
    notes = [];
  });

  afterEach(() => hosts[Symbol.asyncDispose]());

  const built: Source = { kind: "go-source", folder: "pause" };
  const from = (name: string, host: string): Tool => {
    const url = `https://${host}/${name}`;
    const files = [{ url, checksums: `${url}.sha256`, program: name }];
    return toolWith({
      name,
      sources: [{ kind: "release", files, estimateSeconds: 3 }, built],
      estimateSeconds: 300,
      space: { cache: 1, goCache: 100 },
    });
  };
  const tools = [from("saw", "dl.saw.test"), from("drill", "files.saw.test"), toolWith({ name: "hammer" })];

  const plan = (network: ReleaseNetwork): Promise<readonly Tool[]> =>
    planDownloads(tools, network, { note: (text) => notes.push(text) });
  const kinds = (planned: readonly Tool[]) => planned.map(({ sources }) => sources.map(({ kind }) => kind));
  const proxied = (env: Record<string, string> = {}, probeMs = 20_000): ReleaseNetwork =>
    new ReleaseNetwork({ HTTPS_PROXY: hosts.proxy, ...env }, { ca: hosts.authority, limits: { probeMs } });

  it("has every source where each host answers, whatever it answers, and each is asked once", async () => {
    assert.deepEqual(kinds(await plan(proxied())), [["release", "go-source"], ["release", "go-source"], ["go-source"]]);
    assert.deepEqual(hosts.requests.toSorted(), ["HEAD /dl.saw.test/", "HEAD /files.saw.test/"]);
    assert.deepEqual(notes, []);
  });

  it("estimates the download's time and room, not the build's", async () => {
    const [saw, , hammer] = await plan(proxied());
    assert.deepEqual([saw?.estimateSeconds, saw?.space], [3, { cache: 1 }]);
    assert.deepEqual(hammer, tools[2]);
  });

  it("asks a mirror alone, once, for all hosts", async () => {
    assert.equal((await plan(new ReleaseNetwork({ ATOM_RELEASES_MIRROR: hosts.mirror })))[0]?.sources.length, 2);
    assert.equal(hosts.requests.length, 1);
  });

  it("follows no redirect to learn whether a host answers", async () => {
    hosts.redirect("https://dl.saw.test/", "https://elsewhere.saw.test/");
    hosts.redirect("https://files.saw.test/", "http://files.saw.test/");
    await plan(proxied());
    assert.deepEqual(notes, []);
  });

  it("asks all hosts at the same time", async () => {
    const waiting: ServerResponse[] = [];
    for (const { host } of [new URL("https://dl.saw.test"), new URL("https://files.saw.test")])
      hosts.handle(`https://${host}/`, (_request, response) => {
        waiting.push(response);
        // Neither is answered before the other was asked.
        if (waiting.length === 2) for (const each of waiting) each.end();
      });
    await plan(proxied());
    assert.deepEqual(notes, []);
  });

  it("has registries alone where no host answers in time, and says so once", async () => {
    hosts.proxyMode = "silent";
    assert.deepEqual(kinds(await plan(proxied({}, 200))), [["go-source"], ["go-source"], ["go-source"]]);
    assert.deepEqual(notes, ["release hosts cannot be reached: building from the registries"]);
    assert.equal(hosts.connects.length, 2);
  });

  it("leaves out one host that does not answer, and names it", async () => {
    const planned = await plan(proxied({ NO_PROXY: "files.saw.test" }));
    assert.deepEqual(kinds(planned), [["release", "go-source"], ["go-source"], ["go-source"]]);
    assert.equal(planned[1]?.estimateSeconds, 300);
    assert.deepEqual(notes, ["files.saw.test cannot be reached: what is published there is built from the registries"]);
  });

  it("asks nothing when no tool has a release", async () => {
    const network = new ReleaseNetwork({ ATOM_RELEASES_MIRROR: hosts.mirror });
    await planDownloads([toolWith({})], network, { note: (text) => notes.push(text) });
    assert.deepEqual([hosts.requests, notes], [[], []]);
  });

  it("ends with an abort", async () => {
    hosts.proxyMode = "silent";
    const signal = AbortSignal.abort(new Error("enough"));
    await assert.rejects(planDownloads(tools, proxied(), { note: () => undefined, signal }), /^Error: enough$/);
  });
});

describe("the mirror of ATOM_RELEASES_MIRROR", () => {
  const at = (mirror: string): string =>
    new ReleaseNetwork({ ATOM_RELEASES_MIRROR: mirror }).addressOf(new URL("https://dl.k8s.io/a/b?c=d")).href;

  it("is asked for the official host and path below its own address", () => {
    assert.equal(at("https://mirror.test"), "https://mirror.test/dl.k8s.io/a/b?c=d");
    assert.equal(at("https://ada:pw@mirror.test/raw/"), "https://ada:pw@mirror.test/raw/dl.k8s.io/a/b?c=d");
    assert.equal(at("http://[::1]:8080"), "http://[::1]:8080/dl.k8s.io/a/b?c=d");
    assert.equal(at(""), "https://dl.k8s.io/a/b?c=d");
  });

  it("is refused, as a mistake of the user's and without its password, when it is no https address", () => {
    for (const [mirror, problem] of [
      ["mirror", "its value is not an address"],
      ["http://ada:pw@mirror.test/raw?key=secret", "its value http://mirror.test/raw is not https"],
      ["http://127.0.0.1.mirror.test", "its value http://127.0.0.1.mirror.test/ is not https"],
    ] as const)
      assert.throws(
        () => at(mirror),
        (error) => error instanceof MirrorAddressError && error instanceof ToolchainError && error.why === problem,
      );
  });
});
