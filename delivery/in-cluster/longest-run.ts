import { isWeightStep, type PlanStep, type ReleasePlan } from "../../components/release-plan/release-plan.ts";

/** For starting, and for waiting for the lease of a releaser that died, in milliseconds. */
const slack = 30 * 60_000;

/**
 * The longest that the releaser's pods may take together, in milliseconds. A releaser that is ended by this leaves its release as it is, so
 * the bound is there for one that hangs and is met by no other: it is twice what the plan's waits and deadlines come to, because a
 * releaser that takes up a step measures it anew.
 */
export function longestRun(plan: ReleasePlan): number {
  const { deadlines, soak, steps } = plan;
  const stages = [
    deadlines.ready,
    // Before the first step, and after the last one.
    2 * deadlines.smoke,
    ...steps.map((step) => longestStep(step, plan)),
    soak,
    // A hold lasts until a person decides, or its deadline; then it goes back.
    deadlines.hold,
    2 * deadlines.return,
  ];
  return 2 * stages.reduce((sum, each) => sum + each, 0) + slack;
}

function longestStep(step: PlanStep, { deadlines, policies }: ReleasePlan): number {
  if (!isWeightStep(step)) return step.deadline;
  const { noData, metricsUnavailable, sharedFault } = policies;
  const patience = Math.max(noData.deadline, metricsUnavailable.deadline, sharedFault.deadline);
  return deadlines.confirm + step.wait + patience;
}
