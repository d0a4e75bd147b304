import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  buildGoModule,
  buildGoSource,
  compilerMemory,
  copyFromGoModule,
  executableOf,
} from "../../../platform/toolchain/go.ts";
import { goModFor } from "../../../platform/toolchain/go-module.ts";
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
        "list "*) echo fmt@; echo example.org/planks@v1.0.0; echo k8s.io/kubernetes/cmd/kubectl@v1.36.3;;
        "build -trimpath")
          [ -e $BENCH/break ] && { echo "saw.go:3: undefined: tooth"; exit 1; }
          echo "$*" >> $BENCH/builds; env > $BENCH/environment; cp go.mod $BENCH/go.mod
          printf 'fmt\\nexample.org/planks\\n' >&2
          while [ "$1" != -o ]; do shift; done; target=$2; shift 2
          case "$target" in
            */) for package; do echo program > "$target$(basename $package)"; done;;
            *) echo program > "$target";;
          esac;;
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

  it("builds all programs by one command, stamped and stripped, names them and keeps nothing else", async () => {
    const workshop = bench.workshop();
    const source = { ...kubernetes, programs: { ...kubernetes.programs, saw: "example.org/cmd/operator" } };
    const files = await buildGoModule(source, workshop);
    const executables = { kubectl: "bin/kubectl", kubelet: "bin/kubelet", saw: "bin/saw" };
    assert.deepEqual(files, { version: "2.5.0", executables });
    assert.deepEqual(readdirSync(workshop.folder), ["bin"]);
    assert.deepEqual(readdirSync(join(workshop.folder, "bin")), ["kubectl", "kubelet", "saw"]);
    const flags = "-trimpath -buildvcs=false -v -gcflags=all=-dwarf=false -ldflags -s -w";
    const stamps = "-X example.org/version.git=v1.36.3 -X example.org/version.major=1";
    const packages = "k8s.io/kubernetes/cmd/kubectl k8s.io/kubernetes/cmd/kubelet example.org/cmd/operator";
    assert.equal(
      readFileSync(join(bench.root, "builds"), "utf8"),
      `build ${flags} ${stamps} -o ${workshop.folder}/bin/ ${packages}\n`,
    );
    assert.equal(readFileSync(join(bench.root, "go.mod"), "utf8"), goModFor(source, itsGoMod));
    assert.equal(readFileSync(join(bench.root, "downloads"), "utf8"), "k8s.io/kubernetes@v1.36.3\n");
  });

  it("builds the only program of a module with its tags", async () => {
    const workshop = bench.workshop();
    const source = { ...kubernetes, programs: { saw: "example.org/saw/v3" }, tags: ["sharp", "dry"], stamps: {} };
    assert.deepEqual((await buildGoModule(source, workshop)).executables, { saw: "bin/saw" });
    assert.equal(
      readFileSync(join(bench.root, "builds"), "utf8"),
      `build -trimpath -buildvcs=false -v -gcflags=all=-dwarf=false -tags sharp,dry -ldflags -s -w -o ${workshop.folder}/bin/saw example.org/saw/v3\n`,
    );
  });

  it("says how many of its packages are compiled, without those that another tool has compiled", async () => {
    const updates: [string, number | undefined][] = [];
    const workshop = bench.workshop({ update: (text, done) => updates.push([text, done]) });
    workshop.go.compiled.add("fmt@");
    await buildGoModule({ ...kubernetes, programs: { kubectl: "k8s.io/kubernetes/cmd/kubectl" } }, workshop);
    assert.deepEqual(updates, [
      ["downloading its modules", undefined],
      ["1 of 2 packages", 1 / 32],
    ]);
    assert.ok(workshop.go.compiled.has("example.org/planks@v1.0.0"));
  });

  it("knows Go's name for a package's program", () => {
    assert.deepEqual(["example.org/cmd/saw", "example.org/saw/v3", "."].map(executableOf), ["saw", "saw", "."]);
  });

  it("gives the compiler memory by the machine's, and a quarter of a gigabyte at least", () => {
    assert.deepEqual(compilerMemory(16 * 2 ** 30, 2), { GOGC: "400", GOMEMLIMIT: "2048MiB" });
    assert.deepEqual(compilerMemory(2 ** 30, 8), { GOGC: "400", GOMEMLIMIT: "256MiB" });
  });

  it("builds without C, with the Go that is there and caches of our own, and keeps its temporary files beside the tool", async () => {
    const workshop = bench.workshop();
    await buildGoModule(kubernetes, workshop);
    const environment = readFileSync(join(bench.root, "environment"), "utf8");
    const caches = join(bench.root, "tools", ".go");
    const lines = ["CGO_ENABLED=0", "GOFLAGS=-mod=mod -modcacherw", "GOTOOLCHAIN=local", "GOWORK=off"];
    for (const line of [...lines, `GOCACHE=${caches}/build`, `GOMODCACHE=${caches}/modules`, "GOGC=400"]) {
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
