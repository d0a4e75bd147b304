import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseServerConfig, type Environment } from "../../service/src/config.ts";
import { migrations } from "../../service/src/migrations/all.ts";
import { migrateUp } from "../../service/src/migrations/migrator.ts";
import { startServer, type Server, type ServerOptions } from "../../service/src/server.ts";
import { dataServices } from "../support/data-services.ts";
import { eventually } from "../support/eventually.ts";

export const credentials = { username: "smoke_test", password: "correct horse battery staple" };
export const tokenSecret = "a secret of tests, of 32 letters or more";

let migrated: Promise<string> | undefined;

/** A database with the whole schema, to be copied; nobody stays connected to it. */
async function migratedDatabase(): Promise<string> {
  migrated ??= (async () => {
    const databaseUrl = await (await dataServices()).createDatabase();
    const context = { smokeTestUsername: credentials.username, smokeTestPassword: credentials.password };
    await migrateUp({ databaseUrl, migrations, context, onStep: () => undefined });
    return databaseUrl;
  })();
  return await migrated;
}

/** The environment of a service with a database and a vector store of its own. */
export async function serviceEnvironment(lancedbUri: string): Promise<Environment & { readonly DATABASE_URL: string }> {
  const services = await dataServices();
  return {
    HOST: "127.0.0.1",
    PORT: "0",
    DATABASE_URL: await services.createDatabase(await migratedDatabase()),
    REDIS_URL: services.redisUrl,
    LANCEDB_URI: lancedbUri,
    TOKEN_SECRET: tokenSecret,
    DRAIN_SECONDS: "0",
    SHUTDOWN_SECONDS: "5",
    KEEP_ALIVE_SECONDS: "5",
    LOG_LEVEL: "debug",
    ATOM_SLOT: "blue",
    ATOM_VERSION: "1.2.3",
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** A whole service in this process, on a port of its own, with real stores. */
export class RunningService implements AsyncDisposable {
  readonly server: Server;
  readonly databaseUrl: string;
  /** Every line that it logged. */
  readonly logLines: string[];
  readonly #folder: string;

  private constructor(server: Server, databaseUrl: string, logLines: string[], folder: string) {
    this.server = server;
    this.databaseUrl = databaseUrl;
    this.logLines = logLines;
    this.#folder = folder;
  }

  /**
   * @param changes to the environment
   * @param via where the service finds PostgreSQL, if not where it is
   */
  static async start(
    changes: Environment & { readonly DATABASE_URL?: string } = {},
    options: ServerOptions = {},
    via: { readonly postgresPort?: number } = {},
  ): Promise<RunningService> {
    const folder = mkdtempSync(path.join(tmpdir(), "atom-service-"));
    const environment = { ...(await serviceEnvironment(path.join(folder, "lancedb"))), ...changes };
    if (via.postgresPort !== undefined) environment.DATABASE_URL = onPort(environment.DATABASE_URL, via.postgresPort);
    const logLines: string[] = [];
    const logStream = { write: (line: string) => void logLines.push(line) };
    try {
      const server = await startServer(parseServerConfig(environment), { logStream, ...options });
      return new RunningService(server, environment.DATABASE_URL, logLines, folder);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Waits for the first connection to Redis, which the start does not. */
  async ready(): Promise<this> {
    await eventually("the service is ready", async () => (await this.get("/health/ready")).status === 200 || undefined);
    return this;
  }

  async request(method: string, target: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(`${this.server.url}${target}`, {
      method,
      signal: AbortSignal.timeout(8_000),
      ...init,
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
    return { status: response.status, headers: response.headers, body: isJson ? (JSON.parse(text) as unknown) : text };
  }

  get(target: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.request("GET", target, { headers });
  }

  post(target: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.request("POST", target, {
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  }

  /** Logs in as the smoke-test user; returns the header that carries the token. */
  async bearer(): Promise<{ readonly authorization: string }> {
    const { body } = await this.post("/api/auth/login", credentials);
    return { authorization: `Bearer ${(body as { access_token: string }).access_token}` };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function onPort(url: string, port: number): string {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href;
}
