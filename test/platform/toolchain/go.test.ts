import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { buildGoModule, buildGoSource, copyFromGoModule, goModFor } from "../../../platform/toolchain/go.ts";
import type { GoModuleSource } from "../../../platform/toolchain/tool.ts";
import { Bench } from "./bench.ts";

const kubernetes: GoModuleSource = {
  kind: "go-module",
  module: "k8s.io/kubernetes",
  version: "v1.36.3",
  programs: { kubectl: "k8s.io/kubernetes/cmd/kubectl", kubelet: "k8s.io/kubernetes/cmd/kubelet" },
  stagingVersion: "v0.36.3",
  replace: { "example.org/planks": "v1.0.0" },
  stamps: { "example.org/version.git": "v1.36.3", "example.org/version.major": "1" },
};

const itsGoMod = `module k8s.io/kubernetes

go 1.26.0

toolchain go1.26.1

godebug default=go1.26

require golang.org/x/sys v0.1.0

replace (
	k8s.io/api => ./staging/src/k8s.io/api
	k8s.io/client-go => ./staging/src/k8s.io/client-go
	example.org/other => example.org/fork v1.0.0
)
`;

describe("a build from a Go module", () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
    bench.file("module/go.mod", itsGoMod);
    bench.file("module/crds/one.yaml", "kind: One\n");
    bench.script(
      "go",
      `case "$1 $2" in
        "mod download") echo "{\\"GoMod\\": \\"$BENCH/module/go.mod\\", \\"Dir\\": \\"$BENCH/module\\"}"; echo "$4" >> $BENCH/downloads;;
        "build -trimpath")
          [ -e $BENCH/break ] && { echo "saw.go:3: undefined: tooth"; exit 1; }
          echo "$*" >> $BENCH/builds; env > $BENCH/environment; cp go.mod $BENCH/go.mod
          while [ "$1" != -o ]; do shift; done; mkdir -p "$(dirname "$2")"; echo program > "$2";;
      esac`,
    );
  });

  afterEach(() => {
    bench.clear();
  });

  it("requires the module alone, and takes over what a main module decides", () => {
    assert.equal(
      goModFor(kubernetes, itsGoMod),
      `module atom.local/tool
go 1.26.0
godebug default=go1.26
require k8s.io/kubernetes v1.36.3
replace k8s.io/api => k8s.io/api v0.36.3
replace k8s.io/client-go => k8s.io/client-go v0.36.3
replace example.org/planks => example.org/planks v1.0.0
`,
    );
  });

  it("replaces no staging module where there are none", () => {
    const { module, version, programs } = kubernetes;
    const plain = goModFor({ kind: "go-module", module, version, programs }, itsGoMod);
    assert.doesNotMatch(plain, /replace/);
  });

  it("builds each program by its name, stamped and stripped, and keeps nothing else", async () => {
    const updates: string[] = [];
    const workshop = bench.workshop({ update: (text) => updates.push(text) });
    const files = await buildGoModule(kubernetes, workshop);
    assert.deepEqual(files, { version: "2.5.0", executables: { kubectl: "bin/kubectl", kubelet: "bin/kubelet" } });
    assert.deepEqual(updates, ["kubectl (1 of 2)", "kubelet (2 of 2)"]);
    assert.deepEqual(readdirSync(workshop.folder), ["bin"]);
    const flags = "-s -w -X example.org/version.git=v1.36.3 -X example.org/version.major=1";
    const lines = ["kubectl", "kubelet"].map(
      (name) =>
        `build -trimpath -buildvcs=false -ldflags ${flags} -o ${workshop.folder}/bin/${name} k8s.io/kubernetes/cmd/${name}`,
    );
    assert.equal(readFileSync(join(bench.root, "builds"), "utf8"), `${lines.join("\n")}\n`);
    assert.equal(readFileSync(join(bench.root, "go.mod"), "utf8"), goModFor(kubernetes, itsGoMod));
    assert.equal(readFileSync(join(bench.root, "downloads"), "utf8"), "k8s.io/kubernetes@v1.36.3\n");
  });

  it("builds without C and with the Go that is there, and keeps its temporary files beside the tool", async () => {
    const workshop = bench.workshop();
    await buildGoModule(kubernetes, workshop);
    const environment = readFileSync(join(bench.root, "environment"), "utf8");
    for (const line of ["CGO_ENABLED=0", "GOFLAGS=-mod=mod", "GOTOOLCHAIN=local", "GOWORK=off"]) {
      assert.match(environment, new RegExp(`^${line}$`, "m"));
    }
    assert.match(environment, new RegExp(`^GOTMPDIR=${workshop.folder}/`, "m"));
  });

  it("fails with the compiler's words, which are also in the log", async () => {
    bench.file("break", "");
    const workshop = bench.workshop();
    await assert.rejects(buildGoModule(kubernetes, workshop), /go ended with exit code 1/);
    assert.match(readFileSync(workshop.log, "utf8"), /undefined: tooth/);
  });

  it("copies a file or a folder out of a module", async () => {
    const workshop = bench.workshop();
    const { module, version } = kubernetes;
    const files = await copyFromGoModule({ kind: "go-module-file", module, version, file: "crds" }, workshop);
    assert.deepEqual(files, { version: "2.5.0", executables: {}, file: "crds" });
    const copy = join(workshop.folder, "crds", "one.yaml");
    assert.equal(readFileSync(copy, "utf8"), "kind: One\n");
    assert.notEqual(statSync(copy).mode & 0o200, 0);
    assert.deepEqual(readdirSync(workshop.folder), ["crds"]);
  });

  it("builds a program of our own from a copy", async () => {
    const workshop = bench.workshop();
    const files = await buildGoSource({ kind: "go-source", folder: "pause" }, workshop);
    assert.deepEqual(files.executables, { pause: "bin/pause" });
    assert.match(readFileSync(join(bench.root, "go.mod"), "utf8"), /^module atom.local\/pause/);
    assert.equal(existsSync(join(workshop.folder, "bin", "pause")), true);
  });
});
