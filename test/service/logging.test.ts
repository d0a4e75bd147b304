import assert from "node:assert/strict";
import { RunningService, credentials, tokenSecret } from "./running-service.ts";

interface LogLine {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly request_id?: string;
  readonly slot: string;
  readonly version: string;
  readonly [key: string]: unknown;
}

describe("The log", () => {
  let service: RunningService;
  beforeEach(async () => {
    service = await RunningService.start();
  });
  afterEach(() => service[Symbol.asyncDispose]());

  function lines(): readonly LogLine[] {
    return service.logLines.map((line) => JSON.parse(line) as LogLine);
  }

  it("has one JSON line for each answer, with what is needed to find it again", async () => {
    await service.get("/api/skills?search=private", { "x-request-id": "trace-1" });
    const found = lines().filter(({ request_id, msg }) => request_id === "trace-1" && msg === "request answered");
    assert.equal(found.length, 1);
    const { time, duration_ms, ...rest } = found[0]!;
    assert.ok(!Number.isNaN(Date.parse(time)));
    assert.equal(typeof duration_ms, "number");
    assert.deepEqual(rest, {
      level: "info",
      service: "atom",
      slot: "blue",
      version: "1.2.3",
      request_id: "trace-1",
      method: "GET",
      path: "/api/skills",
      route: "/api/skills",
      status: 401,
      remote_address: "127.0.0.1",
      msg: "request answered",
    });
  });

  it("speaks of probes and scrapes at debug level only", async () => {
    await service.get("/health/live");
    await service.get("/metrics");
    const levels = lines().filter(({ msg }) => msg === "request answered");
    assert.deepEqual(
      levels.map(({ level }) => level),
      ["debug", "debug"],
    );
  });

  it("never holds a password, a token or a secret", async () => {
    const { authorization } = await service.bearer();
    await service.post("/api/auth/login", { ...credentials, password: "a wrong secret" });
    await service.post("/api/auth/login", { password: "an odd secret" });
    await service.get(`/api/skills?access_token=${authorization.slice(7)}`, { authorization });
    const log = service.logLines.join("");
    for (const secret of [credentials.password, "a wrong secret", "an odd secret", authorization.slice(7), tokenSecret])
      assert.ok(!log.includes(secret));
  });
});

describe("The id of a request", () => {
  let service: RunningService;
  before(async () => {
    service = await RunningService.start();
  });
  after(() => service[Symbol.asyncDispose]());

  it("is the caller's when it is sane, and comes back", async () => {
    const { headers } = await service.get("/health/live", { "x-request-id": "0af7651916cd43dd-8448eb211c80319c" });
    assert.equal(headers.get("x-request-id"), "0af7651916cd43dd-8448eb211c80319c");
  });

  it("is a new one when the caller's is none, or not fit for a log", async () => {
    const uuid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;
    assert.match(String((await service.get("/health/live")).headers.get("x-request-id")), uuid);
    for (const id of ["a b", '{"level":"fatal"}', "x".repeat(129)]) {
      const { headers } = await service.get("/health/live", { "x-request-id": id });
      assert.match(String(headers.get("x-request-id")), uuid);
    }
  });
});
