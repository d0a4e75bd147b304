import { isUnread } from "../../components/ledger/open.ts";
import type { Phase, ReleaseUnderWay } from "../../components/ledger/release-record.ts";
import { isWeightStep, releasePlanSchema } from "../../components/release-plan/release-plan.ts";
import { seconds } from "./figures.ts";
import { phaseWords } from "./words.ts";

/** What a release under way waits for, as a clause: `the end of the soak, 12 s left; blue is still warm`. Pure. */
export function waitsFor({ state, slot, from, journal, plan: recorded }: ReleaseUnderWay, now: number): string {
  if (isUnread(state, "phase")) return "the newer atom that knows this phase, or an abort";
  const plan = releasePlanSchema.safeParse(recorded).data;
  const entered = journal.findLast(
    (line, index) => line.phase === state.phase && journal[index - 1]?.phase !== state.phase,
  );
  const gone = (now - Date.parse(entered?.at ?? "")) / 1000;
  const left = (planned: number | undefined, otherwise: string): string => {
    const rest = planned === undefined ? Number.NaN : planned / 1000 - gone;
    if (Number.isNaN(rest)) return "";
    return rest > 0 ? `, ${seconds(rest)} left` : otherwise;
  };
  const step = plan?.steps[state.step];
  const wait = step !== undefined && isWeightStep(step) ? step.wait : undefined;
  const deadline = step !== undefined && !isWeightStep(step) ? step.deadline : undefined;
  const told: Partial<Record<Phase, string>> = {
    "waiting-ready": `the pods of ${slot} to become ready${left(plan?.deadlines.ready, "")}`,
    confirming: `${state.percent} % to be seen in effect`,
    measuring: `the step at ${state.percent} % to be judged${left(wait, ", with too little evidence so far")}`,
    "awaiting-approval": `a person's approval${left(deadline, "")}`,
    soaking: `the end of the soak${left(plan?.soak, "")}; ${from.slot} is still warm`,
    held: "a person",
    "confirming-return": "the way back to be seen in effect",
  };
  return told[state.phase] ?? `the end of: ${phaseWords[state.phase]}`;
}
