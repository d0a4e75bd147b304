import type { Repository } from "./repository.ts";
import type { RepositorySettings } from "./settings.ts";

/** A request that fits GitHub's description. */
export interface Call {
  readonly repository: Repository;
  readonly settings: RepositorySettings;
  /** The parts of the path that vary, by name. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The number of an issue or a deployment in the path; 0 where there is none. */
  readonly number: number;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
  /** Instant. */
  readonly now: number;
}

export interface Answer {
  readonly status: number;
  /** @default no body */
  readonly body?: unknown;
}

export type Handler = (call: Call) => Answer;

export const notFound: Answer = { status: 404, body: { message: "Not Found" } };
export const done: Answer = { status: 204 };

/** GitHub refuses what it was asked, and says why. */
export function refusal(message: string): Answer {
  return { status: 422, body: { message } };
}
