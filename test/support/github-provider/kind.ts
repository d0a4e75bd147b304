import type { Octokit } from "@octokit/core";

/** Properties of a resource, as the engine passes them. */
export type Properties = Readonly<Record<string, unknown>>;

/** GitHub, for the owner that the provider was configured with. */
export interface Api {
  readonly octokit: Octokit;
  readonly owner: string;
}

export interface Made {
  readonly id: string;
  /** What the engine keeps of it; its inputs are among it. */
  readonly outputs: Properties;
}

/**
 * A kind of resource, as far as the program uses it: what the official provider 6.15.0 (of terraform-provider-github 6.13.0) does with its
 * inputs and asks of GitHub.
 */
export interface Kind<Inputs extends object> {
  /** Its inputs, of which no other is taken. @see Input */
  readonly inputs: Readonly<Record<keyof Inputs, Input>>;
  /** What is taken for an input that is left out. */
  readonly defaults: Partial<Inputs>;
  /** Whether a replacement deletes the resource before it makes it anew. */
  readonly deleteBeforeReplace: boolean;
  readonly create: (api: Api, inputs: Inputs) => Promise<Made>;
  /** Undefined where it is gone. `state` is empty for an import. */
  readonly read: (api: Api, id: string, state: Properties) => Promise<Read | undefined>;
  /** Changes it in place. */
  readonly update: (api: Api, inputs: Inputs, state: Properties) => Promise<Made>;
  readonly delete: (api: Api, state: Properties) => Promise<void>;
}

export interface Read extends Made {
  readonly inputs: Properties;
}

/** How an input is taken: whether it has to be there, and whether another value makes another resource of it. */
export type Input = "required" | "optional" | "required, replaces";

/** The status that GitHub refused with; undefined for another error. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && "status" in error && typeof error.status === "number" ? error.status : undefined;
}

/** What GitHub has; undefined where it has no such thing. */
export async function found<Data>(request: Promise<{ readonly data: Data }>): Promise<Data | undefined> {
  try {
    return (await request).data;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** Without the properties that have no value. */
export function present(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
}
