import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { bringFromAny, type Bring } from "../../../platform/toolchain/bring.ts";
import { CommandError } from "../../../platform/toolchain/command.ts";
import { ToolBuildError } from "../../../platform/toolchain/errors.ts";
import type { Source } from "../../../platform/toolchain/tool.ts";
import { Bench, toolWith } from "./bench.ts";

describe("a tool with several sources", () => {
  let bench: Bench;
  const url = "https://dl.saw.test/saw";
  const files = [{ url, checksums: `${url}.sha256`, program: "saw" }];
  const release: Source = { kind: "release", files, estimateSeconds: 1 };
  const tool = toolWith({ sources: [release, { kind: "go-source", folder: "pause" }] });
  const whole = { version: "2.5.0", executables: {} };

  beforeEach(() => {
    bench = new Bench();
  });

  afterEach(() => {
    bench.clear();
  });

  it("comes from the first one that works", async () => {
    const asked: string[] = [];
    const bring: Bring = (source) => {
      asked.push(source.kind);
      return Promise.resolve(whole);
    };
    const files = await bringFromAny(bench.workshop({ tool }), bring);
    assert.deepEqual(files, { ...whole, origin: "the release at dl.saw.test" });
    assert.deepEqual(asked, ["release"]);
  });

  it("comes from the next one, in an empty folder, when the first one fails", async () => {
    const workshop = bench.workshop({ tool });
    const bring: Bring = (source) => {
      if (source.kind === "release") {
        bench.file("workshop/bin/half", "");
        return Promise.reject(new Error("cannot be reached"));
      }
      assert.deepEqual(readdirSync(workshop.folder), []);
      return Promise.resolve(whole);
    };
    assert.deepEqual(await bringFromAny(workshop, bring), { ...whole, origin: "this project's source" });
  });

  it("fails with every reason, the last lines of the output and the log's path", async () => {
    const bring: Bring = (source) =>
      Promise.reject(
        source.kind === "release"
          ? new Error("the download cannot be reached")
          : new CommandError("go", "ended with exit code 1", "first\nsecond: undefined: tooth\n"),
      );
    const workshop = bench.workshop({ tool });
    await assert.rejects(bringFromAny(workshop, bring), (error) => {
      assert.ok(error instanceof ToolBuildError);
      assert.equal(error.tool, "saw 2.5.0");
      assert.equal(error.log, join(bench.root, "tool.log"));
      assert.ok(error.cause instanceof CommandError);
      assert.equal(
        error.message,
        `saw 2.5.0 could not be brought here.
  why: the download cannot be reached; then go ended with exit code 1; it ended with
    | first
    | second: undefined: tooth
  way out: read ${error.log}, mend what it names and start again (what is finished is kept),
    or use a cluster that you have: npm start -- --context NAME`,
      );
      return true;
    });
  });

  it("is not tried further after an abort", async () => {
    const abort = new AbortController();
    let asked = 0;
    const bring: Bring = () => {
      asked += 1;
      abort.abort(new Error("enough"));
      return Promise.reject(new Error("stopped"));
    };
    await assert.rejects(bringFromAny(bench.workshop({ tool, signal: abort.signal }), bring), /enough/);
    assert.equal(asked, 1);
  });

  describe("of one kind", () => {
    const commands: readonly [source: Source, command: string][] = [
      [{ kind: "go-module", module: "example.org/saw", version: "v1.0.0", programs: { saw: "." } }, "go"],
      [{ kind: "go-module-file", module: "example.org/saw", version: "v1.0.0", file: "crds" }, "go"],
      [{ kind: "go-source", folder: "pause" }, "go"],
      [{ kind: "wheel", project: "saw", version: "1.0", programs: { saw: "saw" } }, "python3"],
    ];
    for (const [source, command] of commands) {
      it(`(${source.kind}) is brought by ${command}`, async () => {
        const workshop = bench.workshop({ tool: toolWith({ sources: [source] }), machine: bench.machine() });
        await assert.rejects(bringFromAny(workshop), new RegExp(`why: ${command} could not be started`));
      });
    }

    it("(debian) is brought by apt-get, which is asked to read its lists when it fails", async () => {
      const source: Source = { kind: "debian", packages: ["saw"], programs: { saw: "usr/bin/saw" } };
      const workshop = bench.workshop({ tool: toolWith({ sources: [source] }), machine: bench.machine() });
      await assert.rejects(bringFromAny(workshop), /why: apt-get could not be started/);
    });
  });
});
