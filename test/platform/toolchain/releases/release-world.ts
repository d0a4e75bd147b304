import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { bringFromAny, bringThrough, type Bring } from "../../../../platform/toolchain/bring.ts";
import type { Workshop } from "../../../../platform/toolchain/recipe.ts";
import { ReleaseNetwork, type DownloadLimits } from "../../../../platform/toolchain/releases/network.ts";
import type { ReleaseSource, Source } from "../../../../platform/toolchain/tool.ts";
import { Bench, toolWith } from "../bench.ts";
import { sha256 } from "./archives.ts";
import { ReleaseHosts } from "./release-hosts.ts";

export const url = "https://dl.saw.test/v2.5.0/saw-amd64";
export const checksums = "https://dl.saw.test/v2.5.0/SHA256SUMS";
export const saw = "#!/bin/sh\necho saw\n";
export const source: ReleaseSource = {
  kind: "release",
  files: [{ url: "https://dl.saw.test/v{version}/saw-{arch}", checksums, program: "saw" }],
  estimateSeconds: 1,
};
export const built: Source = { kind: "go-source", folder: "pause" };

/** A bench, and hosts that publish a saw. */
export class ReleaseWorld implements AsyncDisposable {
  readonly bench = new Bench();
  readonly hosts: ReleaseHosts;

  private constructor(hosts: ReleaseHosts) {
    this.hosts = hosts;
    hosts.serve(url, saw);
    hosts.serve(checksums, `${sha256("other")}  saw-arm64\n${sha256(saw)}  saw-amd64\n`);
  }

  static async start(): Promise<ReleaseWorld> {
    return new ReleaseWorld(await ReleaseHosts.start());
  }

  /** Through the mirror in plain HTTP. */
  mirrored(limits: Partial<DownloadLimits> = {}): ReleaseNetwork {
    return new ReleaseNetwork({ ATOM_RELEASES_MIRROR: this.hosts.mirror }, { limits });
  }

  /** Through the proxy, to the publisher's own address with TLS. */
  proxied(env: Record<string, string> = {}): ReleaseNetwork {
    return new ReleaseNetwork({ HTTPS_PROXY: this.hosts.proxy, ...env }, { ca: this.hosts.authority });
  }

  /** Takes the release, or says "built" in its place. */
  async bring(network: ReleaseNetwork, changes: Partial<Workshop> & { source?: ReleaseSource } = {}) {
    const { source: first = source, ...others } = changes;
    const workshop = this.bench.workshop({ tool: toolWith({ sources: [first, built] }), ...others });
    const released = bringThrough(network);
    const found: string[] = [];
    const from: Bring = async (asked, at) => {
      if (asked.kind === "release") return released(asked, at);
      found.push(...readdirSync(at.folder));
      return { version: "built", executables: {} };
    };
    const { version } = await bringFromAny(workshop, from);
    assert.deepEqual(found, [], "what was left of the download is there when the build begins");
    return { version, log: readFileSync(workshop.log, "utf8") };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.hosts[Symbol.asyncDispose]();
    this.bench.clear();
  }
}
