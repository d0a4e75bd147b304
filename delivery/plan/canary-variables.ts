import { UserError } from "../../components/errors/user-error.ts";
import { isWeightStep, releasePlanSchema, type ReleasePlan } from "../../components/release-plan/release-plan.ts";

/** `CANARY_STEPS` or `CANARY_WAIT_TIME` cannot be understood. */
export class CanaryVariableError extends UserError {
  override readonly name = "CanaryVariableError";
}

export const canaryVariables = ["CANARY_STEPS", "CANARY_WAIT_TIME"] as const;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The plan with the steps of this run alone. `CANARY_STEPS` (`10,50,100`, percent) takes the place of all steps, approvals too;
 * `CANARY_WAIT_TIME` (seconds) is the wait of each. Throws a {@link CanaryVariableError}.
 */
export function withCanaryVariables(plan: ReleasePlan, { CANARY_STEPS, CANARY_WAIT_TIME }: Environment): ReleasePlan {
  const wait = CANARY_WAIT_TIME === undefined || CANARY_WAIT_TIME === "" ? undefined : waitOf(CANARY_WAIT_TIME);
  const percents = CANARY_STEPS === undefined || CANARY_STEPS === "" ? undefined : CANARY_STEPS.split(",");
  if (wait === undefined && percents === undefined) return plan;
  const usual = plan.steps.find(isWeightStep)?.wait ?? 0;
  const steps =
    percents === undefined
      ? plan.steps.map((step) => (isWeightStep(step) ? { ...step, wait: wait ?? step.wait } : step))
      : percents.map((percent) => ({ percent: Number(percent.trim() || NaN), wait: wait ?? usual }));
  const result = releasePlanSchema.safeParse({ ...plan, steps });
  if (result.success) return result.data;
  const why = result.error.issues.map(({ message }) => message).join("; ");
  throw new CanaryVariableError(
    `CANARY_STEPS is "${CANARY_STEPS ?? ""}": ${why}.\nAllowed: growing percents that end with 100, such as 10,50,100.`,
  );
}

function waitOf(text: string): number {
  if (!/^\d{1,6}$/.test(text.trim()))
    throw new CanaryVariableError(`CANARY_WAIT_TIME is "${text}".\nAllowed: whole seconds, such as 300.`);
  return Number(text) * 1000;
}
