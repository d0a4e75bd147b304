import { z } from "zod";
import { faultsSchema } from "./faults.ts";

const mebibyte = 1024 * 1024;

/** A number as an environment variable carries it: digits and nothing else, so that "" and "0x10" are mistakes. */
function integer(min: number, max: number): z.ZodType<number, string> {
  return z
    .string()
    .regex(/^\d{1,9}$/, "must be a whole number")
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be from ${min} to ${max}`);
}

function url(...protocols: readonly string[]): z.ZodType<string, string> {
  const allowed = protocols.map((protocol) => `${protocol}://`).join(" or ");
  return z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol.slice(0, -1)), {
    message: `must be a URL that starts with ${allowed}`,
  });
}

const label = z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/, "must be a Kubernetes label value");

const faults = z.string().transform((text, context) => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    context.addIssue({ code: "custom", message: "must be JSON" });
    return z.NEVER;
  }
  const result = faultsSchema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues)
    context.addIssue({ code: "custom", path: issue.path, message: issue.message });
  return z.NEVER;
});

const databaseUrl = url("postgres", "postgresql");

/** The environment of the server; names are the service's contract with whoever runs it. */
const serverSchema = z.object({
  HOST: z.string().min(1).default("0.0.0.0"),
  PORT: integer(0, 65_535).default(8000),
  DATABASE_URL: databaseUrl,
  DATABASE_POOL_SIZE: integer(1, 100).default(5),
  DATABASE_MAX_OVERFLOW: integer(0, 100).default(5),
  REDIS_URL: url("redis", "rediss"),
  LANCEDB_URI: z.string().min(1).default("/data/lancedb"),
  // RFC 7518, 3.2: a key for HS256 has at least as many bits as its hash.
  TOKEN_SECRET: z.string().min(32, "must have at least 32 characters"),
  TOKEN_TTL_SECONDS: integer(1, 86_400).default(900),
  BODY_LIMIT_BYTES: integer(1024, 16 * mebibyte).default(64 * 1024),
  DRAIN_SECONDS: integer(0, 300).default(5),
  SHUTDOWN_SECONDS: integer(1, 300).default(20),
  KEEP_ALIVE_SECONDS: integer(1, 86_400).default(3_900),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
  ATOM_SLOT: label.default("none"),
  ATOM_VERSION: label.default("dev"),
  ATOM_FAULTS: faults.optional(),
});

const migrationSchema = z.object({
  DATABASE_URL: databaseUrl,
  SMOKE_TEST_USERNAME: z
    .string()
    .regex(/^[A-Za-z0-9_.@-]{1,64}$/, "must be 1 to 64 letters, digits, or . _ @ -")
    .default("smoke_test"),
  SMOKE_TEST_PASSWORD: z.string().min(8, "must have at least 8 characters").max(1024),
});

/** `up` needs the password of the smoke-test user; nothing else does. */
const revertSchema = migrationSchema.partial({ SMOKE_TEST_PASSWORD: true });

export type ServerConfig = z.infer<typeof serverSchema>;
export type MigrationConfig = z.infer<typeof migrationSchema>;
export type RevertConfig = z.infer<typeof revertSchema>;

/** Values of these are never printed. */
const secretKeys: ReadonlySet<string> = new Set(["DATABASE_URL", "REDIS_URL", "TOKEN_SECRET", "SMOKE_TEST_PASSWORD"]);

/** The environment is not what the service can run with; `problems` holds one line for each mistake. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The environment is not valid:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.problems = problems;
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the server's environment. Throws a {@link ConfigError} with every problem in it. */
export function parseServerConfig(environment: Environment): ServerConfig {
  return parse(serverSchema, environment);
}

/** Reads what `migrate up` needs. Throws a {@link ConfigError} with every problem in it. */
export function parseMigrationConfig(environment: Environment): MigrationConfig {
  return parse(migrationSchema, environment);
}

/** Reads what `migrate down` needs. Throws a {@link ConfigError} with every problem in it. */
export function parseRevertConfig(environment: Environment): RevertConfig {
  return parse(revertSchema, environment);
}

function parse<Schema extends z.ZodType>(schema: Schema, environment: Environment): z.output<Schema> {
  const result = schema.safeParse(environment);
  if (result.success) return result.data;
  throw new ConfigError(result.error.issues.map((issue) => problem(issue, environment)));
}

function problem(issue: z.core.$ZodIssue, environment: Environment): string {
  const [key, ...inner] = issue.path.map(String);
  const name = key ?? "environment";
  const value = environment[name];
  if (value === undefined) return `${name}: is not set`;
  const shown = secretKeys.has(name) ? "" : ` (got ${JSON.stringify(value)})`;
  return `${[name, ...inner].join(".")}: ${issue.message}${shown}`;
}
