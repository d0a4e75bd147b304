import { isWeightStep, type ReleasePlan } from "../../components/release-plan/release-plan.ts";
import type { JournalEntry, Phase, ReleaseState } from "../release/state.ts";
import { goesBack } from "./words.ts";

/** A station on the way from "staged" to "released". */
export interface Stage {
  readonly name: string;
  readonly status: "done" | "now" | "held" | "failed" | "todo";
}

/** The way of a release, with the place where it is, or where it turned back. */
export function stagesOf(
  plan: Pick<ReleasePlan, "steps">,
  state: ReleaseState,
  journal: readonly JournalEntry[],
): readonly Stage[] {
  const names = [
    "ready",
    "smoke",
    ...plan.steps.map((step) => (isWeightStep(step) ? `${step.percent} %` : "approval")),
    "smoke",
    "soak",
  ];
  const back = goesBack(state.phase);
  const turned = journal.findIndex(({ event, phase }) => event === "failed" || phase === "aborted");
  const last = back ? (journal[turned - 1] ?? { phase: "waiting-ready" as const, step: state.step }) : state;
  const present = stageIndex(last.phase, last.step, plan.steps.length);
  const here: Stage["status"] = back
    ? "failed"
    : state.phase === "held" || state.phase === "stepping-back"
      ? "held"
      : "now";
  return names.map((name, index) => ({
    name,
    status: index < present ? "done" : index === present ? here : "todo",
  }));
}

function stageIndex(phase: Phase, step: number, steps: number): number {
  const outside: Readonly<Partial<Record<Phase, number>>> = {
    preparing: 0,
    "waiting-ready": 0,
    smoking: 1,
    "smoking-public": steps + 2,
    soaking: steps + 3,
    finishing: steps + 4,
    released: steps + 4,
  };
  return outside[phase] ?? step + 2;
}
