import assert from "node:assert/strict";
import { planServingReplicas, type DesiredReplicas } from "../../../components/slots/replicas.ts";
import { liveSlot } from "./live.ts";

interface Row {
  readonly when: string;
  readonly running: number;
  /** What was noted on the Deployment. */
  readonly noted: string | undefined;
  readonly file: DesiredReplicas;
  readonly releasing?: boolean;
  /** The replicas that are applied. @default none */
  readonly applied?: number;
  readonly note?: RegExp;
}

const four = { count: 4, autoscaled: false };

const rows: readonly Row[] = [
  { when: "runs what the file says", running: 4, noted: "4", file: four },
  { when: "runs what the file says, and nothing was noted yet", running: 4, noted: undefined, file: four },
  {
    when: "gets more, because the file has changed",
    ...{ running: 2, noted: "2", file: four, applied: 4 },
    note: /^atom: blue, which serves, gets 4 replicas in place of 2, as the stack's file says\.$/,
  },
  {
    when: "gets fewer, because the file has changed",
    ...{ running: 6, noted: "6", file: four, applied: 4 },
    note: /gets 4 replicas in place of 6/,
  },
  {
    when: "was scaled up by hand, and the file has not changed",
    ...{ running: 9, noted: "4", file: four },
    note: /^atom: blue serves with 9 replicas, and not with the 4 of the stack's file: it was scaled outside Pulumi/,
  },
  {
    when: "was scaled by hand to one, and the file has not changed",
    ...{ running: 1, noted: "4", file: four },
    note: /serves with 1 replica, and not with the 4/,
  },
  {
    when: "was scaled by hand, and then the file has changed",
    ...{ running: 9, noted: "2", file: four, applied: 4 },
    note: /gets 4 replicas in place of 9/,
  },
  {
    when: "was scaled to 0 by hand: nobody means that",
    ...{ running: 0, noted: "4", file: four, applied: 4 },
    note: /gets 4 replicas in place of 0/,
  },
  {
    when: "has fewer than the file says, and nothing was noted yet",
    ...{ running: 2, noted: undefined, file: four, applied: 4 },
    note: /gets 4 replicas in place of 2/,
  },
  {
    when: "has more than the file says, and nothing was noted yet",
    ...{ running: 9, noted: undefined, file: four },
    note: /it was scaled outside Pulumi/,
  },
  { when: "has the number of its autoscaler", running: 9, noted: "autoscaled", file: { count: 2, autoscaled: true } },
  { when: "gets an autoscaler", running: 4, noted: "4", file: { count: 2, autoscaled: true } },
  {
    when: "has an autoscaler that leaves 0 at 0",
    ...{ running: 0, noted: "autoscaled", file: { count: 2, autoscaled: true }, applied: 2 },
    note: /gets 2 replicas in place of 0/,
  },
  {
    when: "loses its autoscaler",
    ...{ running: 9, noted: "autoscaled", file: four, applied: 4 },
    note: /gets 4 replicas in place of 9/,
  },
  {
    when: "takes part in a release",
    ...{ running: 2, noted: "2", file: four, releasing: true },
    note: /^atom: blue keeps its 2 replicas until then; the stack's file says 4\.$/,
  },
  {
    when: "takes part in a release with what the releaser gave it",
    running: 1,
    noted: "4",
    file: four,
    releasing: true,
  },
];

describe("the replicas of the slot that serves", () => {
  for (const { when, running, noted, file, releasing = false, applied, note } of rows) {
    it(`are ${applied ?? "left alone"} when it ${when}`, () => {
      const slot = { ...liveSlot("old", running), marks: { applied: 5, replicas: noted } };
      const { plan, notes } = planServingReplicas("atom", "blue", slot, file, releasing);
      assert.deepEqual(
        { replicas: plan.replicas, ignoreChanges: plan.ignoreChanges, applied: plan.marks?.applied },
        applied === undefined
          ? { replicas: undefined, ignoreChanges: undefined, applied: releasing ? undefined : 5 }
          : { replicas: applied, ignoreChanges: ["spec.template"], applied: 6 },
      );
      if (!releasing) assert.equal(plan.marks?.replicas, file.autoscaled ? "autoscaled" : String(file.count));
      assert.equal(notes.length, note === undefined ? 0 : 1);
      if (note !== undefined) assert.match(notes[0] ?? "", note);
    });
  }
});
