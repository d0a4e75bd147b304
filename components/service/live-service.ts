import type { LiveMigration } from "../migration/plan.ts";
import type { LiveSecrets } from "../secret/plan.ts";
import type { LiveRelease } from "../slots/live-release.ts";

/** What there is of a service in the cluster, read before anything is declared. */
export interface LiveService {
  /** `undefined`: no traffic was ever routed to it, and its first run is ahead. */
  readonly release: LiveRelease | undefined;
  /** `undefined`: its database was never migrated from here. */
  readonly migration: LiveMigration | undefined;
  /** @default none was made yet */
  readonly secrets?: LiveSecrets | undefined;
  /** Text of the release plan that the last run has published. @default none was */
  readonly releasePlan?: string | undefined;
}

/** Services in the cluster, by name. */
export type LiveServices = Readonly<Record<string, LiveService | undefined>>;
