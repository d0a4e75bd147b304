import assert from "node:assert/strict";
import type { SmokeStep } from "../../../components/smoke-steps/smoke-step.ts";
import type { Clock } from "../../../delivery/release/ports.ts";
import { Credentials } from "../../../delivery/smoke/credentials.ts";
import { syntheticLimits, SyntheticTraffic } from "../../../delivery/smoke/synthetic-traffic.ts";
import { realClock, SkippingClock } from "../support/clocks.ts";
import { serve, type Loopback } from "../support/loopback.ts";
import { password, service, sevenSteps, token, username } from "./steps.ts";

const never = new AbortController().signal;

function traffic(
  { url }: Loopback,
  requests: number,
  perSecond: number,
  { clock = new SkippingClock(), steps = sevenSteps }: { clock?: Clock; steps?: readonly SmokeStep[] } = {},
): SyntheticTraffic {
  return new SyntheticTraffic({
    steps,
    doors: { candidate: { url, headers: { "x-canary": "1" } }, public: { url, headers: {} } },
    requests,
    perSecond,
    credentials: new Credentials(username, password),
    clock,
  });
}

describe("synthetic traffic", () => {
  it("logs in once and then sends the repeatable steps at its rate, to the candidate and as a user alike", async () => {
    await using server = await serve(service());
    const clock = new SkippingClock();
    const result = await traffic(server, 41, 20, { clock }).drive(never);
    assert.deepEqual(result, { sent: 41, failed: 0 });
    assert.equal(clock.monotonic(), 2_000);
    for (const header of ["1", undefined]) {
      const received = server.received.filter(({ headers }) => headers["x-canary"] === header);
      const [login, ...others] = received.map(({ path }) => path);
      assert.equal(login, "/api/auth/login");
      assert.deepEqual(others, Array<string>(41).fill("/api/skills"));
    }
  });

  it("leaves probes out, which nobody counts", async () => {
    await using server = await serve(service());
    const steps = sevenSteps.map((step) => (step.method === "GET" ? { ...step, repeatable: true } : step));
    assert.equal((await traffic(server, 3, 10, { steps }).drive(never)).sent, 3);
    assert.deepEqual(new Set(server.received.slice(2).map(({ path }) => path)), new Set(["/api/skills"]));
  });

  it("is bounded in rate and number, whatever is asked for", async () => {
    await using server = await serve(service());
    const clock = new SkippingClock();
    const result = await traffic(server, 300, 1e9, { clock }).drive(never);
    assert.equal(result.sent, 300);
    assert.equal(Math.round(clock.monotonic()), (299 * 1000) / syntheticLimits.perSecond);
    assert.equal(syntheticLimits.requests, 10_000);
  });

  it("counts what failed", async () => {
    let count = 0;
    await using server = await serve(
      service({
        "/api/skills": ({ headers }, response) => {
          if (headers["x-canary"] === "1") count += 1;
          response.writeHead(headers["x-canary"] === "1" && count % 4 === 0 ? 500 : 200).end();
        },
      }),
    );
    assert.deepEqual(await traffic(server, 20, 50).drive(never), {
      sent: 20,
      failed: 5,
    });
  });

  it("says why it sent nothing", async () => {
    await using server = await serve(
      service({ "/api/auth/login": (_, response) => response.writeHead(500).end(token) }),
    );
    const refused = await traffic(server, 5, 5).drive(never);
    assert.equal(refused.sent, 0);
    assert.match(refused.problem ?? "", /^login: POST \/api\/auth\/login answered 500/);
    const none = await traffic(server, 5, 5, { steps: sevenSteps.slice(0, 3) }).drive(never);
    assert.match(none.problem ?? "", /no smoke step that counts is repeatable/);
    assert.equal(server.received.length, 1);
  });

  it("stops at the signal", async () => {
    const reason = new Error("enough");
    const abort = new AbortController();
    let count = 0;
    await using server = await serve(
      service({
        "/api/skills": (_, response) => {
          count += 1;
          if (count === 3) abort.abort(reason);
          response.end("{}");
        },
      }),
    );
    const driver = traffic(server, 1_000, 100, { clock: realClock });
    await assert.rejects(driver.drive(abort.signal), reason);
    assert.ok(count < 20);
  });
});
