import { UserError } from "../../components/errors/user-error.ts";
import { compactJson } from "../../components/json/json.ts";

/** One thing that is wrong with a stack's configuration. */
export interface ConfigProblem {
  /** Path of the value, e.g. `atom:services.atom.replicas`. */
  readonly key: string;
  /** The value; `undefined` where it is missing. */
  readonly value: unknown;
  /** What is allowed, or what to do. */
  readonly allowed: string;
}

/** A stack's configuration is not valid. It lists every problem, with key, value and what is allowed. */
export class ConfigError extends UserError {
  override readonly name = "ConfigError";
  readonly stackName: string;
  readonly problems: readonly ConfigProblem[];

  constructor(stack: string, problems: readonly ConfigProblem[], options?: ErrorOptions) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    super(
      `${count} in the configuration of the stack "${stack}" (Pulumi.${stack}.yaml); nothing was changed:\n` +
        problems.map((problem) => `  ${line(problem)}`).join("\n"),
      options,
    );
    this.stackName = stack;
    this.problems = problems;
  }
}

function line({ key, value, allowed }: ConfigProblem): string {
  return `${key}: ${value === undefined ? "missing" : shown(value)}; ${allowed}`;
}

const longest = 100;

function shown(value: unknown): string {
  const text = compactJson(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
