import assert from "node:assert/strict";
import { inspect } from "node:util";
import { Credentials, CredentialsMissingError } from "../../../delivery/smoke/credentials.ts";
import type { StepOutcome } from "../../../delivery/smoke/session.ts";
import { SmokeTest, type SmokeTestOptions, type Through } from "../../../delivery/smoke/smoke-test.ts";
import type { SmokeResult } from "../../../delivery/release/ports.ts";
import { realClock, SkippingClock } from "../support/clocks.ts";
import { answerJson, deafUrl, serve, type Handler, type Loopback } from "../support/loopback.ts";
import { password, service, sevenSteps, token, username } from "./steps.ts";

const never = new AbortController().signal;

function smokeTest(url: URL, options: Partial<SmokeTestOptions> = {}): SmokeTest {
  return new SmokeTest({
    steps: sevenSteps,
    doors: { candidate: { url, headers: { "x-canary": "1" } }, public: { url, headers: {} } },
    credentials: new Credentials(username, password),
    clock: realClock,
    ...options,
  });
}

async function outcomeOf(handler: Handler, options: Partial<SmokeTestOptions> = {}): Promise<SmokeResult> {
  await using server = await serve(handler);
  return await smokeTest(server.url, options).run("candidate", never);
}

/** The last step's name and detail of a smoke test that failed. */
function failure(result: SmokeResult): { name: string | undefined; detail: string } {
  assert.equal(result.passed, false);
  const last = result.steps.at(-1);
  assert.equal(last?.passed, false);
  return { name: last.name, detail: last.detail ?? "" };
}

describe("a smoke test", () => {
  it("runs the seven steps in order, with a duration for each", async () => {
    const result = await outcomeOf(service());
    assert.deepEqual(
      result.steps.map(({ name, passed }) => [name, passed]),
      sevenSteps.map(({ name }) => [name, true]),
    );
    assert.equal(result.passed, true);
    for (const { duration } of result.steps) assert.ok(duration > 0);
    assert.ok(result.duration >= Math.max(...result.steps.map(({ duration }) => duration)));
  });

  it("marks the candidate's requests with x-canary, and the public's not", async () => {
    await using server = await serve(service());
    const test = smokeTest(server.url);
    await test.run("candidate", never);
    assert.deepEqual(new Set(server.received.map(({ headers }) => headers["x-canary"])), new Set(["1"]));
    const before = server.received.length;
    await test.run("public", never);
    assert.equal(server.received.length, before + 7);
    for (const { headers } of server.received.slice(before)) assert.equal("x-canary" in headers, false);
  });

  it("carries the token on every step but login", async () => {
    await using server = await serve(service());
    await smokeTest(server.url).run("candidate", never);
    const [login, ...others] = server.received;
    assert.equal(login?.headers.authorization, undefined);
    for (const { headers } of others) assert.equal(headers.authorization, `Bearer ${token}`);
  });

  it("does not carry a token from one run to the next", async () => {
    await using server = await serve(service());
    const test = smokeTest(server.url, { steps: [...sevenSteps].reverse() });
    for (const through of ["candidate", "public"] as const) {
      const { name, detail } = failure(await test.run(through, never));
      assert.equal(name, "skills");
      assert.match(detail, /401/);
    }
  });

  it("asks below the path of its URL, and never another host", async () => {
    await using server = await serve(service());
    await smokeTest(new URL("/base/", server.url), {
      steps: [{ name: "odd", method: "GET", path: "//evil.example/x?y=1" }],
    }).run("public", never);
    assert.equal(server.received[0]?.path, "/base/evil.example/x?y=1");
  });

  it("tells of each step as it ends", async () => {
    const told: [Through, StepOutcome][] = [];
    const result = await outcomeOf(service(), { onStep: (through, outcome) => told.push([through, outcome]) });
    assert.deepEqual(
      told.map(([through, { name }]) => [through, name]),
      result.steps.map(({ name }) => ["candidate", name]),
    );
  });
});

