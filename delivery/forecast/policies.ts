import type { Policy, ReleasePlan } from "../../components/release-plan/release-plan.ts";
import { duration, percentage } from "../view/quantities.ts";

/** What the plan does about everything that is not a pass: `[when, then]`. */
export function policyLines(plan: ReleasePlan): readonly (readonly [string, string])[] {
  const { thresholds, policies, steps, deadlines, prometheus, quarantine, resumeWithin, synthetic } = plan;
  const { errorRate, latency, restarts, metrics } = thresholds;
  const { noData, metricsUnavailable, sharedFault, unconfirmedShift } = policies;
  const blamed = quarantine ? ", and its template is quarantined" : "";
  const answer = (policy: Policy): string => (policy === "rollback" ? `it is taken back${blamed}` : outcomes[policy]);
  const proven = (policy: Policy): string => `once that is proven ${answer(policy)}`;
  const later = ({ policy, deadline }: { policy: Policy; deadline: number }): string =>
    `the step gets ${duration(deadline)} more; then ${outcomes[policy]}`;
  const more = synthetic === null ? "" : `, with ${synthetic.perSecond} requests/s of the releaser's own`;
  return [
    [`more than ${percentage(errorRate.max)} of the requests fail`, proven(errorRate.policy)],
    [
      `more than ${percentage(1 - latency.quantile)} take over ${duration(latency.seconds * 1000)}`,
      proven(latency.policy),
    ],
    ...metrics.map(({ name, max, policy }) => [`${name} is above ${percentage(max)}`, proven(policy)] as const),
    [
      restarts.max === 0 ? "a container of it restarts" : `containers of it restart more than ${restarts.max} times`,
      `at once ${answer(restarts.policy)}`,
    ],
    ["the smoke test fails, or pods do not get ready", `it is taken back${blamed}`],
    ["no request, or too few", `${later(noData)}${more}`],
    ...(prometheus === null
      ? []
      : [["Prometheus cannot be asked", `the guard goes on, ${later(metricsUnavailable)}`] as const]),
    ["the active slot is in the same trouble", later(sharedFault)],
    [`a weight is not in effect after ${duration(deadlines.confirm)}`, outcomes[unconfirmedShift]],
    ...steps.flatMap((step) =>
      "pause" in step ? [[`nobody approves within ${duration(step.deadline)}`, "it is taken back"] as const] : [],
    ),
    [`the releaser is gone for over ${duration(resumeWithin)}`, "whoever resumes takes it back; before that, goes on"],
  ];
}

const outcomes: Readonly<Record<Policy, string>> = {
  rollback: "it is taken back",
  warn: "it goes on with a warning",
  hold: "it is held for a person",
};
