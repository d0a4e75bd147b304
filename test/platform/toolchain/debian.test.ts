import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, readFileSync, readdirSync, readlinkSync, renameSync } from "node:fs";
import { join } from "node:path";
import { unpackDebian } from "../../../platform/toolchain/debian.ts";
import type { DebianSource } from "../../../platform/toolchain/tool.ts";
import { Bench } from "./bench.ts";

const saw: DebianSource = { kind: "debian", packages: ["saw"], programs: { saw: "usr/bin/saw" } };

describe("a package of the distribution", () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
    // A package is a shell script that fills a folder; the distribution has them in `distribution/`.
    bench.script(
      "apt-get",
      `echo "$*" >> $BENCH/apt
      [ -e $BENCH/stale ] && { [ "$2" = update ] && rm $BENCH/stale || { echo "404 Not Found"; exit 100; }; }
      for word; do
        case "$word" in
          --simulate) cat $BENCH/simulation; exit;;
          download) seen=1;;
          *) [ -n "$seen" ] && cp "$BENCH/distribution/$word" "$word"_1.0_amd64.deb;;
        esac
      done; exit 0`,
    );
    bench.script("apt-cache", 'cat "$BENCH/depends/$3"');
    bench.script("dpkg-deb", 'if [ "$1" = --field ]; then echo "5:2.5-1"; else mkdir -p "$3"; sh "$2" "$3"; fi');
    bench.script("ldd", '[ -z "$LD_LIBRARY_PATH" ] && cat $BENCH/ldd-alone || cat $BENCH/ldd-ours');
    bench.file("ldd-alone", "\tlibc.so.6 => /lib/libc.so.6\n");
    bench.file("ldd-ours", "\tlibc.so.6 => /lib/libc.so.6\n");
    offer(
      "saw",
      'mkdir -p $1/usr/bin; printf "#!/bin/sh\\necho cuts $TEETH $*\\n" > $1/usr/bin/saw; chmod +x $1/usr/bin/saw',
    );
  });

  afterEach(() => {
    bench.clear();
  });

  function offer(name: string, body: string): void {
    bench.file(`distribution/${name}`, `${body}\n`);
  }

  function apt(): string[] {
    return readFileSync(join(bench.root, "apt"), "utf8").trimEnd().split("\n");
  }

  it("is unpacked, not installed, with a link to its program", async () => {
    const workshop = bench.workshop();
    const files = await unpackDebian(saw, workshop);
    assert.deepEqual(files, { version: "5:2.5-1", executables: { saw: "bin/saw" }, directory: undefined });
    assert.equal(readlinkSync(join(workshop.folder, "bin", "saw")), "../root/usr/bin/saw");
    assert.deepEqual(readdirSync(workshop.folder).toSorted(), ["bin", "root"]);
    assert.equal(apt().length, 1);
    assert.match(apt()[0] ?? "", / download saw$/);
  });

  it("gets a script in the place of a link when it has to be told where its files are", async () => {
    const workshop = bench.workshop();
    offer(
      "saw",
      'mkdir -p $1/usr/bin $1/usr/lib/x/teeth; echo "echo cuts with \\$TEETH: \\$*" > $1/usr/bin/saw; chmod +x $1/usr/bin/saw',
    );
    await unpackDebian({ ...saw, environment: { TEETH: "usr/lib/*/teeth" } }, workshop);
    const elsewhere = join(bench.root, "elsewhere");
    renameSync(workshop.folder, elsewhere);
    const said = execFileSync(join(elsewhere, "bin", "saw"), ["oak", "two words"], { encoding: "utf8" });
    assert.equal(said, `cuts with ${elsewhere}/bin/../root/usr/lib/x/teeth: oak two words\n`);
  });

  it("gets the libraries that the machine lacks, and those alone", async () => {
    bench.file("ldd-alone", "\tlibtooth.so.1 => not found\n");
    bench.file("ldd-ours", "\tlibtooth.so.1 => not found\n");
    bench.file(
      "simulation",
      "Reading…\nInst libc6 (2)\nInst libtooth1 (1)\nInst libllvm14 (1)\nInst perl (1)\nInst saw (1)\nConf saw\n",
    );
    offer("libtooth1", "mkdir -p $1/usr/lib/x86_64-linux-gnu; printf '\\tlibtooth.so.1 => here\\n' > $BENCH/ldd-ours");
    const workshop = bench.workshop();
    await unpackDebian(saw, workshop);
    assert.match(apt().at(-1) ?? "", / download libtooth1$/);
    const launcher = join(workshop.folder, "bin", "saw");
    assert.equal(lstatSync(launcher).isFile(), true);
    assert.match(
      readFileSync(launcher, "utf8"),
      /^export LD_LIBRARY_PATH="\$here\/\.\.\/root\/usr\/lib\/x86_64-linux-gnu"$/m,
    );
  });

  it("fails when no package holds a library", async () => {
    bench.file("ldd-alone", "\tlibtooth.so.1 => not found\n");
    bench.file("ldd-ours", "\tlibtooth.so.1 => not found\n");
    bench.file("simulation", "Inst saw (1)\n");
    await assert.rejects(unpackDebian(saw, bench.workshop()), /no package of the distribution holds libtooth\.so\.1/);
  });

  it("needs nothing when its program is static, of which ldd complains", async () => {
    bench.script("ldd", "echo not a dynamic executable; exit 1");
    const workshop = bench.workshop();
    await unpackDebian(saw, workshop);
    assert.equal(lstatSync(join(workshop.folder, "bin", "saw")).isSymbolicLink(), true);
  });

  it("is tried again after one reading of the package lists", async () => {
    bench.file("stale", "");
    const updates: string[] = [];
    await unpackDebian(saw, bench.workshop({ update: (text) => updates.push(text) }));
    assert.deepEqual(updates, ["downloading saw", "reading package lists", "downloading saw"]);
    assert.deepEqual(
      apt().map((line) => line.split(" ").slice(-1)[0]),
      ["saw", "update", "saw"],
    );
  });

  it("fails with the package manager's words when the second try fails too", async () => {
    bench.script("apt-get", "echo 'E: Unable to locate package saw'; exit 100");
    const workshop = bench.workshop();
    await assert.rejects(unpackDebian(saw, workshop), /apt-get ended with exit code 100/);
    assert.match(readFileSync(workshop.log, "utf8"), /Unable to locate package saw/);
  });

  it("is found behind a package that stands for its newest version", async () => {
    bench.file("depends/saws", "saws\n  Depends: saw-common\n  Depends: saw-15\n");
    offer("saw-15", "mkdir -p $1/usr/lib/saw/15/bin; echo > $1/usr/lib/saw/15/bin/saw");
    const workshop = bench.workshop();
    const source: DebianSource = {
      ...saw,
      packages: [{ dependencyOf: "saws", named: /^saw-\d+$/ }],
      programs: { saw: "usr/lib/saw/*/bin/saw" },
    };
    await unpackDebian(source, workshop);
    assert.equal(readlinkSync(join(workshop.folder, "bin", "saw")), "../root/usr/lib/saw/15/bin/saw");
  });

  it("fails when the package that stands for others has none of that name", async () => {
    bench.file("depends/saws", "saws\n  Depends: saw-common\n");
    const source: DebianSource = { ...saw, packages: [{ dependencyOf: "saws", named: /^saw-\d+$/ }] };
    await assert.rejects(unpackDebian(source, bench.workshop()), /saws depends on none that is named/);
  });

  it("loses the files that do harm, and gives the folder that was asked for", async () => {
    offer("saw", "mkdir -p $1/usr/bin $1/usr/lib/15; echo > $1/usr/bin/saw; echo > $1/usr/lib/15/harm.so");
    const workshop = bench.workshop();
    const files = await unpackDebian({ ...saw, omit: ["usr/lib/*/harm.so"], directory: "usr/lib" }, workshop);
    assert.equal(files.directory, "root/usr/lib");
    assert.equal(existsSync(join(workshop.folder, "root/usr/lib/15/harm.so")), false);
  });

  it("fails when it lacks the program", async () => {
    const source: DebianSource = { ...saw, programs: { saw: "usr/sbin/saw" } };
    await assert.rejects(unpackDebian(source, bench.workshop()), /the package has no usr\/sbin\/saw/);
  });
});
