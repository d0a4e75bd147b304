import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ownSource, recipeDigest } from "../../../platform/toolchain/recipe.ts";
import { toolNamed, toolNames } from "../../../platform/toolchain/tools.ts";
import { Bench, toolWith } from "./bench.ts";

describe("the table of tools", () => {
  const all = toolNames.map(toolNamed);

  it("has every executable that the cluster, the stacks and the tests start", () => {
    const executables = new Set(all.flatMap((tool) => tool.executables));
    const wanted = `kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl etcd pilot-discovery envoy
      prometheus-operator prometheus-config-reloader prometheus promtool pint actionlint shellcheck zizmor hadolint containerd containerd-shim-runc-v2 ctr runc
      iptables iptables-save iptables-restore alertmanager amtool pushgateway postgres initdb redis-server tini pause pulumi`;
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
