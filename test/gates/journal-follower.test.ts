import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { JournalFollower } from "./journal-follower.ts";
import type { JournalLine } from "./journal.ts";
import { aTest } from "./runs.ts";

describe("The follower of a journal", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "gates-follower-"));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("reads each line once, also one that is written in two parts and within a character", () => {
    const file = path.join(folder, "journal");
    const lines: JournalLine[] = [];
    const pass: JournalLine = ["pass", aTest("is «warm»")];
    const bytes = Buffer.from(`${JSON.stringify(pass)}\n`);
    const middle = bytes.indexOf("»") + 1;
    {
      using follower = new JournalFollower(file, (line) => lines.push(line));
      follower.read();
      appendFileSync(file, `${JSON.stringify(["start", { total: 1 }])}\n`);
      appendFileSync(file, bytes.subarray(0, middle));
      follower.read();
      assert.deepEqual(lines, [["start", { total: 1 }]]);
      appendFileSync(file, bytes.subarray(middle));
      follower.read();
      assert.deepEqual(lines.slice(1), [pass]);
    }
    assert.equal(lines.length, 2);
  });
});
