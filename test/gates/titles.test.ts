import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import {
  compareTitles,
  readTitles,
  renderTitleChanges,
  TitleListError,
  writeTitles,
  type TitleList,
} from "./titles.ts";

const list = (groups: Readonly<Record<string, readonly string[]>>, notRun: string[] = []): TitleList => ({
  groups: Object.fromEntries(
    Object.entries(groups).map(([group, titles]) => [group, titles.map((title) => ({ file: "a.test.ts", title }))]),
  ),
  notRun,
});

describe("The comparison of two runs' titles", () => {
  it("finds none lost or new where a test moved to another file or group", () => {
    const after: TitleList = { groups: { other: [{ file: "b.test.ts", title: "is warm" }] }, notRun: [] };
    assert.deepEqual(compareTitles(list({ fast: ["is warm"] }), after), { lost: [], added: [], notRun: [] });
  });

  it("finds what was lost and what is new, also of titles that are there several times", () => {
    const before = list({ fast: ["is warm", "is warm", "is clean"] });
    const after = list({ fast: ["is warm", "is bright"] });
    assert.deepEqual(compareTitles(before, after), {
      lost: ["is clean", "is warm"],
      added: ["is bright"],
      notRun: [],
    });
  });

  it("does not call the tests of a group lost that the second run left out, but those of a group that is gone", () => {
    const before = list({ fast: ["is warm"], drills: ["survives"], forgotten: ["counts"] });
    assert.deepEqual(compareTitles(before, list({ fast: ["is warm"] }, ["drills"])), {
      lost: ["counts"],
      added: [],
      notRun: ["survives"],
    });
  });

  it("finds nothing between a list and itself, and as much lost one way as is new the other way", () => {
    const titles = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 8 });
    fc.assert(
      fc.property(titles, titles, (one, other) => {
        const [first, second] = [list({ fast: one }), list({ fast: other })];
        assert.deepEqual(compareTitles(first, first), { lost: [], added: [], notRun: [] });
        assert.deepEqual(compareTitles(first, second).lost, compareTitles(second, first).added);
      }),
    );
  });

  it("is printed with the lost titles first", () => {
    assert.equal(
      renderTitleChanges({ lost: ["is clean"], added: [], notRun: ["survives"] }),
      "1 lost\n  «is clean»\n0 new\n1 of groups that did not run in the second list",
    );
  });
});

describe("A list of titles", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "gates-titles-"));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("is read as it was written, into a folder that need not be there", () => {
    const file = path.join(folder, "deep", "titles.json");
    const titles = { ...list({ fast: ["is warm"] }, ["drills"]), commit: "abc" };
    writeTitles(file, titles);
    assert.deepEqual(readTitles(file), titles);
  });

  it("is refused with the way to one where the file is missing or holds something else", () => {
    const file = path.join(folder, "titles.json");
    const refused = (error: unknown): boolean =>
      error instanceof TitleListError && error.file === file && error.message.includes("npm test -- --list FILE");
    assert.throws(() => readTitles(file), refused);
    writeFileSync(file, "[]");
    assert.throws(() => readTitles(file), refused);
  });
});
