import assert from "node:assert/strict";
import { coverageOf } from "./coverage.ts";

const lines = (total: number, pct: number): { readonly lines: { readonly total: number; readonly pct: number } } => ({
  lines: { total, pct },
});

describe("The coverage", () => {
  it("is that of all lines, with the files that are behind it, the least covered first", () => {
    const summary = {
      total: lines(40, 50),
      "/project/b.ts": lines(10, 40),
      "/project/a.ts": lines(10, 0),
      "/project/c.ts": lines(20, 75),
    };
    assert.deepEqual(coverageOf(summary, "/project"), {
      lines: 50,
      behind: [
        { file: "a.ts", lines: 0 },
        { file: "b.ts", lines: 40 },
      ],
    });
  });

  it("is none where no file counts: istanbul says 100 % or «Unknown» of that", () => {
    assert.deepEqual(coverageOf({ total: lines(0, 100) }, "/project"), { lines: 0, behind: [] });
    assert.deepEqual(coverageOf({}, "/project"), { lines: 0, behind: [] });
  });
});
