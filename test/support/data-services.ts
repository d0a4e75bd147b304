import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "pg";
import { silentReporter } from "../../platform/progress.ts";
import { ensureTools, type Toolchain } from "../../platform/toolchain/ensure.ts";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";

/** A PostgreSQL and a Redis for this test process alone, on loopback. */
export interface DataServices {
  readonly postgresPort: number;
  readonly redisPort: number;
  readonly redisUrl: string;
  /** Makes an empty database, or a copy of another one that nobody is connected to; returns its URL. */
  createDatabase(template?: string): Promise<string>;
}

let started: Promise<DataServices> | undefined;

/** Starts both at the first call; later calls get the same. They end with this process, however it ends. */
export function dataServices(): Promise<DataServices> {
  started ??= start();
  return started;
}

async function start(): Promise<DataServices> {
  const tools = await ensureTools(["postgresql", "redis"], { reporter: silentReporter });
  const folder = mkdtempSync(path.join(tmpdir(), "atom-data-services-"));
  const daemons = new Daemons(folder);
  process.once("exit", () => {
    daemons.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  const [postgresPort, redisPort] = [await freePort(), await freePort()];
  startPostgres(tools, folder, daemons, postgresPort);
  startRedis(tools, daemons, redisPort);

  const url = (name: string): string => `postgres://atom@127.0.0.1:${postgresPort}/${name}`;
  await eventually("PostgreSQL answers", async () => {
    await runSql(url("postgres"), "SELECT 1");
    return true;
  });
  let databases = 0;
  return {
    postgresPort,
    redisPort,
    redisUrl: `redis://127.0.0.1:${redisPort}`,
    createDatabase: async (template) => {
      databases += 1;
      const name = `test_${databases}`;
      const source = template === undefined ? "template1" : new URL(template).pathname.slice(1);
      await runSql(url("postgres"), `CREATE DATABASE ${name} TEMPLATE ${source}`);
      return url(name);
    },
  };
}

/** PostgreSQL refuses to run as root. In a user namespace root has another number there, and still reaches its own files. */
const asAnotherNumber = process.getuid?.() === 0 ? ["unshare", "--user", "--map-user=1000", "--map-group=1000"] : [];

function startPostgres(tools: Toolchain, folder: string, daemons: Daemons, port: number): void {
  const data = path.join(folder, "postgresql");
  mkdirSync(data, { mode: 0o700 });
  const initialize = ["-D", data, "-U", "atom", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"];
  const [command = "", ...args] = [...asAnotherNumber, tools.path("initdb"), ...initialize];
  execFileSync(command, args, { stdio: "pipe", cwd: folder });
  const settings = { listen_addresses: "127.0.0.1", port, unix_socket_directories: "", fsync: "off" };
  const flags = Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
  daemons.start(asAnotherNumber, [tools.path("postgres"), "-D", data, ...flags]);
}

function startRedis(tools: Toolchain, daemons: Daemons, port: number): void {
  const flags = { bind: "127.0.0.1", port, save: "", appendonly: "no" };
  const args = Object.entries(flags).flatMap(([key, value]) => [`--${key}`, String(value)]);
  daemons.start([], [tools.path("redis-server"), ...args]);
}

class Daemons {
  readonly #folder: string;
  readonly #children: ChildProcess[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Starts a process that the kernel kills when this one dies, even if by SIGKILL, and that does not keep this one alive. */
  start(prefix: readonly string[], daemon: readonly string[]): void {
    const [command = "", ...args] = [...prefix, "setpriv", "--pdeathsig=KILL", ...daemon];
    const child = spawn(command, args, { cwd: this.#folder, stdio: "ignore" });
    child.unref();
    this.#children.push(child);
  }

  kill(): void {
    for (const child of this.#children) child.kill("SIGKILL");
  }
}

async function runSql(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on("error", () => undefined);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
