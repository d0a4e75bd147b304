import type { Database } from "./database.ts";
import { verifyPassword } from "./password.ts";

export interface User {
  readonly id: string;
  readonly username: string;
  readonly isSmokeTestUser: boolean;
}

interface UserRow {
  readonly id: string;
  readonly username: string;
  readonly password_hash: string;
  readonly is_smoke_test_user: boolean;
}

/** No password has this hash. Compared with where there is no such user, so that the time of an answer does not tell which names exist. */
const decoyHash = "$scrypt$ln=14,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/** The user with this name and password, or null. */
export async function findUser(database: Database, username: string, password: string): Promise<User | null> {
  const { rows } = await database.query<UserRow>(
    "SELECT id, username, password_hash, is_smoke_test_user FROM users WHERE username = $1",
    [username],
  );
  const row = rows[0];
  const isRight = await verifyPassword(password, row?.password_hash ?? decoyHash);
  if (row === undefined || !isRight) return null;
  return { id: row.id, username: row.username, isSmokeTestUser: row.is_smoke_test_user };
}
