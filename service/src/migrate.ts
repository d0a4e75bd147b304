import { parseArgs } from "node:util";
import { ConfigError, parseMigrationConfig, parseRevertConfig, type RevertConfig } from "./config.ts";
import { migrations } from "./migrations/all.ts";
import { MigrationError } from "./migrations/migration.ts";
import { migrateDown, migrateUp } from "./migrations/migrator.ts";

const usage = "usage: node src/migrate.ts up|down [--to ID]";

/** A command line that says nothing we know. */
class UsageError extends Error {
  override readonly name = "UsageError";
}

async function main(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  const { direction, to } = parseCommand(args);
  const config: RevertConfig = direction === "up" ? parseMigrationConfig(environment) : parseRevertConfig(environment);
  const migrate = direction === "up" ? migrateUp : migrateDown;
  const start = performance.now();
  let steps = 0;
  const log = (fields: object): void => {
    console.log(JSON.stringify({ level: "info", time: new Date().toISOString(), service: "atom-migrate", ...fields }));
  };
  await migrate(
    {
      databaseUrl: config.DATABASE_URL,
      migrations,
      context: { smokeTestUsername: config.SMOKE_TEST_USERNAME, smokeTestPassword: config.SMOKE_TEST_PASSWORD },
      onStep: (verb, { id, name }) => {
        steps += 1;
        log({ msg: `${verb} migration ${id} ${name}` });
      },
    },
    to,
  );
  log({ msg: `${direction} is done`, steps, duration_ms: Math.round(performance.now() - start) });
}

function parseCommand(args: readonly string[]): { readonly direction: "up" | "down"; readonly to: number | undefined } {
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { to: { type: "string" } },
    });
    const [direction, ...rest] = positionals;
    if ((direction !== "up" && direction !== "down") || rest.length > 0) throw new UsageError(usage);
    if (values.to !== undefined && !/^\d{1,6}$/.test(values.to))
      throw new UsageError(`--to: must be the id of a migration (got ${JSON.stringify(values.to)})\n${usage}`);
    return { direction, to: values.to === undefined ? undefined : Number(values.to) };
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof TypeError)) throw error;
    throw new UsageError(`${error.message}\n${usage}`);
  }
}

try {
  await main(process.argv.slice(2), process.env);
} catch (error) {
  const isForPeople = error instanceof UsageError || error instanceof ConfigError || error instanceof MigrationError;
  console.error(isForPeople ? error.message : error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
