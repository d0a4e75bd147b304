/** A value as JSON writes it. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * One request of a smoke test, as data: a service brings its own list. Steps run in order, and the first that fails ends the test. A step fails
 * on a 401, on any other status outside 200–299, on a JSON answer whose `error` is set, and on what it expects beyond that.
 */
export interface SmokeStep {
  /** What reports call the step; unique in its list. */
  readonly name: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** From the root of the service, with its query if there is one: `/api/skills`. */
  readonly path: string;
  /**
   * Sent as JSON. In its strings `{{username}}` and `{{password}}` stand for the smoke-test user's credentials.
   * @default no body
   */
  readonly body?: Json;
  /** Whether the request carries the bearer token that an earlier step took. @default true once a token was taken */
  readonly auth?: boolean;
  /** What the answer must be beyond a 2xx without an error. */
  readonly expect?: {
    /** Exactly this status, instead of any 2xx. */
    readonly status?: number;
    /** Fields that the JSON answer must have with a value other than null; `a.b` is a field of a field. */
    readonly bodyHas?: readonly string[];
  };
  /** What later steps need of the answer. */
  readonly take?: {
    /** The field that holds the bearer token, in the form of `bodyHas`. The step fails where it is missing or empty. */
    readonly token: string;
  };
  /** Whether it may be sent many times to give a quiet service some traffic: it must change nothing. @default false */
  readonly repeatable?: boolean;
}

/** What stands for the smoke-test user's credentials in a step's body. */
export const credentialPlaceholders = { username: "{{username}}", password: "{{password}}" } as const;
