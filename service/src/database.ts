import { DatabaseError, Pool, type QueryResult, type QueryResultRow } from "pg";
import { DependencyError } from "./api-error.ts";

export interface DatabaseOptions {
  readonly url: string;
  /** Connections that may be kept open. */
  readonly poolSize: number;
  /** Connections beyond `poolSize` that may be opened under load. */
  readonly maxOverflow: number;
  /** Longest wait for a connection and for a query, in milliseconds. @default 5000 */
  readonly timeoutMs?: number;
  /** Told of a connection that broke while nobody used it; the pool replaces it by itself. */
  readonly onIdleError: (error: Error) => void;
}

/** Connections: `size` kept, of them and the `overflow` some idle (`checked_in`) and some in use (`checked_out`). */
export interface PoolStatus {
  readonly size: number;
  readonly checked_in: number;
  readonly checked_out: number;
  readonly overflow: number;
  readonly max_overflow: number;
}

/** PostgreSQL through a pool of connections. */
export class Database {
  readonly #pool: Pool;
  readonly #options: DatabaseOptions;

  constructor(options: DatabaseOptions) {
    const timeoutMs = options.timeoutMs ?? 5_000;
    this.#options = options;
    this.#pool = new Pool({
      connectionString: options.url,
      max: options.poolSize + options.maxOverflow,
      connectionTimeoutMillis: timeoutMs,
      query_timeout: timeoutMs,
      statement_timeout: timeoutMs,
      application_name: "atom",
    });
    // Without a listener the loss of an idle connection would end the process.
    this.#pool.on("error", options.onIdleError);
  }

  /** Runs one statement. Throws a {@link DependencyError} when the database cannot be asked, and its own error when it refuses. */
  async query<Row extends QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<QueryResult<Row>> {
    try {
      return await this.#pool.query<Row>(text, [...values]);
    } catch (error) {
      throw isRefusal(error) ? error : new DependencyError("database", error);
    }
  }

  /** The cheapest question that proves that queries are answered. */
  async ping(): Promise<void> {
    await this.query("SELECT 1");
  }

  get poolStatus(): PoolStatus {
    const { totalCount, idleCount } = this.#pool;
    const { poolSize, maxOverflow } = this.#options;
    return {
      size: poolSize,
      checked_in: idleCount,
      checked_out: totalCount - idleCount,
      overflow: Math.max(0, totalCount - poolSize),
      max_overflow: maxOverflow,
    };
  }

  /** Closes idle connections at once and the others when their query ends. */
  async close(): Promise<void> {
    await this.#pool.end();
  }
}

/**
 * Whether PostgreSQL is there and refused the statement. These classes say instead that it cannot serve us: 08 (connection),
 * 28 (authorization), 3D (no such database), 53 (resources), 57 (operator intervention), 58 (system); so does any other error.
 */
function isRefusal(error: unknown): boolean {
  return error instanceof DatabaseError && !/^(08|28|3D|53|57|58)/.test(error.code ?? "08");
}
