import { hashPassword, verifyPassword } from "../password.ts";
import { MigrationError, type Migration } from "./migration.ts";

interface UserRow {
  readonly username: string;
  readonly password_hash: string;
  readonly is_smoke_test_user: boolean;
}

/** R3: the one user whom smoke tests log in as. Running it again brings the name and the password up to date. */
export const smokeTestUser: Migration = {
  id: 5,
  name: "smoke-test-user",
  repeats: true,
  async up(client, { smokeTestUsername, smokeTestPassword }) {
    if (smokeTestPassword === undefined) throw new MigrationError("SMOKE_TEST_PASSWORD: is not set");
    await client.query("DELETE FROM users WHERE is_smoke_test_user AND username <> $1", [smokeTestUsername]);
    const { rows } = await client.query<UserRow>(
      "SELECT username, password_hash, is_smoke_test_user FROM users WHERE username = $1",
      [smokeTestUsername],
    );
    const user = rows[0];
    if (user?.is_smoke_test_user === false)
      throw new MigrationError(
        `SMOKE_TEST_USERNAME: ${smokeTestUsername} is somebody's account; choose a name for smoke tests alone`,
      );
    if (user !== undefined && (await verifyPassword(smokeTestPassword, user.password_hash))) return;
    await client.query(
      `INSERT INTO users (username, password_hash, is_smoke_test_user) VALUES ($1, $2, true)
       ON CONFLICT (username) DO UPDATE SET password_hash = excluded.password_hash, updated_at = now()`,
      [smokeTestUsername, await hashPassword(smokeTestPassword)],
    );
  },
  async down(client) {
    await client.query("DELETE FROM users WHERE is_smoke_test_user");
  },
};
