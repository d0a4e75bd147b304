import assert from "node:assert/strict";
import { inspect } from "node:util";
import fc from "fast-check";
import { Authorization } from "../../../delivery/prometheus/authorization.ts";
import { deafUrl, serve, type Handler } from "../support/loopback.ts";
import { answerScalar, answerVector, clientOf, parametersOf } from "./fake-prometheus.ts";

const never = new AbortController().signal;

describe("a query to Prometheus", () => {
  it("is a form with the query and the instant, below the path of the address", async () => {
    await using server = await serve((_, response) => {
      answerVector(response, 3);
    });
    using test = clientOf(new URL("/prometheus/", server.url));
    assert.deepEqual(await test.client.query('up{job="atom"}', never, 1234.5), {
      answer: { ok: true, values: [3] },
      warnings: [],
    });
    const [seen] = server.received;
    assert.equal(`${seen?.method ?? ""} ${seen?.path ?? ""}`, "POST /prometheus/api/v1/query");
    assert.deepEqual(parametersOf(seen!), { query: 'up{job="atom"}', time: "1234.5" });
    await test.client.query("up", never);
    assert.deepEqual(parametersOf(server.received[1]!), { query: "up" });
  });

  it("keeps all series and what Go writes for numbers that are none", async () => {
    await using server = await serve((_, response) => {
      answerVector(response, "NaN", "+Inf", "-Inf", "1e3");
    });
    using test = clientOf(server.url);
    assert.deepEqual((await test.client.query("x", never)).answer, {
      ok: true,
      values: [NaN, Infinity, -Infinity, 1000],
    });
  });

  it("keeps what Prometheus remarks", async () => {
    await using server = await serve((_, response) =>
      response.end(
        '{"status":"success","data":{"resultType":"scalar","result":[1,"2"]},"warnings":["a"],"infos":["b"]}',
      ),
    );
    using test = clientOf(server.url);
    assert.deepEqual((await test.client.query("x", never)).warnings, ["a", "b"]);
  });

  it("counts and times every try", async () => {
    let tries = 0;
    await using server = await serve((_, response) => {
      tries += 1;
      if (tries < 3) response.writeHead(503).end();
      else answerScalar(response, 1);
    });
    using test = clientOf(server.url);
    assert.equal((await test.client.query("x", never)).answer.ok, true);
    assert.deepEqual(
      test.records.map(({ result }) => result),
      ["failed", "failed", "success"],
    );
    for (const { seconds } of test.records) assert.ok(seconds >= 0 && seconds < 1);
    assert.deepEqual(test.clock.sleeps, [200, 400]);
  });

  const passing: Record<string, { handler: Handler; kind: string; result: "failed" | "timeout" }> = {
    "a 500": { handler: (_, response) => response.writeHead(500).end("oops"), kind: "malformed", result: "failed" },
    "a 429": { handler: (_, response) => response.writeHead(429).end(), kind: "malformed", result: "failed" },
    "a page of a proxy": { handler: (_, response) => response.end("<html>"), kind: "malformed", result: "failed" },
    "JSON that was cut off": {
      handler: (_, response) => response.end('{"status":"success","data":{"resultType":"vector","resu'),
      kind: "malformed",
      result: "failed",
    },
    "values of the wrong type": {
      handler: (_, response) =>
        response.end('{"status":"success","data":{"resultType":"vector","result":[{"value":[1,2]}]}}'),
      kind: "malformed",
      result: "failed",
    },
    "a range where an instant is due": {
      handler: (_, response) => response.end('{"status":"success","data":{"resultType":"matrix","result":[]}}'),
      kind: "malformed",
      result: "failed",
    },
    "an answer that breaks off": {
      handler: (_, response) => {
        response.writeHead(200, { "content-length": "99" }).write("{");
        response.socket?.end();
      },
      kind: "unreachable",
      result: "failed",
    },
    "a connection that is cut": {
      handler: (_, response) => response.socket?.destroy(),
      kind: "unreachable",
      result: "failed",
    },
    silence: { handler: () => undefined, kind: "timeout", result: "timeout" },
  };
  for (const [what, { handler, kind, result }] of Object.entries(passing))
    it(`is tried again after ${what}, until its deadline, and then is a problem`, async () => {
      await using server = await serve(handler);
      // Silence alone is waited for: an answer may take its time on a machine that is busy.
      const tries = result === "timeout" ? { tryTimeoutMs: 400 } : {};
      using test = clientOf(server.url, { ...tries, deadlineMs: 2_000 });
      const { answer } = await test.client.query("x", never);
      assert.equal(answer.ok, false);
      assert.equal(answer.problem.kind, kind);
      assert.equal(server.received.length, 4);
      assert.deepEqual(test.clock.sleeps, [200, 400, 800]);
      assert.deepEqual(new Set(test.records.map((record) => record.result)), new Set([result]));
    });

  for (const [status, what] of [
    [400, "a query that it refuses"],
    [401, "missing rights"],
    [404, "a place that is no Prometheus"],
    [302, "a redirect to a login page"],
  ] as const)
    it(`is not tried again after ${what}`, async () => {
      await using server = await serve((_, response) =>
        response
          .writeHead(status)
          .end(status === 400 ? '{"status":"error","errorType":"bad_data","error":"parse error"}' : ""),
      );
      using test = clientOf(server.url);
      const { answer } = await test.client.query("x", never);
      assert.equal(answer.ok, false);
      assert.match(answer.problem.detail, new RegExp(`HTTP ${status}`));
      assert.equal(server.received.length, 1);
    });

  it("is a problem where nothing listens", async () => {
    using test = clientOf(await deafUrl(), { deadlineMs: 500 });
    const { answer } = await test.client.query("x", never);
    assert.equal(!answer.ok && answer.problem.kind, "unreachable");
    assert.equal(test.records.length, 2);
  });

  it("takes any bytes for an answer without throwing", async () => {
    let body = "";
    await using server = await serve((_, response) => response.end(body));
    using test = clientOf(server.url, { deadlineMs: 3_000 });
    const anyBody = fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map((data) => `{"status":"success","data":${data}}`),
      fc.json().map((result) => `{"status":"success","data":{"resultType":"vector","result":[${result}]}}`),
    );
    await fc.assert(
      fc.asyncProperty(anyBody, async (text) => {
        body = text;
        const { answer } = await test.client.query("x", never);
        if (answer.ok) assert.ok(answer.values.every((value) => typeof value === "number"));
      }),
      { numRuns: 150 },
    );
  });

  it("rejects with the signal's reason, also while it pauses", async () => {
    const reason = new Error("enough");
    const abort = new AbortController();
    await using server = await serve((_, response) => {
      response.writeHead(500).end();
      abort.abort(reason);
    });
    using test = clientOf(server.url);
    await assert.rejects(test.client.query("x", abort.signal), reason);
    assert.equal(server.received.length, 1);
  });
});

