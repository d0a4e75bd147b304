import type { Migration } from "./migration.ts";

export const canvases: Migration = {
  id: 4,
  name: "canvases",
  async up(client) {
    await client.query(`
      CREATE TABLE canvases (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        title text NOT NULL,
        elements jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await client.query("CREATE INDEX canvases_user ON canvases (user_id, created_at)");
  },
  async down(client) {
    await client.query("DROP TABLE canvases");
  },
};
