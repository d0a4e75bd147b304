import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Finding } from "./examination.ts";
import {
  entriesOf,
  FlakyRecordError,
  readFlakyRecord,
  withHistory,
  writeFlakyRecord,
  type FlakyEntry,
} from "./flaky-record.ts";
import { aRun } from "./runs.ts";

const at = new Date("2026-11-30T06:00:00Z");
const checkout = { commit: "abc", tree: "t1" };

const finding = (name: string, kind: Finding["kind"], ...outcomes: readonly ("passed" | "failed")[]): Finding => ({
  failure: { name, file: "a.test.ts", error: ["no water"] },
  ...{ kind, evidence: "as was seen", recovered: [] },
  reruns: outcomes.map((outcome) => ({ outcome, error: outcome === "passed" ? [] : ["no light"] })),
});
const warm = finding("is warm", "flaky", "passed", "passed");

const entry: FlakyEntry = {
  ...{ title: "is warm", file: "a.test.ts", run: "the group fast", seed: 7, commit: "abc", tree: "t1" },
  ...{ at: at.toISOString(), verdict: "passed" },
  results: [
    { outcome: "failed", error: ["no water"] },
    { outcome: "passed", error: [] },
    { outcome: "passed", error: [] },
  ],
};

const entries = (findings: readonly Finding[], refused: readonly Finding[] = []): readonly FlakyEntry[] =>
  entriesOf([{ name: "the group fast", run: aRun({ seed: 7 }), findings }], checkout, new Set(refused), at);

describe("The record of flaky tests", () => {
  let file: string;

  beforeEach(() => {
    file = path.join(mkdtempSync(path.join(tmpdir(), "gates-record-")), "results", "flaky.json");
  });

  afterEach(() => {
    rmSync(path.dirname(path.dirname(file)), { recursive: true });
  });

  it("holds each flaky test with all its results, the seed, the commit and the tree", () => {
    assert.deepEqual(entries([warm]), [entry]);
    assert.deepEqual(entries([warm], [warm]), [{ ...entry, verdict: "failed" }]);
  });

  it("holds also a test that passed once of three times, and none that always failed or depends on the order", () => {
    const unsteady = finding("is bright", "failed", "failed", "passed");
    const others = [
      finding("is clean", "failed", "failed", "failed"),
      finding("is dry", "order-dependent", "passed", "passed"),
    ];
    const [only, ...more] = entries([unsteady, ...others]);
    assert.deepEqual(
      [only?.title, only?.verdict, only?.results.map(({ outcome }) => outcome), more],
      ["is bright", "failed", ["failed", "failed", "passed"], []],
    );
  });

  it("is read as it was written, with the newest entries where there are too many", () => {
    assert.deepEqual(readFlakyRecord(file), []);
    writeFlakyRecord(file, [entry]);
    assert.deepEqual(readFlakyRecord(file), [entry]);
    writeFlakyRecord(file, [...Array<FlakyEntry>(300).fill(entry), { ...entry, seed: 8 }]);
    const read = readFlakyRecord(file);
    assert.deepEqual([read.length, read.at(-1)?.seed], [200, 8]);
    assert.deepEqual(readdirSync(path.dirname(file)), ["flaky.json"]);
  });

  it("is refused where it holds something else, with what to do", () => {
    writeFlakyRecord(file, []);
    writeFileSync(file, '[{"title": 1}]');
    assert.throws(
      () => readFlakyRecord(file),
      (error) => error instanceof FlakyRecordError && error.file === file && error.message.includes("Remove it"),
    );
  });

  it("tells which tests were flaky before in the same checkout, and when last", () => {
    const record = [entry, { ...entry, at: "2026-11-30T07:00:00.000Z" }];
    const clean = finding("is clean", "failed", "failed", "failed");
    assert.deepEqual(withHistory([warm, clean], record, checkout), [
      { ...warm, flakyBefore: "2026-11-30T07:00:00.000Z" },
      clean,
    ]);
  });

  it("tells nothing of another checkout, or of a test with the same title in another file", () => {
    assert.deepEqual(withHistory([warm], [entry], { tree: "t2" }), [warm]);
    assert.deepEqual(withHistory([warm], [{ ...entry, file: "b.test.ts" }], checkout), [warm]);
  });
});
