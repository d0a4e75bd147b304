import { ConcurrencyGroups } from "./concurrency.ts";
import type { Value } from "./expressions.ts";

type Texts = Readonly<Record<string, string>>;

/** An environment of the repository's settings. */
export interface Environment {
  readonly secrets?: Texts;
  readonly variables?: Texts;
  /** Whether a person has to approve each job. @default false */
  readonly reviewed?: boolean;
}

/** How an action is used. */
export interface ActionCall {
  /** Its inputs. */
  readonly inputs: Texts;
  /** The environment that the job names. */
  readonly environment: string | undefined;
  /** The variables that it would see. */
  readonly env: Texts;
  /** The job's folder, empty until the source is checked out. */
  readonly workspace: string;
}

/** What is done in place of an action: resolves to its outputs. A rejection fails the step. */
export type PlayedAction = (call: ActionCall) => Promise<Texts> | Texts;

/** The machine that jobs run on. */
export interface Machine {
  readonly path: string;
  readonly home: string;
}

export interface RepositoryOptions {
  /** `owner/name` */
  readonly name: string;
  readonly machine: Machine;
  readonly secrets?: Texts;
  readonly variables?: Texts;
  readonly environments?: Readonly<Record<string, Environment>>;
  /** By name, without the commit. A workflow that uses any other one fails. */
  readonly actions: Readonly<Record<string, PlayedAction>>;
  /** Where the API is. @default nowhere */
  readonly apiUrl?: string;
  /** Where jobs that may ask for an identity get it. @default nowhere */
  readonly identityUrl?: string;
}

/** What began a run. */
export interface WorkflowEvent {
  readonly name: "push" | "pull_request" | "workflow_dispatch" | "schedule" | "merge_group";
  readonly payload?: Readonly<Record<string, Value>>;
  readonly sha?: string;
  readonly ref?: string;
  /** Of a run that a person started by hand. */
  readonly inputs?: Readonly<Record<string, Value>>;
}

/** A repository with its settings, as far as workflows see them. */
export class Repository {
  readonly options: RepositoryOptions;
  readonly concurrency = new ConcurrencyGroups();
  /** The token of every job. */
  readonly token = "ghs_aTokenOfAJob";
  #runs = 0;

  constructor(options: RepositoryOptions) {
    this.options = options;
  }

  environment(name: string | undefined): Environment {
    if (name === undefined) return {};
    const found = this.options.environments?.[name];
    if (found === undefined) throw new Error(`the repository has no environment "${name}"`);
    return found;
  }

  nextRun(): number {
    return ++this.#runs;
  }
}