describe("a smoke test fails at its step", () => {
  const cases: Record<string, { faults: Parameters<typeof service>[0]; step: string; detail: RegExp }> = {
    "on a 401": {
      faults: { "/api/skills": (_, response) => response.writeHead(401).end() },
      step: "skills",
      detail: /^skills: GET \/api\/skills answered 401: the credentials or the token were refused$/,
    },
    "on a 500, with the beginning of the answer": {
      faults: {
        "/api/agents/execute": (_, response) => {
          answerJson(response, { message: "boom", session_token: "abcdef" }, 500);
        },
      },
      step: "agents",
      detail: /answered 500 where 2xx is expected \(\{"message":"boom","session_token":"\[redacted\]"\}\)$/,
    },
    "on a redirect": {
      faults: { "/health/live": (_, response) => response.writeHead(301, { location: "/" }).end() },
      step: "live",
      detail: /answered 301 where 2xx is expected/,
    },
    "on a 2xx that is not the expected one": {
      faults: { "/api/canvas/present": (_, response) => response.writeHead(200).end("{}") },
      step: "canvas",
      detail: /answered 200 where 201 is expected/,
    },
    "on an error in a 2xx": {
      faults: {
        "/health/ready": (_, response) => {
          answerJson(response, { error: "redis is away" });
        },
      },
      step: "ready",
      detail: /answered with an error in its body \(.*redis is away/,
    },
    "on a login without access_token": {
      faults: {
        "/api/auth/login": (_, response) => {
          answerJson(response, { accessToken: token });
        },
      },
      step: "login",
      detail: /^login: POST \/api\/auth\/login answered without access_token/,
    },
    "on a login with an empty access_token": {
      faults: {
        "/api/auth/login": (_, response) => {
          answerJson(response, { access_token: "" });
        },
      },
      step: "login",
      detail: /answered without access_token/,
    },
    "on a login that is no JSON": {
      faults: { "/api/auth/login": (_, response) => response.end("<html>") },
      step: "login",
      detail: /did not answer with JSON/,
    },
    "on a field that is missing": {
      faults: {
        "/health/db": (_, response) => {
          answerJson(response, { query_time_ms: 1, pool_status: null });
        },
      },
      step: "database",
      detail: /answered without pool_status\.size/,
    },
    "on a broken connection": {
      faults: { "/health/live": (_, response) => response.socket?.destroy() },
      step: "live",
      detail: /^live: GET .*\/health\/live: the connection broke/,
    },
  };
  for (const [title, { faults, step, detail }] of Object.entries(cases))
    it(title, async () => {
      await using server = await serve(service(faults));
      const found = failure(await smokeTest(server.url).run("candidate", never));
      assert.equal(found.name, step);
      assert.match(found.detail, detail);
      assert.equal(server.received.length, sevenSteps.findIndex(({ name }) => name === step) + 1);
    });

  it("on its deadline", async () => {
    const result = await outcomeOf(service({ "/health/live": () => undefined }), { stepTimeoutMs: 40 });
    assert.match(failure(result).detail, /^live: .*no whole answer within 40 ms$/);
  });

  it("on a service that does not listen", async () => {
    const result = await smokeTest(await deafUrl()).run("public", never);
    assert.match(failure(result).detail, /^login: .*nothing listens there/);
  });

  it("on a step that needs a token when none was taken, without sending it", async () => {
    await using server = await serve(service());
    const steps = [{ name: "skills", method: "GET", path: "/api/skills", auth: true }] as const;
    const { detail } = failure(await smokeTest(server.url, { steps }).run("public", never));
    assert.match(detail, /no step before it took one/);
    assert.equal(server.received.length, 0);
  });
});

describe("a smoke test of pods that have just become ready", () => {
  const unrouted: Handler = (_, response) => response.writeHead(503).end("no healthy upstream");

  it("repeats its first step until the gateway knows them", async () => {
    let count = 0;
    const result = await outcomeOf(
      (request, response) => {
        count += 1;
        if (count <= 3) unrouted(request, response);
        else service()(request, response);
      },
      { clock: new SkippingClock() },
    );
    assert.equal(result.passed, true);
    assert.equal(count, 10);
  });

  it("gives up in the end", async () => {
    const clock = new SkippingClock();
    const result = await outcomeOf(unrouted, { clock, routedWithinMs: 1_000 });
    assert.match(failure(result).detail, /^login: .*503.*no healthy upstream/);
    assert.equal(clock.monotonic(), 1_000);
  });

  it("does not repeat a 503 of the service itself", async () => {
    await using server = await serve((_, response) => response.writeHead(503).end('{"error":"busy"}'));
    assert.equal((await smokeTest(server.url).run("public", never)).passed, false);
    assert.equal(server.received.length, 1);
  });
});

describe("a smoke test by the canary route", () => {
  const proof = { header: "x-canary-slot", value: "green" };
  const paths = ({ received }: Loopback): readonly string[] => received.map(({ path }) => path);

  /** A gateway that takes so many requests to learn of the route, and until then has the version that serves answer. */
  function learning(after: number, answer: Handler = service()): Handler {
    let count = 0;
    return (request, response) => {
      count += 1;
      if (count > after) response.setHeader(proof.header, proof.value);
      answer(request, response);
    };
  }

  function proven(url: URL, options: Partial<SmokeTestOptions> = {}): SmokeTest {
    const candidate = { url, headers: { "x-canary": "1" }, proof };
    return smokeTest(url, {
      clock: new SkippingClock(),
      doors: { candidate, public: { url, headers: {} } },
      ...options,
    });
  }

  it("changes nothing before an answer says that the candidate is reached, and asks as its guest", async () => {
    await using server = await serve(learning(3));
    const result = await proven(server.url).run("candidate", never);
    assert.deepEqual([result.passed, result.strayed], [true, undefined]);
    assert.deepEqual(paths(server).slice(0, 5), [...Array<string>(4).fill("/health/live"), "/api/auth/login"]);
    assert.equal(server.received.length, 4 + 7);
    for (const { headers, body } of server.received.slice(0, 4))
      assert.deepEqual([headers["x-canary"], headers.authorization, body], ["1", undefined, ""]);
  });

  it("fails for a route that is not seen in time, whoever answers well, and logs in nowhere", async () => {
    const clock = new SkippingClock();
    await using server = await serve(service());
    const result = await proven(server.url, { clock, provenWithinMs: 1_000 }).run("candidate", never);
    assert.deepEqual([result.passed, result.strayed], [false, true]);
    assert.deepEqual(failure(result), {
      name: "x-canary-slot",
      detail: "requests did not reach green within 1 s: they are answered without x-canary-slot: green",
    });
    assert.equal(clock.monotonic(), 1_000);
    assert.deepEqual(new Set(paths(server)), new Set(["/health/live"]));
  });

  it("is not satisfied by a route that leads to the other slot", async () => {
    await using server = await serve((request, response) => {
      response.setHeader(proof.header, "blue");
      service()(request, response);
    });
    const { strayed } = await proven(server.url, { provenWithinMs: 200 }).run("candidate", never);
    assert.equal(strayed, true);
  });

  it("fails at a step that somebody else goes on to answer, whatever the answer, and takes no token from it", async () => {
    await using server = await serve((request, response) => {
      if (request.path !== "/api/auth/login") response.setHeader(proof.header, proof.value);
      service()(request, response);
    });
    const result = await proven(server.url, { provenWithinMs: 60_000 }).run("candidate", never);
    assert.equal(result.strayed, true);
    assert.deepEqual(failure(result), {
      name: "login",
      detail: "login: POST /api/auth/login was answered by somebody else (200)",
    });
    // It may change something where it does not belong.
    assert.equal(paths(server).filter((path) => path === "/api/auth/login").length, 5);
  });

  it("repeats a step that a proxy answers which hears of the route later, once it has", async () => {
    const clock = new SkippingClock();
    let logins = 0;
    await using server = await serve((request, response) => {
      if (request.path === "/api/auth/login") logins += 1;
      if (logins !== 1) response.setHeader(proof.header, proof.value);
      // The proxy that has not heard of it answers the looks as well, for a second.
      if (logins === 1 && clock.monotonic() >= 1_500) response.setHeader(proof.header, proof.value);
      service()(request, response);
    });
    const result = await proven(server.url, { clock }).run("candidate", never);
    assert.deepEqual([result.passed, result.strayed, result.steps.length], [true, undefined, 7]);
    assert.equal(logins, 2);
    assert.ok((result.steps[0]?.duration ?? 0) >= 1_400, "the wait is part of the step");
  });

  it("waits for proxies for so long in all, however many steps go astray", async () => {
    const clock = new SkippingClock();
    const seen = new Map<string, number>();
    await using server = await serve((request, response) => {
      const count = (seen.get(request.path) ?? 0) + 1;
      seen.set(request.path, count);
      const isLook = request.path === "/health/live" && request.headers.authorization === undefined;
      if (isLook || count > 2) response.setHeader(proof.header, proof.value);
      service()(request, response);
    });
    const result = await proven(server.url, { clock, provenWithinMs: 4_000 }).run("candidate", never);
    assert.equal(result.strayed, true);
    assert.ok(clock.monotonic() <= 4_000, String(clock.monotonic()));
  });

  it("does not take an answer that is not whole for a proof, but its headers", async () => {
    const large = Buffer.alloc(2 * 1024 * 1024, "x");
    const answers: Record<string, Handler> = {
      "too large": (_, response) => response.end(large),
      "broken off": (_, response) => {
        response.writeHead(200, { "content-length": "10" }).write("x");
        setImmediate(() => response.socket?.destroy());
      },
    };
    for (const [what, answer] of Object.entries(answers)) {
      await using stray = await serve(answer);
      const lost = await proven(stray.url, { provenWithinMs: 300 }).run("candidate", never);
      assert.deepEqual([lost.strayed, failure(lost).name], [true, "x-canary-slot"], what);
      assert.deepEqual(new Set(paths(stray)), new Set(["/health/live"]), what);
      await using candidate = await serve(learning(0, answer));
      const own = await proven(candidate.url).run("candidate", never);
      assert.deepEqual([own.strayed, failure(own).name], [undefined, "login"], what);
      // At a later step.
      await using late = await serve((request, response) => {
        if (request.path !== "/api/skills") response.setHeader(proof.header, proof.value);
        (request.path === "/api/skills" ? answer : service())(request, response);
      });
      const end = await proven(late.url, { provenWithinMs: 300 }).run("candidate", never);
      assert.deepEqual([end.strayed, failure(end).name], [true, "skills"], what);
    }
  });

  it("waits where nobody answers, and says whose that is in the end", async () => {
    let count = 0;
    await using restarting = await serve((request, response) => {
      count += 1;
      if (count <= 3) response.socket?.destroy();
      else learning(0)(request, response);
    });
    const result = await proven(restarting.url).run("candidate", never);
    assert.equal(result.passed, true);
    // It may be the candidate's, and nothing that changes something was asked for.
    await using silent = await serve((_, response) => response.socket?.destroy());
    const none = await proven(silent.url, { provenWithinMs: 1_000 }).run("candidate", never);
    assert.deepEqual([none.strayed, failure(none).name], [undefined, "x-canary-slot"]);
    assert.match(failure(none).detail, /^requests got no answer within 1 s: GET http:.* the connection broke/);
    assert.deepEqual(new Set(paths(silent)), new Set(["/health/live"]));
    // Nobody is there whose fault it could be.
    const url = await deafUrl();
    const away = await proven(url, { provenWithinMs: 1_000 }).run("candidate", never);
    assert.equal(away.strayed, true);
    assert.match(failure(away).detail, /^requests got no answer within 1 s: .* nothing listens there/);
  });

  it("has the candidate's own failures for such: an error, a gateway without a pod to ask", async () => {
    for (const answer of [
      (_, response) => response.writeHead(500).end(),
      (_, response) => response.writeHead(503).end("no healthy upstream"),
    ] satisfies Handler[]) {
      await using server = await serve(learning(0, answer));
      const result = await proven(server.url, { routedWithinMs: 300 }).run("candidate", never);
      assert.deepEqual([result.passed, result.strayed, failure(result).name], [false, undefined, "login"]);
    }
  });

  it("asks for no proof as a user", async () => {
    await using server = await serve(service());
    assert.equal((await proven(server.url).run("public", never)).passed, true);
    assert.equal(server.received.length, 7);
  });
});

describe("a smoke test that is aborted", () => {
  it("rejects with the signal's reason and sends nothing more", async () => {
    const reason = new Error("abort");
    const abort = new AbortController();
    await using server = await serve(
      service({
        "/health/ready": () => {
          abort.abort(reason);
        },
      }),
    );
    await assert.rejects(smokeTest(server.url).run("candidate", abort.signal), reason);
    assert.equal(server.received.length, 3);
  });
});

describe("the smoke test's secrets", () => {
  const echo: Handler = ({ headers, body }, response) => {
    answerJson(response, { message: `you sent ${body} with ${headers.authorization ?? ""}`, access_token: token }, 500);
  };

  it("appear in no result, whatever the service answers with", async () => {
    const echoes: Handler[] = [
      echo,
      service({ "/api/skills": echo }),
      service({
        "/api/skills": (_, response) =>
          response.writeHead(500).end(`token=${token}&password=${encodeURIComponent(password)}`),
      }),
      service({ "/api/auth/login": (_, response) => response.end(`{"access_token":"${token}`) }),
      service({ "/api/skills": (_, response) => response.writeHead(500).end(`${"x".repeat(190)} Bearer ${token}`) }),
    ];
    for (const handler of echoes) {
      const shown = JSON.stringify(await outcomeOf(handler));
      assert.match(shown, /"passed":false/);
      for (const secret of [
        token,
        password,
        JSON.stringify(password).slice(1, -1),
        token.slice(0, 8),
        "w0rd",
        username,
      ])
        assert.equal(shown.includes(secret), false, shown);
    }
  });

  it("are in no inspection and no JSON of its objects", () => {
    const credentials = new Credentials(username, password);
    const test = smokeTest(new URL("http://127.0.0.1:1"), { credentials });
    for (const shown of [
      inspect(credentials, { depth: 9, showHidden: true }),
      inspect(test, { depth: 9, showHidden: true }),
    ])
      assert.doesNotMatch(shown, /w0rd|smoke_test/);
    assert.equal(JSON.stringify(credentials), "{}");
  });

  it("come from the environment, and those that are missing are named", () => {
    assert.throws(
      () => Credentials.fromEnvironment({ SMOKE_TEST_USERNAME: "", SMOKE_TEST_PASSWORD: "x" }),
      (error) => error instanceof CredentialsMissingError && error.missing.join() === "SMOKE_TEST_USERNAME",
    );
    assert.throws(() => Credentials.fromEnvironment({}), /SMOKE_TEST_USERNAME and SMOKE_TEST_PASSWORD are not set/);
    const credentials = Credentials.fromEnvironment({ SMOKE_TEST_USERNAME: "u", SMOKE_TEST_PASSWORD: "p" });
    assert.deepEqual(
      credentials.reveal((name, word) => [name, word]),
      ["u", "p"],
    );
  });
});
