import assert from "node:assert/strict";
import { ReleaseNetwork } from "../../../../platform/toolchain/releases/network.ts";
import type { Bench } from "../bench.ts";
import { sha256, tarGzOf } from "./archives.ts";
import type { ReleaseHosts } from "./release-hosts.ts";
import { checksums, ReleaseWorld, saw, url } from "./release-world.ts";

describe("a tool's release gives way to the build, with the reason in the log,", () => {
  let world: ReleaseWorld;
  let bench: Bench;
  let hosts: ReleaseHosts;

  beforeEach(async () => {
    world = await ReleaseWorld.start();
    ({ bench, hosts } = world);
  });

  afterEach(() => world[Symbol.asyncDispose]());

  interface Failure {
    readonly title: string;
    readonly arrange: () => void;
    readonly network?: () => ReleaseNetwork;
    readonly architecture?: string;
    readonly reason: RegExp;
  }
  const quick = (): ReleaseNetwork => world.mirrored({ stallMs: 300 });
  const nothing = (): void => undefined;
  const failures: readonly Failure[] = [
    {
      title: "when it is not there",
      arrange: () => hosts.handlers.delete("/dl.saw.test/v2.5.0/saw-amd64"),
      reason: /saw-amd64: HTTP 404/,
    },
    {
      title: "when its checksum is another",
      arrange: () => {
        hosts.serve(checksums, `${sha256("other")}  saw-amd64\n`);
      },
      reason: /has the SHA-256 \w{64}, and its publisher names \w{64}/,
    },
    {
      title: "when its publisher's list is not there",
      arrange: () => hosts.handlers.delete("/dl.saw.test/v2.5.0/SHA256SUMS"),
      reason: /SHA256SUMS: HTTP 404/,
    },
    {
      title: "when its publisher's list does not name it",
      arrange: () => {
        hosts.serve(checksums, `${sha256(saw)}  saw-amd64.sig\n`);
      },
      reason: /SHA256SUMS has no SHA-256 of saw-amd64/,
    },
    {
      title: "when the server answers with an error",
      arrange: () => {
        hosts.handle(url, (_request, response) => response.writeHead(503).end());
      },
      reason: /saw-amd64: HTTP 503/,
    },
    {
      title: "when it stops in the middle and nothing more comes",
      arrange: () => {
        hosts.handle(url, (_request, response) => {
          response.writeHead(200, { "content-length": saw.length });
          response.write(saw.slice(0, 5));
        });
      },
      network: quick,
      reason: /: sent nothing for 0\.3 s/,
    },
    {
      title: "when the server takes the request and never answers",
      arrange: () => {
        hosts.handle(url, nothing);
      },
      network: quick,
      reason: /: sent nothing for 0\.3 s/,
    },
    {
      title: "when it trickles for longer than the tool may take",
      arrange: () => {
        hosts.handle(url, (_request, response) => {
          response.writeHead(200);
          const trickle = setInterval(() => response.write("x"), 5);
          response.on("close", () => {
            clearInterval(trickle);
          });
        });
      },
      network: () => world.mirrored({ toolMs: 200 }),
      reason: /: not there after 0\.2 s/,
    },
    {
      title: "when the connection breaks in the middle",
      arrange: () => {
        hosts.handle(url, (_request, response) => {
          response.writeHead(200, { "content-length": saw.length });
          response.write(saw.slice(0, 5), () => response.destroy());
        });
      },
      reason: /saw-amd64: ended after 5 bytes: aborted/,
    },
    {
      title: "when it ends too early without anybody saying so",
      arrange: () => {
        hosts.handle(url, (_request, response) => response.end(saw.slice(0, 5)));
      },
      reason: /has the SHA-256/,
    },
    {
      title: "when it says that it is too large",
      arrange: nothing,
      network: () => world.mirrored({ maxBytes: 10 }),
      reason: /saw-amd64: is larger than 0 MiB/,
    },
    {
      title: "when it is too large without saying so",
      arrange: () => {
        hosts.handle(url, (_request, response) => response.end(saw));
      },
      network: () => world.mirrored({ maxBytes: 10 }),
      reason: /saw-amd64: is larger than 0 MiB/,
    },
    {
      title: "when it redirects without an end",
      arrange: () => {
        hosts.redirect(url, "/dl.saw.test/v2.5.0/saw-amd64");
      },
      reason: /saw-amd64: redirects more than 5 times/,
    },
    {
      title: "when it redirects from https to http",
      arrange: () => {
        hosts.redirect(url, `${hosts.mirror}/dl.saw.test/plain`);
        hosts.serve("https://dl.saw.test/plain", saw);
      },
      network: () => world.proxied(),
      reason: /saw-amd64: redirects to http:\/\/127\.0\.0\.1:\d+, which is not https/,
    },
    {
      title: "when it redirects to plain HTTP elsewhere",
      arrange: () => {
        hosts.redirect(url, "http://files.saw.test/saw");
      },
      reason: /http:\/\/files\.saw\.test\/saw: is not https/,
    },
    {
      title: "when nobody vouches for the server's certificate",
      arrange: nothing,
      network: () => new ReleaseNetwork({ https_proxy: hosts.proxy }),
      reason: /SHA256SUMS: self-signed certificate/,
    },
    {
      title: "when the proxy refuses",
      arrange: () => {
        hosts.proxyMode = "refuse";
      },
      network: () => world.proxied(),
      reason: /SHA256SUMS: .*403/,
    },
    {
      title: "when the host has no address",
      arrange: nothing,
      // Asked directly, as the environment wants it: the name exists nowhere.
      network: () => world.proxied({ NO_PROXY: "dl.saw.test" }),
      reason: /SHA256SUMS: getaddrinfo \w+ dl\.saw\.test/,
    },
    {
      title: "when nothing listens at the address",
      arrange: nothing,
      network: () => new ReleaseNetwork({ ATOM_RELEASES_MIRROR: "http://127.0.0.1:1" }),
      reason: /SHA256SUMS: connect ECONNREFUSED 127\.0\.0\.1:1/,
    },
    {
      title: "when the publisher has none for the architecture",
      arrange: nothing,
      architecture: "riscv64",
      reason: /there is no release for riscv64/,
    },
  ];
  for (const { title, arrange, network = () => world.mirrored(), reason, architecture = "x64" } of failures)
    it(title, async () => {
      arrange();
      const { version, log } = await world.bring(network(), { machine: bench.machine({ architecture }) });
      assert.equal(version, "built");
      assert.match(log, new RegExp(`^no saw from the release at dl\\.saw\\.test: .*${reason.source}`, "m"));
    });

  for (const [title, entries, reason] of [
    ["lacks the executable", [{ name: "README.md", content: "read me" }], /saw\.tar\.gz has no saw/],
    [
      "has a link in its place",
      [{ name: "saw", type: "symlink", linkname: "/bin/sh" }],
      /saw in the archive is a symlink/,
    ],
  ] as const)
    it(`when the archive ${title}`, async () => {
      const archive = await tarGzOf(entries);
      const address = "https://dl.saw.test/saw.tar.gz";
      hosts.serve(address, archive);
      hosts.serve(`${address}.sha256`, sha256(archive));
      const files = [{ url: address, checksums: `${address}.sha256`, programs: { saw: "saw" } }];
      const { version, log } = await world.bring(world.mirrored(), {
        source: { kind: "release", files, estimateSeconds: 1 },
      });
      assert.equal(version, "built");
      assert.match(log, reason);
    });

  it("when the archive is none", async () => {
    const address = "https://dl.saw.test/saw.tar.gz";
    hosts.serve(address, saw);
    hosts.serve(`${address}.sha256`, sha256(saw));
    const files = [{ url: address, checksums: `${address}.sha256`, programs: { saw: "saw" } }];
    const { version, log } = await world.bring(world.mirrored(), {
      source: { kind: "release", files, estimateSeconds: 1 },
    });
    assert.equal(version, "built");
    assert.match(log, /no saw from .*: incorrect header check/);
  });
});