describe("the credentials for Prometheus", () => {
  const token = "s3cr3t-t0ken-value";

  it("are sent as a bearer token or by basic authentication", async () => {
    await using server = await serve((_, response) => {
      answerScalar(response, 1);
    });
    for (const authorization of [Authorization.bearer(token), Authorization.basic("ada", token)]) {
      using test = clientOf(server.url, { authorization });
      await test.client.query("x", never);
    }
    assert.deepEqual(
      server.received.map(({ headers }) => headers.authorization),
      [`Bearer ${token}`, `Basic ${Buffer.from(`ada:${token}`).toString("base64")}`],
    );
  });

  it("appear in no problem, even where a proxy echoes them, and in no inspection", async () => {
    const echoes: Handler[] = [
      ({ headers }, response) => response.writeHead(403).end(`no access with ${headers.authorization ?? ""}`),
      ({ headers }, response) =>
        response.writeHead(400).end(JSON.stringify({ status: "error", errorType: "x", error: headers.authorization })),
    ];
    for (const handler of echoes)
      for (const authorization of [Authorization.bearer(token), Authorization.basic("ada", token)]) {
        await using server = await serve(handler);
        using test = clientOf(server.url, { authorization });
        const shown =
          JSON.stringify(await test.client.query("x", never)) + inspect(test.client, { depth: 9, showHidden: true });
        for (const secret of [token, Buffer.from(`ada:${token}`).toString("base64")])
          assert.equal(shown.includes(secret), false, shown);
      }
  });
});

describe("the rules of Prometheus", () => {
  it("are listed with their health", async () => {
    await using server = await serve((_, response) =>
      response.end(
        JSON.stringify({
          status: "success",
          data: {
            groups: [
              { name: "a", rules: [{ name: "R", health: "ok", lastError: "", type: "alerting" }] },
              {
                name: "b",
                rules: [
                  { name: "S", health: "err", lastError: "bad" },
                  { name: "T", health: "unknown" },
                ],
              },
            ],
          },
        }),
      ),
    );
    using test = clientOf(server.url);
    assert.deepEqual(await test.client.rules(never), {
      ok: true,
      value: [
        { group: "a", name: "R", health: "ok", lastError: undefined },
        { group: "b", name: "S", health: "err", lastError: "bad" },
        { group: "b", name: "T", health: "unknown", lastError: undefined },
      ],
    });
    assert.equal(server.received[0]?.method, "GET");
  });

  it("are a problem when the answer is no list", async () => {
    for (const body of ["", "{}", '{"status":"success","data":{"groups":{}}}', '{"status":"error"}']) {
      await using server = await serve((_, response) => response.end(body));
      using test = clientOf(server.url, { deadlineMs: 3_000 });
      const rules = await test.client.rules(never);
      assert.equal(!rules.ok && rules.problem.kind, "malformed");
    }
  });
});
