// What is done when somebody else changed what a verdict rests on. Pure.
import { describeDifference, type JudgedObject, type JudgedState } from "./judged-object.ts";
import { makeAgain } from "./slot-access.ts";
import type { ReleaseState } from "./state.ts";
import { table, type ReleaseEvent } from "./state-machine.ts";
import type { Subject } from "./subject.ts";

export interface JudgedChange {
  readonly object: Pick<JudgedObject, "name" | "of" | "cutOff">;
  /** What is judged; `undefined` where this process has not seen it. */
  readonly judged: unknown;
  readonly live: JudgedState;
}

/**
 * The release ends as superseded, with the users on the active slot: nobody has judged what there is now. Where all users are on the candidate,
 * a changed template in the active slot was not what it is compared with, and moving them there would be to release it unjudged: they stay.
 * An emergency rollback is ended by none of it.
 */
export function answerToChange(
  { object, judged, live }: JudgedChange,
  { phase, percent }: ReleaseState,
  { active, candidate, emergency }: Pick<Subject, "active" | "candidate" | "emergency">,
): ReleaseEvent {
  const what =
    judged === undefined ? "it is not as it was when the release began" : describeDifference(judged, live.content);
  const changed = `${object.name} was changed${byWhom(live)}: ${what}`;
  // The way back leads to what is broken, whatever was changed meanwhile.
  if (emergency === true) return { type: "noted", detail: `${changed}; the emergency rollback goes on` };
  const isCutOff = object.cutOff?.slot === active && object.cutOff.by(live.content);
  if (isCutOff && percent === 100)
    return {
      type: "noted",
      detail: `${changed}; users stay on ${candidate.slot}, and a rollback would have to wait for it: ${makeAgain}`,
    };
  if (object.of === active && percent === 100)
    return {
      type: "noted",
      detail: `${changed}; users stay on ${candidate.slot}, which is as it was judged, and a rollback would lead to what nobody judged`,
    };
  if (table[phase].failed === undefined)
    return { type: "noted", detail: `${changed}; nobody judged that. See: atom drift` };
  const where = object.of === active && !isCutOff ? `; ${active} serves it, and nobody judged it` : "";
  return { type: "failed", reason: "superseded", detail: `${changed}${where}` };
}

export interface Move {
  readonly object: Pick<JudgedObject, "name">;
  readonly live: JudgedState;
  /** What the releaser moves, as it should be. */
  readonly wanted: unknown;
}

/** @param outcome `again`: they were changed before, and put back */
export function answerToMove(
  { object, live, wanted }: Move,
  outcome: string,
  { phase }: ReleaseState,
  { emergency }: Pick<Subject, "emergency">,
): ReleaseEvent {
  const changed = `${object.name} was moved${byWhom(live)} to ${inWords(live.moved)} where ${inWords(wanted)} is due`;
  if (outcome !== "again") return { type: "noted", detail: `${changed}; ${outcome}` };
  if (table[phase].failed === undefined || emergency === true) return { type: "noted", detail: `${changed}, again` };
  return {
    type: "failed",
    reason: "superseded",
    detail: `${changed}, twice in a row: somebody else moves the traffic`,
  };
}

function byWhom({ by }: JudgedState): string {
  return by === undefined ? "" : ` by ${by}`;
}

/** `blue 90, green 10`. */
function inWords(moved: unknown): string {
  if (typeof moved !== "object" || moved === null) return String(moved);
  return Object.entries(moved)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(", ");
}
