import { Client } from "pg";
import { MigrationError, type Migration, type MigrationContext } from "./migration.ts";

export interface MigrateOptions {
  readonly databaseUrl: string;
  readonly migrations: readonly Migration[];
  readonly context: MigrationContext;
  /** Told of each step as it is done. */
  readonly onStep: (verb: "applied" | "repeated" | "reverted", migration: Migration) => void;
}

/** Any number that nothing else in this database locks; the letters of "atom". */
const lockKey = 0x61_74_6f_6d;

/**
 * Brings the schema up to migration `to`, and runs the repeating ones again. All of it happens, or nothing.
 * Migrations of a newer version than this one are left alone.
 * @param to id of the last migration to apply. @default all
 */
export async function migrateUp(options: MigrateOptions, to = Number.POSITIVE_INFINITY): Promise<void> {
  await inTransaction(options.databaseUrl, async (client) => {
    const applied = await appliedIds(client);
    for (const migration of options.migrations) {
      if (migration.id > to) break;
      const isApplied = applied.has(migration.id);
      if (isApplied && migration.repeats !== true) continue;
      await migration.up(client, options.context);
      if (!isApplied)
        await client.query("INSERT INTO schema_migrations (id, name) VALUES ($1, $2)", [migration.id, migration.name]);
      options.onStep(isApplied ? "repeated" : "applied", migration);
    }
  });
}

/**
 * Reverts the migrations after `to`, the last one first. All of it happens, or nothing.
 * @param to id of the last migration to keep, 0 for none. @default all but the last that is applied
 */
export async function migrateDown(options: MigrateOptions, to?: number): Promise<void> {
  await inTransaction(options.databaseUrl, async (client) => {
    const applied = [...(await appliedIds(client))].sort((a, b) => b - a);
    for (const id of applied.filter((one) => (to === undefined ? one === applied[0] : one > to))) {
      const migration = options.migrations.find((one) => one.id === id);
      if (migration === undefined)
        throw new MigrationError(`Migration ${id} is of a newer version; revert it with that version first.`);
      await migration.down(client);
      await client.query("DELETE FROM schema_migrations WHERE id = $1", [id]);
      options.onStep("reverted", migration);
    }
  });
}

async function inTransaction(databaseUrl: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: 10_000,
    statement_timeout: 120_000,
    lock_timeout: 60_000,
    application_name: "atom-migrate",
  });
  // A connection that breaks between two statements fails the next one; without a listener it would end the process.
  client.on("error", () => undefined);
  await client.connect();
  try {
    await client.query("BEGIN");
    // The lock ends with the transaction, however it ends: two pods that migrate at once take turns.
    await client.query("SELECT pg_advisory_xact_lock($1)", [lockKey]);
    await client.query(`
      CREATE TABLE IF NOT EXISTS schema_migrations (
        id integer PRIMARY KEY,
        name text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
      )`);
    await work(client);
    await client.query("COMMIT");
  } finally {
    // Ends an unfinished transaction too.
    await client.end();
  }
}

async function appliedIds(client: Client): Promise<ReadonlySet<number>> {
  const { rows } = await client.query<{ id: number }>("SELECT id FROM schema_migrations");
  return new Set(rows.map(({ id }) => id));
}
