import assert from "node:assert/strict";
import { readJournal } from "./journal.ts";
import { aRun, aTest } from "./runs.ts";

const warm = { title: "is warm", fullTitle: "is warm", file: "a.test.ts" };
const lines = [
  ["start", { total: 2 }],
  ["test", warm],
  ["pass", aTest("is warm")],
  ["test", { ...warm, fullTitle: "is clean" }],
  ["fail", { ...aTest("is clean"), error: ["crumbs"] }],
  ["pending", { ...warm, fullTitle: "is bright" }],
  ["end", { failures: 1 }],
].map((line) => `${JSON.stringify(line)}\n`);
const times = { seed: 1, seconds: 1 };

describe("The journal of a run", () => {
  it("tells what passed, failed and was left out, and that the run came to its end", () => {
    assert.deepEqual(
      readJournal(lines.join(""), times),
      aRun({
        passed: [aTest("is warm")],
        failed: [{ ...aTest("is clean"), error: ["crumbs"] }],
        pending: [{ ...warm, fullTitle: "is bright" }],
        began: [warm, { ...warm, fullTitle: "is clean" }],
      }),
    );
  });

  it("tells of a run that was killed in the middle of a line what it had done, and what it was at", () => {
    const text = lines.slice(0, 4).join("") + lines[4]!.slice(0, 20);
    assert.deepEqual(
      readJournal(text, times),
      aRun({ passed: [aTest("is warm")], began: [warm, { ...warm, fullTitle: "is clean" }], ended: false }),
    );
  });

  it("is empty where the tests could not even be loaded", () => {
    assert.deepEqual(readJournal("", times), aRun({ ended: false }));
  });
});
