import { isProduction, valueAt, type Resource } from "./resource.ts";
import type { StackRule } from "./rule.ts";

const environmentType = "github:index/repositoryEnvironment:RepositoryEnvironment";

export const productionReviewers: StackRule = {
  name: "production-reviewers",
  description: "Nothing gets into production unless a person of GitHub's environment has approved it.",
  stackViolations: (resources) => {
    const production = resources.filter(isProduction);
    if (production.length === 0) return [];
    const environments = production.filter(({ type }) => type === environmentType);
    if (environments.length === 0)
      return [{ message: "The stack has no GitHub environment. Name its reviewers in atom:github." }];
    return environments.flatMap((resource) => problems(resource).map((message) => ({ message, resource })));
  },
};

function problems({ inputs }: Resource): readonly string[] {
  return [
    ...(hasReviewers(inputs.reviewers) ? [] : ["It has no reviewers. Name people or teams in atom:github.reviewers."]),
    ...(inputs.canAdminsBypass === false
      ? []
      : ["Administrators may bypass its reviewers. Set canAdminsBypass to false."]),
  ];
}

/** One that is not known yet is one. */
function hasReviewers(reviewers: unknown): boolean {
  if (!Array.isArray(reviewers)) return reviewers !== undefined;
  return reviewers.some((each: unknown) =>
    ["users", "teams"].some((kind) => {
      const named = typeof each === "string" ? each : valueAt(each, kind);
      return Array.isArray(named) ? named.length > 0 : named !== undefined;
    }),
  );
}
