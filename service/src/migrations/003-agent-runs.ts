import type { Migration } from "./migration.ts";

export const agentRuns: Migration = {
  id: 3,
  name: "agent-runs",
  async up(client) {
    await client.query(`
      CREATE TABLE agent_runs (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        input text NOT NULL,
        skill_id integer REFERENCES skills ON DELETE SET NULL,
        score real,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await client.query("CREATE INDEX agent_runs_user ON agent_runs (user_id, created_at)");
  },
  async down(client) {
    await client.query("DROP TABLE agent_runs");
  },
};
