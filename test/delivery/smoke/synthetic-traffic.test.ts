import assert from "node:assert/strict";
import { Credentials } from "../../../delivery/smoke/credentials.ts";
import { syntheticLimits, SyntheticTraffic } from "../../../delivery/smoke/synthetic-traffic.ts";
import { realClock, SkippingClock } from "../support/clocks.ts";
import { serve, type Loopback } from "../support/loopback.ts";
import { password, service, sevenSteps, token, username } from "./steps.ts";

const never = new AbortController().signal;

function traffic(clock = new SkippingClock(), steps = sevenSteps): SyntheticTraffic {
  return new SyntheticTraffic({ steps, credentials: new Credentials(username, password), clock });
}

function door(server: Loopback) {
  return { url: server.url, headers: { "x-canary": "1" } };
}

describe("synthetic traffic", () => {
  it("logs in once and then sends the repeatable steps at its rate", async () => {
    await using server = await serve(service());
    const clock = new SkippingClock();
    const result = await traffic(clock).drive(door(server), { requests: 41, perSecond: 20 }, never);
    assert.deepEqual(result, { sent: 41, failed: 0 });
    assert.equal(clock.monotonic(), 2_000);
    const [login, ...others] = server.received.map(({ path }) => path);
    assert.equal(login, "/api/auth/login");
    assert.deepEqual(others, Array<string>(41).fill("/api/skills"));
    assert.ok(server.received.every(({ headers }) => headers["x-canary"] === "1"));
  });

  it("is bounded in rate and number, whatever is asked for", async () => {
    await using server = await serve(service());
    const clock = new SkippingClock();
    const result = await traffic(clock).drive(door(server), { requests: 300, perSecond: 1e9 }, never);
    assert.equal(result.sent, 300);
    assert.equal(Math.round(clock.monotonic()), (299 * 1000) / syntheticLimits.perSecond);
    assert.equal(syntheticLimits.requests, 10_000);
  });

  it("counts what failed", async () => {
    let count = 0;
    await using server = await serve(
      service({
        "/api/skills": (_, response) => {
          count += 1;
          response.writeHead(count % 4 === 0 ? 500 : 200).end();
        },
      }),
    );
    assert.deepEqual(await traffic().drive(door(server), { requests: 20, perSecond: 50 }, never), {
      sent: 20,
      failed: 5,
    });
  });

  it("says why it sent nothing", async () => {
    await using server = await serve(
      service({ "/api/auth/login": (_, response) => response.writeHead(500).end(token) }),
    );
    const refused = await traffic().drive(door(server), { requests: 5, perSecond: 5 }, never);
    assert.equal(refused.sent, 0);
    assert.match(refused.problem ?? "", /^login: POST \/api\/auth\/login answered 500/);
    const none = await traffic(new SkippingClock(), sevenSteps.slice(0, 3)).drive(
      door(server),
      { requests: 5, perSecond: 5 },
      never,
    );
    assert.match(none.problem ?? "", /no smoke step is marked repeatable/);
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
    const driver = new SyntheticTraffic({
      steps: sevenSteps,
      credentials: new Credentials(username, password),
      clock: realClock,
    });
    await assert.rejects(driver.drive(door(server), { requests: 1_000, perSecond: 100 }, abort.signal), reason);
    assert.ok(count < 20);
  });
});
