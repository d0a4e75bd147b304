import { users } from "./001-users.ts";
import { skills } from "./002-skills.ts";
import { agentRuns } from "./003-agent-runs.ts";
import { canvases } from "./004-canvases.ts";
import { smokeTestUser } from "./005-smoke-test-user.ts";
import type { Migration } from "./migration.ts";

/** Every migration, in order. */
export const migrations: readonly Migration[] = [users, skills, agentRuns, canvases, smokeTestUser];
