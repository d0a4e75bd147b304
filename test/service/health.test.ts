import assert from "node:assert/strict";
import { healthLimits, runCheck } from "../../service/src/health.ts";
import { dataServices } from "../support/data-services.ts";
import { eventually } from "../support/eventually.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { RunningService, type Answer } from "./running-service.ts";

interface ReadyBody {
  readonly status: string;
  readonly checks: Readonly<Record<string, { readonly status: string; readonly reason?: string }>>;
  readonly error?: { readonly code: string; readonly message: string; readonly request_id: string };
}

function ready({ body }: Answer): ReadyBody {
  return body as ReadyBody;
}

function statuses(answer: Answer): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(ready(answer).checks).map(([name, { status }]) => [name, status]));
}

const allOk = { database: "ok", redis: "ok", vector_store: "ok" };

describe("The limits of the health endpoints", () => {
  it("are those of R1", () => {
    assert.deepEqual(healthLimits, { liveMs: 2_000, readyMs: 5_000, databaseMs: 5_000, slowQueryMs: 100 });
  });

  it("end a check that does not end by itself", async () => {
    const { promise } = Promise.withResolvers<undefined>();
    const result = await runCheck(() => promise, 20);
    assert.deepEqual(
      { ok: result.ok, reason: result.ok ? "" : result.reason },
      {
        ok: false,
        reason: "no answer within 20 ms",
      },
    );
  });
});

describe("A service with its stores", () => {
  let service: RunningService;
  before(async () => {
    // A busy machine may be slow; the warning has a test of its own.
    service = await (await RunningService.start({}, { limits: { ...healthLimits, slowQueryMs: 5_000 } })).ready();
  });
  after(() => service[Symbol.asyncDispose]());

  it("is live, and says which one it is", async () => {
    const { status, body } = await service.get("/health/live");
    assert.equal(status, 200);
    assert.deepEqual(body, { status: "ok", slot: "blue", version: "1.2.3" });
  });

  it("is ready when all three stores answer", async () => {
    const answer = await service.get("/health/ready");
    assert.equal(answer.status, 200);
    assert.equal(ready(answer).status, "ready");
    assert.deepEqual(statuses(answer), allOk);
  });

  it("tells how long a query took and how its pool is", async () => {
    const { status, body } = await service.get("/health/db");
    assert.equal(status, 200);
    const { query_time_ms, pool_status, ...rest } = body as { query_time_ms: number; pool_status: object };
    assert.deepEqual(rest, { status: "ok" });
    assert.ok(query_time_ms > 0);
    assert.deepEqual(Object.keys(pool_status), ["size", "checked_in", "checked_out", "overflow", "max_overflow"]);
  });

  it("needs no token for its health", async () => {
    for (const route of ["live", "ready", "db"])
      assert.equal((await service.get(`/health/${route}`, { authorization: "Bearer nonsense" })).status, 200);
  });
});

describe("The health of the database", () => {
  it("carries a warning when the query was slow", async () => {
    await using service = await RunningService.start({}, { limits: { ...healthLimits, slowQueryMs: 0 } });
    const { status, body } = await service.get("/health/db");
    assert.equal(status, 200);
    assert.equal((body as { warning: string }).warning, "the query took longer than 0 ms");
  });

  it("shows the connections in use while queries run", async () => {
    await using service = await RunningService.start({ DATABASE_POOL_SIZE: "1", DATABASE_MAX_OVERFLOW: "1" });
    const bearer = await service.bearer();
    const requests = Array.from({ length: 10 }, () => service.get("/api/skills", bearer));
    await Promise.all(requests);
    const { body } = await service.get("/health/db");
    const { pool_status } = body as { pool_status: Record<string, number> };
    assert.deepEqual(pool_status, { size: 1, checked_in: 2, checked_out: 0, overflow: 1, max_overflow: 1 });
  });
});

