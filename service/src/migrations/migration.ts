import type { ClientBase } from "pg";

/** What a step may need beyond the database. */
export interface MigrationContext {
  readonly smokeTestUsername: string;
  /** Set for `up`. */
  readonly smokeTestPassword: string | undefined;
}

/** One reversible step of the schema. Steps run in one transaction and must suit the version that still serves. */
export interface Migration {
  /** Position in the sequence, from 1. */
  readonly id: number;
  readonly name: string;
  /** Runs on every `up` and not only on the first, because its outcome depends on the context; must be idempotent. @default false */
  readonly repeats?: boolean;
  up(client: ClientBase, context: MigrationContext): Promise<void>;
  down(client: ClientBase): Promise<void>;
}

/** A migration that cannot be done, and what to do about it. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}
