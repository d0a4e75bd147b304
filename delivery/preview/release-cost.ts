import { isWeightStep, type ReleasePlan } from "../../components/release-plan/release-plan.ts";

/** What a release takes when nothing goes wrong, by its plan. Durations are milliseconds. */
export interface ReleaseCost {
  readonly service: string;
  /** Steps and soak, without people. */
  readonly total: number;
  readonly steps: readonly { readonly percent: number; readonly wait: number }[];
  readonly soak: number;
  /** Where it waits for a person besides, and how long at most. */
  readonly approvals: readonly { readonly percent: number; readonly deadline: number }[];
}

export function releaseCost({ service, steps, soak }: ReleasePlan): ReleaseCost {
  const weights = steps.filter(isWeightStep).map(({ percent, wait }) => ({ percent, wait }));
  const approvals = steps.flatMap((step, index) => {
    if (isWeightStep(step)) return [];
    return [{ percent: steps.slice(0, index).findLast(isWeightStep)?.percent ?? 0, deadline: step.deadline }];
  });
  const total = weights.reduce((sum, { wait }) => sum + wait, soak);
  return { service, total, steps: weights, soak, approvals };
}
