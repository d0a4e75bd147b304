/** GitHub's plans, as its API names them. */
export const plans = ["free", "pro", "team", "enterprise"] as const;
export type Plan = (typeof plans)[number];

export interface RepositoryStanding {
  /** A public repository has everything, on every plan. */
  readonly isPublic: boolean;
  /** Undefined where neither GitHub nor the configuration says. */
  readonly plan: Plan | undefined;
}

/** What a stack asks of a repository, and needs a plan for where the repository is private or internal. */
export interface Wanted {
  readonly reviewers: boolean;
  readonly waitTimer: boolean;
  readonly ruleset: boolean;
}

export interface PlanVerdict {
  readonly kind: "enough" | "not enough" | "unknown";
  /** What the plan lacks, or may lack, in words for people. */
  readonly features: readonly string[];
}

interface Feature {
  readonly name: string;
  /** Plans that have it in private and internal repositories. */
  readonly plans: readonly Plan[];
  readonly isWanted: (wanted: Wanted) => boolean;
}

/**
 * From what GitHub says about who may use environments and rulesets:
 * https://docs.github.com/actions/deployment/targeting-different-environments/managing-environments-for-deployment and
 * https://docs.github.com/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/about-rulesets
 */
const features: readonly Feature[] = [
  { name: "environments", plans: ["pro", "team", "enterprise"], isWanted: () => true },
  { name: "required reviewers", plans: ["enterprise"], isWanted: ({ reviewers }) => reviewers },
  { name: "wait timers", plans: ["enterprise"], isWanted: ({ waitTimer }) => waitTimer },
  { name: "rulesets", plans: ["pro", "team", "enterprise"], isWanted: ({ ruleset }) => ruleset },
];

/** Whether a repository's plan has all that a stack asks for. */
export function judgePlan({ isPublic, plan }: RepositoryStanding, wanted: Wanted): PlanVerdict {
  const asked = isPublic ? [] : features.filter(({ isWanted }) => isWanted(wanted));
  const lacking = plan === undefined ? asked : asked.filter((feature) => !feature.plans.includes(plan));
  if (lacking.length === 0) return { kind: "enough", features: [] };
  return { kind: plan === undefined ? "unknown" : "not enough", features: lacking.map(({ name }) => name) };
}