describe("A service that loses a store", () => {
  let postgres: TcpProxy;
  let redis: TcpProxy;
  let service: RunningService;

  beforeEach(async () => {
    const services = await dataServices();
    postgres = await TcpProxy.start(services.postgresPort);
    redis = await TcpProxy.start(services.redisPort);
    service = await RunningService.start(
      { REDIS_URL: `redis://127.0.0.1:${redis.port}` },
      { limits: { ...healthLimits, readyMs: 800, databaseMs: 800 } },
      { postgresPort: postgres.port },
    );
    await service.ready();
  });
  afterEach(async () => {
    await service[Symbol.asyncDispose]();
    await postgres[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
  });

  async function becomesReady(): Promise<void> {
    const answer = await eventually("the service is ready again", async () => {
      const now = await service.get("/health/ready");
      return now.status === 200 ? now : undefined;
    });
    assert.deepEqual(statuses(answer), allOk);
  }

  it("names PostgreSQL when it is gone, and is ready again when it is back", async () => {
    postgres.refuse();
    const answer = await service.get("/health/ready");
    assert.equal(answer.status, 503);
    assert.deepEqual(statuses(answer), { ...allOk, database: "failed" });
    assert.equal(ready(answer).error?.code, "not_ready");
    assert.equal(ready(answer).error?.message, "database: not available");
    const database = await service.get("/health/db");
    assert.equal(database.status, 503);
    assert.deepEqual((database.body as { error: { code: string } }).error.code, "database_unavailable");
    postgres.restore();
    await becomesReady();
  });

  it("names Redis when it is gone, and is ready again when it is back", async () => {
    redis.refuse();
    const answer = await service.get("/health/ready");
    assert.equal(answer.status, 503);
    assert.deepEqual(statuses(answer), { ...allOk, redis: "failed" });
    redis.restore();
    await becomesReady();
  });

  it("gives a store that hangs no more than the limit, and names each that does", async () => {
    postgres.silence();
    redis.silence();
    const start = performance.now();
    const answer = await service.get("/health/ready");
    assert.ok(performance.now() - start < 1_900);
    assert.equal(answer.status, 503);
    assert.equal(ready(answer).error?.message, "database: no answer within 800 ms; redis: no answer within 800 ms");
    postgres.restore();
    redis.restore();
    await becomesReady();
  });

  it("stays live, and answers what needs the store with 503", async () => {
    const bearer = await service.bearer();
    postgres.refuse();
    assert.equal((await service.get("/health/live")).status, 200);
    const answer = await service.get("/api/skills", bearer);
    assert.equal(answer.status, 503);
    assert.deepEqual(
      (answer.body as { error: { code: string; message: string } }).error.code,
      "dependency_unavailable",
    );
  });

  it("runs agents without Redis, only slower", async () => {
    const bearer = await service.bearer();
    redis.refuse();
    const answer = await service.post("/api/agents/execute", { input: "draw a chart" }, bearer);
    assert.equal(answer.status, 200);
    assert.equal((answer.body as { cached: boolean }).cached, false);
  });

  it("does not tell strangers where its stores are", async () => {
    postgres.refuse();
    const answer = await service.get("/health/ready");
    assert.ok(!JSON.stringify(answer.body).includes("127.0.0.1"));
  });
});

describe("A service that starts without its stores", () => {
  it("comes up, is not ready, and says why", async () => {
    await using service = await RunningService.start({
      DATABASE_URL: "postgres://atom@127.0.0.1:1/atom",
      REDIS_URL: "redis://127.0.0.1:1",
    });
    assert.equal((await service.get("/health/live")).status, 200);
    const answer = await service.get("/health/ready");
    assert.equal(answer.status, 503);
    assert.deepEqual(statuses(answer), { database: "failed", redis: "failed", vector_store: "failed" });
  });

  it("is not ready before the migrations have run", async () => {
    await using service = await RunningService.start({ DATABASE_URL: await (await dataServices()).createDatabase() });
    const answer = await service.get("/health/ready");
    assert.equal(answer.status, 503);
    assert.equal(statuses(answer).vector_store, "failed");
  });
});
