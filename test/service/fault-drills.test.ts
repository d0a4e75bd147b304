import assert from "node:assert/strict";
import type { Faults } from "../../service/src/faults.ts";
import { eventually } from "../support/eventually.ts";
import { RunningService, credentials } from "./running-service.ts";

function start(faults: Partial<Faults>, crash?: () => void): Promise<RunningService> {
  return RunningService.start({ ATOM_FAULTS: JSON.stringify(faults) }, crash === undefined ? {} : { crash });
}

describe("A drill", () => {
  it("makes the share of requests fail that it asks for, and counts them like any other", async () => {
    await using service = await start({ errorShare: 0.25 });
    const statuses: number[] = [];
    for (let index = 0; index < 12; index += 1) statuses.push((await service.get("/api/skills")).status);
    assert.equal(statuses.filter((status) => status === 500).length, 3);
    const { body } = await service.get("/metrics");
    assert.match(String(body), /http_requests_total\{method="GET",route="\/api\/skills",status="500",.*\} 3/);
  });

  it("makes login refuse everybody while all else works", async () => {
    await using service = await start({ errorShare: 1, errorStatus: 401, routes: ["/api/auth/login"] });
    const login = await service.post("/api/auth/login", credentials);
    assert.equal(login.status, 401);
    assert.equal((login.body as { error: { code: string } }).error.code, "fault_injected");
    await service.ready();
  });

  it("makes requests slow and lets them succeed", async () => {
    await using service = await start({ latencyMs: 150, routes: ["/health/live"] });
    const start_ = performance.now();
    assert.equal((await service.get("/health/live")).status, 200);
    assert.ok(performance.now() - start_ >= 149);
  });

  it("makes a service that is never ready and lives on", async () => {
    await using service = await start({ notReady: true });
    const { status, body } = await service.get("/health/ready");
    assert.equal(status, 503);
    assert.equal((body as { error: { message: string } }).error.message, "a drill asked for this");
    assert.equal((await service.get("/health/live")).status, 200);
  });

  it("makes the process crash after a while", async () => {
    let crashes = 0;
    await using service = await start({ crashAfterSeconds: 0.05 }, () => (crashes += 1));
    assert.equal(crashes, 0);
    await eventually("the process crashed", () => crashes === 1 || undefined);
    assert.equal((await service.get("/health/live")).status, 200);
  });

  it("makes memory grow for as long as the service runs", async () => {
    const before = process.memoryUsage().arrayBuffers;
    await using service = await start({ memoryLeakMiBPerSecond: 16 });
    await eventually("memory grew", () => process.memoryUsage().arrayBuffers - before > 15 * 2 ** 20 || undefined);
    assert.equal((await service.get("/health/live")).status, 200);
  });

  it("is announced in the log", async () => {
    await using service = await start({ errorShare: 0.5 });
    const line = service.logLines.find((one) => one.includes("faults are switched on"));
    assert.match(String(line), /"level":"warn".*"errorShare":0.5/);
  });

  it("on a route that does not exist stops the service from starting", async () => {
    await assert.rejects(start({ errorShare: 1, routes: ["/api/typo"] }), {
      message: /^ATOM_FAULTS\.routes: no route \/api\/typo; there are .*\/api\/auth\/login/,
    });
  });
});
