import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { buildApp, type AppParts } from "./app.ts";
import { Cache } from "./cache.ts";
import type { ServerConfig } from "./config.ts";
import { Database } from "./database.ts";
import { startProcessFaults } from "./faults.ts";
import { SkillIndex } from "./skill-index.ts";
import { allSkills } from "./skill.ts";
import { shutDown } from "./shutdown.ts";

/** A listening service. */
export interface Server {
  /** Such as `http://127.0.0.1:8000`. */
  readonly url: string;
  /** Drains, closes and releases everything, as `shutDown` does. */
  stop(): Promise<void>;
}

export interface ServerOptions extends Pick<AppParts, "limits" | "logStream"> {
  /** What a drill's crash does. @default ends the process with exit code 1 */
  readonly crash?: () => void;
}

/** Starts the service. It comes up without its stores too, and is not ready until they answer. */
export async function startServer(config: ServerConfig, options: ServerOptions = {}): Promise<Server> {
  const { crash = () => process.exit(1), ...appOptions } = options;
  // The stores report to a log that exists only once the application does.
  const log: { current?: FastifyInstance["log"] } = {};
  const warn = (message: string) => (err: Error) => log.current?.warn({ err }, message);

  const database = new Database({
    url: config.DATABASE_URL,
    poolSize: config.DATABASE_POOL_SIZE,
    maxOverflow: config.DATABASE_MAX_OVERFLOW,
    onIdleError: warn("an idle database connection broke"),
  });
  const cache = new Cache({ url: config.REDIS_URL, onConnectionError: warn("redis cannot be reached") });
  const skillIndex = new SkillIndex(config.LANCEDB_URI, () => allSkills(database));
  const processFaults = new AbortController();
  let draining = false;

  const release = async (): Promise<void> => {
    processFaults.abort();
    cache.close();
    await Promise.all([skillIndex.close(), database.close()]);
  };
  try {
    const app = await buildApp({ config, database, cache, skillIndex, isDraining: () => draining, ...appOptions });
    log.current = app.log;
    cache.start();
    await app.listen({ host: config.HOST, port: config.PORT });
    if (config.ATOM_FAULTS !== undefined) {
      app.log.warn({ faults: config.ATOM_FAULTS }, "faults are switched on");
      startProcessFaults(config.ATOM_FAULTS, crash, processFaults.signal);
    }
    return {
      url: listeningUrl(app),
      stop: () =>
        shutDown(
          {
            beginDrain: () => {
              draining = true;
              app.log.info("draining");
            },
            close: () => app.close(),
            release,
          },
          { drainMs: config.DRAIN_SECONDS * 1000, closeMs: config.SHUTDOWN_SECONDS * 1000 },
        ),
    };
  } catch (error) {
    await release();
    throw error;
  }
}

function listeningUrl(app: FastifyInstance): string {
  const address = app.server.address() as AddressInfo;
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}
