import assert from "node:assert/strict";
import { Client, type QueryResultRow } from "pg";
import { migrations } from "../../service/src/migrations/all.ts";
import { MigrationError, type Migration } from "../../service/src/migrations/migration.ts";
import { migrateDown, migrateUp, type MigrateOptions } from "../../service/src/migrations/migrator.ts";
import { verifyPassword } from "../../service/src/password.ts";
import { dataServices } from "../support/data-services.ts";

const allIds = [1, 2, 3, 4, 5];

interface UserRow {
  readonly username: string;
  readonly password_hash: string;
  readonly is_smoke_test_user: boolean;
}

/** A database of the test's own, and what was done to it. */
class MigratedDatabase {
  readonly url: string;
  readonly steps: string[] = [];

  constructor(url: string) {
    this.url = url;
  }

  static async create(): Promise<MigratedDatabase> {
    return new MigratedDatabase(await (await dataServices()).createDatabase());
  }

  options(password?: string, username = "smoke_test", list: readonly Migration[] = migrations): MigrateOptions {
    return {
      databaseUrl: this.url,
      migrations: list,
      context: { smokeTestUsername: username, smokeTestPassword: password },
      onStep: (verb, { id }) => this.steps.push(`${verb} ${id}`),
    };
  }

  async query<Row extends QueryResultRow>(sql: string): Promise<readonly Row[]> {
    const client = new Client({ connectionString: this.url });
    await client.connect();
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  async appliedIds(): Promise<readonly number[]> {
    return (await this.query<{ id: number }>("SELECT id FROM schema_migrations ORDER BY id")).map(({ id }) => id);
  }

  async tables(): Promise<readonly string[]> {
    const sql = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1";
    return (await this.query<{ tablename: string }>(sql)).map(({ tablename }) => tablename);
  }

  users(): Promise<readonly UserRow[]> {
    return this.query<UserRow>("SELECT username, password_hash, is_smoke_test_user FROM users ORDER BY username");
  }
}

describe("Migrations", () => {
  let database: MigratedDatabase;
  beforeEach(async () => {
    database = await MigratedDatabase.create();
  });

  it("are numbered in the order in which they run", () => {
    assert.deepEqual(
      migrations.map(({ id }) => id),
      allIds,
    );
  });

  it("make the whole schema on the way up, and leave nothing on the way down", async () => {
    await migrateUp(database.options("a password"));
    assert.deepEqual(await database.appliedIds(), allIds);
    assert.deepEqual(await database.tables(), ["agent_runs", "canvases", "schema_migrations", "skills", "users"]);
    await migrateDown(database.options(), 0);
    assert.deepEqual(await database.tables(), ["schema_migrations"]);
    assert.deepEqual(await database.appliedIds(), []);
  });

  it("can be applied again after they were reverted", async () => {
    await migrateUp(database.options("a password"));
    await migrateDown(database.options(), 0);
    await migrateUp(database.options("a password"));
    assert.deepEqual(await database.appliedIds(), allIds);
  });

  it("run once, save the one that looks after the smoke-test user", async () => {
    await migrateUp(database.options("a password"));
    database.steps.length = 0;
    await migrateUp(database.options("a password"));
    assert.deepEqual(database.steps, ["repeated 5"]);
  });

  it("stop where they are told to, in both directions", async () => {
    await migrateUp(database.options("a password"), 3);
    assert.deepEqual(await database.appliedIds(), [1, 2, 3]);
    await migrateDown(database.options(), 1);
    assert.deepEqual(await database.appliedIds(), [1]);
    assert.deepEqual(database.steps.slice(3), ["reverted 3", "reverted 2"]);
  });

  it("revert one step unless told how far", async () => {
    await migrateUp(database.options("a password"));
    await migrateDown(database.options());
    assert.deepEqual(await database.appliedIds(), [1, 2, 3, 4]);
  });

  it("happen once when two pods run them at the same time", async () => {
    await Promise.all([migrateUp(database.options("a password")), migrateUp(database.options("a password"))]);
    assert.deepEqual(await database.appliedIds(), allIds);
    assert.equal(database.steps.filter((step) => step.startsWith("applied")).length, allIds.length);
    assert.equal((await database.users()).length, 1);
  });

  it("change nothing at all when one of them fails", async () => {
    const broken: Migration = {
      id: 6,
      name: "broken",
      up: async (client) => {
        await client.query("CREATE TABLE leftover (id integer)");
        await client.query("SELECT * FROM missing");
      },
      down: () => Promise.resolve(),
    };
    await assert.rejects(migrateUp(database.options("a password", "smoke_test", [...migrations, broken])), /missing/);
    assert.deepEqual(await database.tables(), []);
  });

  it("leave migrations of a newer version alone, and refuse to revert them", async () => {
    await migrateUp(database.options("a password"));
    await database.query("INSERT INTO schema_migrations (id, name) VALUES (99, 'from the future')");
    await migrateUp(database.options("a password"));
    assert.deepEqual(await database.appliedIds(), [...allIds, 99]);
    await assert.rejects(migrateDown(database.options(), 4), MigrationError);
    assert.deepEqual(await database.appliedIds(), [...allIds, 99]);
  });

  it("seed skills that differ in name", async () => {
    await migrateUp(database.options("a password"));
    const [count] = await database.query<{ skills: number }>("SELECT count(*)::int AS skills FROM skills");
    assert.deepEqual(count, { skills: 12 });
  });
});

describe("The smoke-test user", () => {
  let database: MigratedDatabase;
  beforeEach(async () => {
    database = await MigratedDatabase.create();
    await migrateUp(database.options("first password"));
  });

  it("carries its flag and a hash of its password, and never the password", async () => {
    const [user, ...others] = await database.users();
    assert.ok(user);
    assert.deepEqual(others, []);
    assert.equal(user.username, "smoke_test");
    assert.equal(user.is_smoke_test_user, true);
    assert.ok(await verifyPassword("first password", user.password_hash));
    assert.ok(!user.password_hash.includes("first password"));
  });

  it("is left as it is when nothing changed", async () => {
    const before = await database.users();
    await migrateUp(database.options("first password"));
    assert.deepEqual(await database.users(), before);
  });

  it("takes another password when the migration runs with one", async () => {
    await migrateUp(database.options("second password"));
    const [user] = await database.users();
    assert.ok(user);
    assert.equal(await verifyPassword("second password", user.password_hash), true);
    assert.equal(await verifyPassword("first password", user.password_hash), false);
  });

  it("takes another name, and leaves no user under the old one", async () => {
    await migrateUp(database.options("first password", "prober"));
    assert.deepEqual(
      (await database.users()).map(({ username }) => username),
      ["prober"],
    );
  });

  it("never takes over somebody's account", async () => {
    await database.query("INSERT INTO users (username, password_hash) VALUES ('alice', 'hers')");
    await assert.rejects(migrateUp(database.options("first password", "alice")), {
      name: "MigrationError",
      message: "SMOKE_TEST_USERNAME: alice is somebody's account; choose a name for smoke tests alone",
    });
    assert.deepEqual(
      (await database.users()).map(({ username, password_hash }) => [username, password_hash === "hers"]),
      [
        ["alice", true],
        ["smoke_test", false],
      ],
    );
  });

  it("goes when its migration is reverted, and takes nobody along", async () => {
    await database.query("INSERT INTO users (username, password_hash) VALUES ('alice', 'hers')");
    await migrateDown(database.options());
    assert.deepEqual(
      (await database.users()).map(({ username }) => username),
      ["alice"],
    );
  });
});
