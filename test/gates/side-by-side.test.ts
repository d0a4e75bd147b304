import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createReporter, type ReporterClock } from "../../platform/progress.ts";
import { aRun, aTest } from "./runs.ts";
import { runSideBySide } from "./side-by-side.ts";
import type { RunTests } from "./test-process.ts";

describe("Parts that run side by side", () => {
  let folder: string;
  let printed: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "gates-parts-"));
    printed = "";
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const still: ReporterClock = { now: () => 0, every: () => () => undefined };

  const part = (name: string) => ({
    name,
    request: { files: [`${name}.test.ts`], seed: 1, timeoutMs: 1_000 },
    options: { deadline: 1 },
  });

  /** Runs one part that is thought of, and returns what is printed. */
  async function print(showOutput: boolean, run: RunTests): Promise<string> {
    const reporter = createReporter({ write: (text: string) => (printed += text) }, still);
    await runSideBySide([part("fast")], { run, reporter, logs: folder, showOutput });
    return printed;
  }

  it("are shown with their failures when they happen and their output when they end", async () => {
    const text = await print(true, (_, { log, onLine }) => {
      onLine?.(["start", { total: 2 }]);
      onLine?.(["pass", aTest("is warm")]);
      onLine?.(["fail", { ...aTest("is clean"), error: ["crumbs", "at a.test.ts:1"] }]);
      writeFileSync(log!, "much\n");
      return Promise.resolve(aRun({}));
    });
    assert.equal(
      text,
      `start   fast
FAILED  fast: is clean
    crumbs
    at a.test.ts:1
done    fast in 0 s
── fast: its output
much
── fast ended: 1 of 2 passed, 1 failed; output in ${path.join(folder, "fast.log")}

`,
    );
  });

  it("are shown without their output on a terminal, where its file is named", async () => {
    const text = await print(false, (_, { log }) => {
      writeFileSync(log!, "much\n");
      return Promise.resolve(aRun({ ended: false }));
    });
    assert.equal(
      text,
      `start   fast
done    fast in 0 s
── fast was killed or broke off at «its start»: loading its files; output in ${path.join(folder, "fast.log")}

`,
    );
  });

  it("are shown with the end of their output where it is long, and with how much is missing", async () => {
    const text = await print(true, (_, { log }) => {
      writeFileSync(log!, `${"a".repeat(9 * 1024 * 1024)}\nthe end\n`);
      return Promise.resolve(aRun({}));
    });
    assert.ok(text.length < 8.1 * 1024 * 1024);
    assert.match(text.slice(0, 200), /\(\d+ bytes more at the beginning of .*fast\.log\)/);
    assert.match(text.slice(-200), /a\nthe end\n── fast ended/);
  });
});
