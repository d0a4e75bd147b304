import assert from "node:assert/strict";
import { initialState } from "../../../delivery/release/state-machine.ts";
import type { JournalEntry, Phase } from "../../../delivery/release/state.ts";
import { stagesOf } from "../../../delivery/view/stages.ts";
import { line, plan, release, toFirstStep } from "./models.ts";

const marks = { done: "✓", now: "▶", held: "‖", failed: "✗", todo: "·" } as const;

/** The stations by their marks; the plan's are ready, smoke, 10 %, 50 %, approval, 100 %, smoke, soak. */
function way(phase: Phase, step: number, journal: readonly JournalEntry[] = release.journal): string {
  return stagesOf(plan, { ...initialState, phase, step }, journal)
    .map(({ status }) => marks[status])
    .join("");
}

describe("the stations of a release", () => {
  it("are done before the present one", () => {
    assert.deepEqual(
      [
        way("waiting-ready", 0),
        way("smoking", 0),
        way("shifting", 0),
        way("measuring", 1),
        way("awaiting-approval", 2),
        way("smoking-public", 3),
        way("soaking", 3),
        way("finishing", 3),
        way("released", 3),
      ],
      ["▶·······", "✓▶······", "✓✓▶·····", "✓✓✓▶····", "✓✓✓✓▶···", "✓✓✓✓✓✓▶·", "✓✓✓✓✓✓✓▶", "✓✓✓✓✓✓✓✓", "✓✓✓✓✓✓✓✓"],
    );
  });

  it("show where it is held", () => {
    assert.equal(way("held", 1), "✓✓✓‖····");
  });

  it("show where it turned back, for as long as it is known", () => {
    const begun = [...release.journal, ...toFirstStep];
    const failed = (before: readonly JournalEntry[]) => [...before, line(9, 30, "returning", "failed", "why")];
    assert.equal(way("returning", 0, failed(begun)), "✓✓✗·····");
    assert.equal(way("rolled-back", 0, failed(begun.slice(0, 2))), "✓✗······");
    assert.equal(way("rolled-back", 0, failed(release.journal)), "✗·······");
    const soaking = [...begun, line(8, 20, "soaking", "smoke-passed", "", { step: 3, percent: 100 })];
    assert.equal(way("scaling-down", 3, failed(soaking)), "✓✓✓✓✓✓✓✗");
  });
});
