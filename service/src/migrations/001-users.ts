import type { Migration } from "./migration.ts";

export const users: Migration = {
  id: 1,
  name: "users",
  async up(client) {
    await client.query(`
      CREATE TABLE users (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        username text NOT NULL UNIQUE CHECK (length(username) BETWEEN 1 AND 64),
        password_hash text NOT NULL,
        is_smoke_test_user boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
    await client.query(
      "CREATE UNIQUE INDEX one_smoke_test_user ON users (is_smoke_test_user) WHERE is_smoke_test_user",
    );
  },
  async down(client) {
    await client.query("DROP TABLE users");
  },
};
