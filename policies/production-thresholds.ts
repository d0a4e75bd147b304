import { releasePlanKey, type ReleasePlan } from "../components/release-plan/release-plan.ts";
import { isProduction, kindOf, unknownValue, valueAt, type Resource } from "./resource.ts";
import type { ResourceRule } from "./rule.ts";

/** What a release of a stack is judged by, as its plan tells it. */
export type Thresholds = Pick<ReleasePlan["thresholds"], "errorRate" | "latency">;

/** The laxest first. */
const policies = ["warn", "hold", "rollback"] as const;

/** @param staging what production is held to; undefined where there is no staging */
export function productionThresholds(staging: Thresholds | undefined): ResourceRule {
  return {
    name: "production-thresholds",
    description: "What staging does not let pass, production does not let pass either.",
    violations: (resource) => {
      const thresholds = isProduction(resource) ? thresholdsOf(resource) : undefined;
      return staging === undefined || thresholds === undefined ? [] : looser(thresholds, staging);
    },
  };
}

function thresholdsOf(resource: Resource): Thresholds | undefined {
  if (kindOf(resource) !== "ConfigMap") return undefined;
  const text = valueAt(resource.inputs, "data", releasePlanKey);
  if (typeof text !== "string" || text === unknownValue) return undefined;
  return (JSON.parse(text) as Pick<ReleasePlan, "thresholds">).thresholds;
}

function looser(production: Thresholds, staging: Thresholds): readonly string[] {
  const errors = [production.errorRate.max, staging.errorRate.max] as const;
  const latency = [production.latency.seconds, staging.latency.seconds] as const;
  return [
    ...(errors[0] > errors[1]
      ? [`The error rate may be up to ${percent(errors[0])}, and in staging up to ${percent(errors[1])} only.`]
      : []),
    ...(latency[0] > latency[1]
      ? [`The 95th percentile may be up to ${ms(latency[0])}, and in staging up to ${ms(latency[1])} only.`]
      : []),
    ...(["errorRate", "latency"] as const)
      .filter((name) => strictness(production[name].policy) < strictness(staging[name].policy))
      .map(
        (name) =>
          `A breach of ${name} ends in "${production[name].policy}", and in staging in "${staging[name].policy}".`,
      ),
  ];
}

function strictness(policy: Thresholds["errorRate"]["policy"]): number {
  return policies.indexOf(policy);
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(6))} %`;
}

function ms(seconds: number): string {
  return `${Number((seconds * 1000).toPrecision(6))} ms`;
}
