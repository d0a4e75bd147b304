import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Bench } from "./bench.ts";

const stages = ["download", "modules", "compile", "rename"] as const;

/** A Go that meets with something at a stage, once, and else builds at once. */
const go = `
at() {
  [ -e "$BENCH/at-$1" ] || return 0
  what=$(cat "$BENCH/at-$1"); rm "$BENCH/at-$1"
  case $what in
    kill) kill -KILL $PPID; exit 1;;
    interrupt) kill -INT $PPID; exec sleep 60;;
    full) echo "write package.a: no space left on device" >&2; exit 1;;
  esac
}
case "$1 $2" in
  "env GOVERSION") echo go1.26.8;;
  "mod download") at download; mkdir -p "$GOMODCACHE"; echo "{\\"GoMod\\": \\"$BENCH/go.mod\\", \\"Dir\\": \\"$BENCH\\"}";;
  "list "*) at modules; echo example.org/saw@v2.5.0;;
  "build "*)
    at compile
    mkdir -p "$GOCACHE"; echo compiled > "$GOCACHE/package"; echo build >> "$BENCH/builds"
    while [ "$1" != -o ]; do shift; done
    echo saw > "$2/main"; echo sawdust > "$2/sawdust"
    at rename;;
esac`;

describe("a start that is interrupted", () => {
  let bench: Bench;
  let tools: string;

  beforeEach(() => {
    bench = new Bench();
    bench.script("go", go);
    bench.file("go.mod", "go 1.26\n");
    tools = join(bench.root, "tools");
  });

  afterEach(() => {
    bench.clear();
  });

  /** What it printed, and its exit code or the signal that ended it. */
  async function start(): Promise<{ readonly output: string; readonly end: number | NodeJS.Signals | null }> {
    const script = join(import.meta.dirname, "start-tools.ts");
    const env = { ...process.env, PATH: `${bench.bin}:/usr/bin:/bin`, HOME: bench.folder("home"), BENCH: bench.root };
    const child = spawn(process.execPath, [script, tools], { env, stdio: ["ignore", "pipe", "inherit"] });
    const [output] = await Promise.all([text(child.stdout), once(child, "exit")]);
    return { output, end: child.signalCode ?? child.exitCode };
  }

  /** What is in the tools' folder beside the logs; what a waiting or ended lock leaves is not. */
  const kept = (): string[] => readdirSync(tools).filter((name) => name !== "logs");

  async function startsToTheEnd(): Promise<void> {
    const path = join(tools, "saw", "2.5.0", "bin", "saw");
    assert.deepEqual(await start(), { output: path, end: 0 });
    assert.equal(readFileSync(path, "utf8"), "saw\n");
    assert.deepEqual(readdirSync(join(tools, "saw")), ["2.5.0"]);
    assert.deepEqual(readdirSync(join(tools, "saw", "2.5.0", "bin")), ["saw", "sawdust"]);
    assert.deepEqual(kept(), ["saw"]);
  }

  for (const stage of stages) {
    it(`by Ctrl-C (${stage}) leaves no half tool and what was compiled, and the next one ends what it began`, async () => {
      bench.file(`at-${stage}`, "interrupt");
      assert.deepEqual(await start(), { output: "Error: interrupted", end: 1 });
      assert.deepEqual(readdirSync(join(tools, "saw")), []);
      assert.deepEqual(readdirSync(join(tools, ".go", "users")), []);
      assert.equal(existsSync(join(tools, ".go", "build", "package")), stage === "rename");
      await startsToTheEnd();
    });

    it(`by kill -9 (${stage}) is resumed by the next one, which clears away what was left`, async () => {
      bench.file(`at-${stage}`, "kill");
      assert.deepEqual(await start(), { output: "", end: "SIGKILL" });
      assert.equal(readdirSync(join(tools, "saw")).filter((name) => name.startsWith(".building-")).length, 1);
      assert.equal(readdirSync(join(tools, ".go", "users")).length, 1);
      await startsToTheEnd();
    });

    it(`by a full disk (${stage}) gives back all the room, says so, and the next one begins again`, async () => {
      bench.file(`at-${stage}`, "full");
      const { output, end } = await start();
      assert.equal(end, 1);
      assert.match(
        output,
        /^NoSpaceError: There is no room for the tools in .*tools\.\n {2}why: they need about 1 MB there/,
      );
      assert.deepEqual(kept(), ["saw"]);
      assert.deepEqual(readdirSync(join(tools, "saw")), []);
      await startsToTheEnd();
    });
  }

  it("between the old version's leaving and the new one's coming is resumed by the next one", async () => {
    const home = join(tools, "saw");
    for (const name of [".building-abc", ".building-abc-old"]) mkdirSync(join(home, name), { recursive: true });
    writeFileSync(join(home, ".building-abc", "tool.json"), "{}");
    await startsToTheEnd();
  });

  it("not at all builds each tool once for two at a time, and the last one to end removes Go's caches", async () => {
    const both = await Promise.all([start(), start()]);
    assert.deepEqual(both[0], both[1]);
    assert.equal(readFileSync(join(bench.root, "builds"), "utf8"), "build\n");
    await startsToTheEnd();
  });
});
