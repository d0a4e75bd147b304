import type { Plan } from "../../components/github/plan.ts";

/** What the program wants to know of a repository before it declares anything there. */
export interface RepositoryQuery {
  readonly owner: string;
  readonly name: string;
  readonly token: string;
  /** @default https://api.github.com */
  readonly apiUrl?: string | undefined;
  /** The stack's environment there. */
  readonly environment: string;
  /** Logins and teams whose ids are asked for. */
  readonly users: readonly string[];
  readonly teams: readonly string[];
  /** Labels of which it is asked whether they exist. */
  readonly labels: readonly string[];
}

/** A repository as GitHub has it. */
export interface Repository {
  readonly isPublic: boolean;
  /** Undefined where GitHub does not tell. */
  readonly plan: Plan | undefined;
  /** Ids, in the order of the query. */
  readonly users: readonly number[];
  readonly teams: readonly number[];
  /** The labels that exist, by the name that was asked for: as they are spelled. */
  readonly labels: Readonly<Record<string, string>>;
  /** Whether deployments to the environment need an approval; undefined where there is no such environment yet. */
  readonly isReviewed: boolean | undefined;
}

/** A repository that has nothing yet of what is asked for, and all who are: where no GitHub is to be asked. */
export function blankRepository({ users, teams }: RepositoryQuery): Repository {
  return {
    isPublic: true,
    plan: undefined,
    users: users.map((_, index) => 1001 + index),
    teams: teams.map((_, index) => 2001 + index),
    labels: {},
    isReviewed: undefined,
  };
}
