export interface Issue {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
  readonly assignees: readonly string[];
  readonly state: "open" | "closed";
  readonly stateReason: string | undefined;
  readonly comments: readonly Comment[];
}

export interface Comment {
  readonly id: number;
  readonly body: string;
  /** Instant. */
  readonly at: number;
  readonly author: Author;
}

/** Who writes: a person, or an app such as a workflow's. */
export interface Author {
  readonly login: string;
  readonly type: "User" | "Bot";
}

export interface Deployment {
  readonly id: number;
  readonly ref: string;
  readonly environment: string;
  readonly description: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly isProduction: boolean;
  /** The oldest first. */
  readonly statuses: readonly Status[];
}

export interface Status {
  readonly id: number;
  readonly state: string;
  readonly description: string;
  readonly logUrl: string;
}

/** A repository in memory. */
export class Repository {
  readonly issues: Issue[] = [];
  readonly deployments: Deployment[] = [];
  /** Logins that can be assigned to. */
  readonly members = new Set<string>();
  /** Whose token asks. */
  asking: Author = { login: "github-actions[bot]", type: "Bot" };
  #ids = 0;

  id(): number {
    this.#ids += 1;
    return this.#ids;
  }

  issue(number: number): Issue | undefined {
    return this.issues.find((each) => each.number === number);
  }

  deployment(id: number): Deployment | undefined {
    return this.deployments.find((each) => each.id === id);
  }

  change(issue: Issue, change: Partial<Issue>): Issue {
    const changed = { ...issue, ...change };
    this.issues[this.issues.indexOf(issue)] = changed;
    return changed;
  }

  addStatus(deployment: Deployment, status: Omit<Status, "id">): Status {
    const added = { id: this.id(), ...status };
    this.deployments[this.deployments.indexOf(deployment)] = {
      ...deployment,
      statuses: [...deployment.statuses, added],
    };
    return added;
  }
}
