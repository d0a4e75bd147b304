import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ownSource, recipeDigest } from "../../../platform/toolchain/recipe.ts";
import { releases } from "../../../platform/toolchain/published.ts";
import { fillTemplate } from "../../../platform/toolchain/releases/release.ts";
import { isPublished } from "../../../platform/toolchain/tool.ts";
import { toolNamed, toolNames } from "../../../platform/toolchain/tools.ts";
import { Bench, toolWith } from "./bench.ts";

describe("the table of tools", () => {
  const all = toolNames.map(toolNamed);

  it("has every executable that the cluster, the stacks and the tests start", () => {
    const executables = new Set(all.flatMap((tool) => tool.executables));
    const wanted = `kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl etcd pilot-discovery envoy
      prometheus-operator prometheus-config-reloader prometheus promtool pint actionlint shellcheck zizmor hadolint containerd containerd-shim-runc-v2 ctr runc
      iptables iptables-save iptables-restore alertmanager amtool pushgateway postgres initdb redis-server tini pause pulumi
      metrics-server keda`;
    for (const name of wanted.split(/\s+/)) assert.ok(executables.has(name), name);
  });

  it("names each executable once", () => {
    const executables = all.flatMap((tool) => tool.executables);
    assert.deepEqual(executables, [...new Set(executables)]);
  });

  for (const tool of all) {
    it(`says of ${tool.name} all that its sources have to give, what it is for and what it costs`, () => {
      const last = tool.sources.at(-1);
      assert.ok(last !== undefined);
      if ("programs" in last) assert.deepEqual(Object.keys(last.programs).toSorted(), [...tool.executables].toSorted());
      if (last.kind === "go-source") assert.ok(existsSync(join(ownSource(last.folder), "main.go")));
      assert.equal(last.kind === "go-module-file", tool.isFile === true);
      assert.ok(tool.neededFor.length > 0 && tool.estimateSeconds > 0 && tool.space.cache > 0);
      assert.ok(tool.executables.length > 0 || tool.directoryOf !== undefined || tool.isFile === true);
      assert.ok(tool.onMachine?.accepts !== undefined || tool.executables.length === 0 || tool.onMachine === undefined);
    });
  }

  describe("what publishers offer of it", () => {
    const published = all.flatMap((tool) => tool.sources.filter(isPublished).map((source) => ({ tool, source })));

    for (const { tool, source } of published) {
      it(`(${tool.name}) comes first, over https alone, gives every executable, and has a registry behind it`, () => {
        assert.equal(tool.sources[0], source);
        assert.ok(tool.sources.length > 1 && !isPublished(tool.sources.at(-1) ?? source));
        if (source.kind === "image") {
          assert.deepEqual(Object.keys(source.programs), tool.executables);
          return;
        }
        const programs = source.files.flatMap((file) =>
          "program" in file ? file.program : Object.keys(file.programs),
        );
        assert.deepEqual(programs, tool.executables);
        for (const { url, checksums, sha256 = {} } of source.files) {
          for (const address of [url, checksums]) assert.equal(new URL(address).protocol, "https:");
          for (const digest of Object.values(sha256)) assert.match(digest, /^[0-9a-f]{64}$/);
          for (const architecture of ["x64", "arm64"])
            assert.doesNotMatch(fillTemplate(url, source, tool.version, architecture), /[{}]/);
        }
      });
    }

    it("is, of Pulumi, the version of the SDK", () => {
      const root = join(import.meta.dirname, "..", "..", "..");
      const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
        dependencies: Record<string, string>;
      };
      assert.equal(releases.pulumi.version, dependencies["@pulumi/pulumi"]);
    });

    it("is named by addresses that were seen to exist", () => {
      const addresses = published.flatMap(({ tool, source }) =>
        source.kind === "image"
          ? Object.values(source.programs).map(({ registry, repository }) => `${registry}/${repository}`)
          : source.files.map(({ url }) => fillTemplate(url, source, source.version ?? tool.version, "x64")),
      );
      const github = "https://github.com";
      assert.deepEqual(addresses, [
        `${github}/pulumi/pulumi/releases/download/v3.270.0/pulumi-v3.270.0-linux-x64.tar.gz`,
        "https://dl.k8s.io/release/v1.36.3/bin/linux/amd64/kube-apiserver",
        "https://dl.k8s.io/release/v1.36.3/bin/linux/amd64/kube-controller-manager",
        "https://dl.k8s.io/release/v1.36.3/bin/linux/amd64/kube-scheduler",
        "https://dl.k8s.io/release/v1.36.3/bin/linux/amd64/kubelet",
        "https://dl.k8s.io/release/v1.36.3/bin/linux/amd64/kube-proxy",
        "https://dl.k8s.io/release/v1.36.3/bin/linux/amd64/kubectl",
        `${github}/etcd-io/etcd/releases/download/v3.6.8/etcd-v3.6.8-linux-amd64.tar.gz`,
        "registry-1.docker.io/istio/pilot",
        "quay.io/prometheus-operator/prometheus-operator",
        "quay.io/prometheus-operator/prometheus-config-reloader",
        `${github}/prometheus/prometheus/releases/download/v3.15.0/prometheus-3.15.0.linux-amd64.tar.gz`,
        `${github}/cloudflare/pint/releases/download/v0.80.0/pint-0.80.0-linux-amd64.tar.gz`,
        `${github}/rhysd/actionlint/releases/download/v1.7.12/actionlint_1.7.12_linux_amd64.tar.gz`,
      ]);
    });
  });

  it("is printed with where each tool is, for people and for programs, and nothing is brought", () => {
    const bench = new Bench();
    try {
      const print = (...parameters: string[]): string =>
        execFileSync(process.execPath, ["platform/toolchain/print.ts", ...parameters], {
          encoding: "utf8",
          env: { PATH: bench.bin, HOME: bench.folder("home") },
        });
      const rows = JSON.parse(print("--json")) as { name: string; state: string; reason?: string }[];
      assert.deepEqual(
        rows.map(({ name }) => name),
        toolNames,
      );
      const { state, reason } = rows.find(({ name }) => name === "istiod") ?? {};
      assert.deepEqual([state, reason], ["missing", "always our own"]);
      assert.match(print(), /^etcd +3\.6\.8 +missing +what the API server stores$/m);
      assert.deepEqual(readdirSync(bench.folder("home")), []);
    } finally {
      bench.clear();
    }
  });

  describe("its recipes", () => {
    it("have digests that stay the same and differ from tool to tool", async () => {
      const digests = await Promise.all(all.map(recipeDigest));
      assert.deepEqual(digests, await Promise.all(all.map(recipeDigest)));
      assert.equal(new Set(digests).size, all.length);
    });

    it("do not change with words and estimates", async () => {
      const words = { neededFor: "planks", estimateSeconds: 1_000, space: { cache: 2 } };
      assert.equal(await recipeDigest(toolWith(words)), await recipeDigest(toolWith({})));
    });

    it("do not change with what a publisher offers, since a release and a build are the same tool", async () => {
      const built = toolWith({}).sources[0];
      const files = [{ url: "https://saw.test/saw", checksums: "https://saw.test/sums", program: "saw" }];
      const released = toolWith({ sources: [{ kind: "release", files, estimateSeconds: 1 }, built] });
      assert.equal(await recipeDigest(released), await recipeDigest(toolWith({ sources: [built] })));
    });

    it("change with what is built", async () => {
      const source = { kind: "debian", packages: ["saw"], programs: { saw: "usr/bin/saw" } } as const;
      const before = await recipeDigest(toolWith({ sources: [source] }));
      assert.notEqual(await recipeDigest(toolWith({ sources: [{ ...source, packages: ["saw", "oil"] }] })), before);
      const named = (pattern: RegExp): Promise<string> =>
        recipeDigest(toolWith({ sources: [{ ...source, packages: [{ dependencyOf: "saws", named: pattern }] }] }));
      assert.notEqual(await named(/^saw-1$/), await named(/^saw-2$/));
    });
  });
});
