import assert from "node:assert/strict";
import { phases, type Phase } from "../../../delivery/release/state.ts";
import { initialState, isFinal } from "../../../delivery/release/state-machine.ts";
import { advice, afterwards, doneNow, versionsOf } from "../../../delivery/view/words.ts";
import { release } from "./models.ts";

const at = (phase: Phase) => ({ ...initialState, phase, step: phase === "awaiting-approval" ? 2 : 0, percent: 10 });

describe("the words for a release", () => {
  it("name what is done in every phase, and what it waits for where it waits", () => {
    for (const phase of phases) assert.ok(doneNow(at(phase), release).length > 10, phase);
    assert.equal(
      doneNow(at("awaiting-approval"), release),
      "waiting for a person, at most 1 h: atom approve --stack production",
    );
  });

  it("tell every role what it can do, and offer no way back where there is none", () => {
    const back = /takes it back/;
    for (const phase of phases) {
      const takesBack =
        !isFinal(phase) &&
        !["finishing", "returning", "confirming-return", "quarantining", "scaling-down"].includes(phase);
      assert.equal(advice(at(phase), release, "releaser").includes("takes it back"), takesBack, phase);
      assert.equal(advice(at(phase), release, "watcher").includes("takes it back"), takesBack, phase);
      assert.equal(afterwards(at(phase), release, "releaser").includes("takes it back"), takesBack, phase);
      assert.doesNotMatch(advice(at(phase), release, "observer"), back, phase);
    }
  });

  it("never tell a watcher that Ctrl-C takes a release back", () => {
    for (const phase of phases) assert.doesNotMatch(advice(at(phase), release, "watcher"), /Ctrl-C takes/);
  });

  it("tell two builds of one version apart by their slots", () => {
    const { from, to } = release;
    assert.deepEqual(versionsOf({ from, to }), ["1.4.1", "1.4.2"]);
    assert.deepEqual(versionsOf({ from: { ...from, version: "1.4.2" }, to }), ["1.4.2 (blue)", "1.4.2 (green)"]);
    assert.deepEqual(versionsOf({ from: { ...from, version: "" }, to }), ["blue", "1.4.2 (green)"]);
  });
});
