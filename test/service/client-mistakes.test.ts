import assert from "node:assert/strict";
import { createConnection } from "node:net";
import fc from "fast-check";
import { RunningService, type Answer } from "./running-service.ts";

interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string; readonly request_id: string };
}

describe("A client's mistake", () => {
  let service: RunningService;
  let bearer: { readonly authorization: string };
  before(async () => {
    service = await RunningService.start({ BODY_LIMIT_BYTES: "4096" });
    bearer = await service.bearer();
  });
  after(() => service[Symbol.asyncDispose]());

  function assertError(answer: Answer, status: number, code: string, message?: RegExp): void {
    const { error } = answer.body as ErrorBody;
    assert.equal(answer.status, status);
    assert.deepEqual(Object.keys(answer.body as object), ["error"]);
    assert.deepEqual(Object.keys(error), ["code", "message", "request_id"]);
    assert.equal(error.code, code);
    assert.equal(error.request_id, answer.headers.get("x-request-id"));
    if (message !== undefined) assert.match(error.message, message);
  }

  function login(body: string, contentType?: string): Promise<Answer> {
    const headers: Record<string, string> = contentType === undefined ? {} : { "content-type": contentType };
    return service.request("POST", "/api/auth/login", { headers, body: Buffer.from(body) });
  }

  it("in the path is answered with 404", async () => {
    assertError(await service.get("/api/nothing"), 404, "not_found");
    assertError(await service.get("/api/skills/", bearer), 404, "not_found");
    assertError(await service.get("/health"), 404, "not_found");
  });

  it("in the method is answered with 405 and what is allowed", async () => {
    const answer = await service.request("DELETE", "/api/skills?limit=1", { headers: bearer });
    assertError(answer, 405, "method_not_allowed");
    assert.equal(answer.headers.get("allow"), "GET, HEAD");
    assertError(await service.get("/api/auth/login"), 405, "method_not_allowed");
  });

  it("in the escapes of a path is answered with 400", async () => {
    assertError(await service.get("/api/%zz"), 400, "bad_request");
  });

  for (const body of ["{", "nonsense", '{"username": }', ""])
    it(`in JSON is answered with 400: ${JSON.stringify(body)}`, async () => {
      assertError(await login(body, "application/json"), 400, "bad_request");
    });

  it("of poisoning a prototype is answered with 400", async () => {
    assertError(await login('{"__proto__": {"admin": true}}', "application/json"), 400, "bad_request");
  });

  for (const [body, message] of [
    ["null", /^body/],
    ["[]", /^body.*expected object/],
    ['{"username": "a"}', /^body\/password /],
    ['{"username": "", "password": 1}', /^body\/username .*; body\/password /],
    ['{"username": "a", "password": "b", "admin": true}', /"admin"/],
    ['{"username": "a\\u0000", "password": "b"}', /^body\/username must be text/],
    ['{"username": "\\ud800", "password": "b"}', /^body\/username must be text/],
  ] as const)
    it(`in a body is answered with 400 that says where: ${body}`, async () => {
      assertError(await login(body, "application/json"), 400, "invalid_request", message);
    });

  for (const query of [
    "limit=0",
    "limit=101",
    "limit=ten",
    "limit=1&limit=2",
    "limit=",
    "search=",
    "search=%00",
    "sort=name",
  ])
    it(`in a query is answered with 400: ${query}`, async () => {
      assertError(await service.get(`/api/skills?${query}`, bearer), 400, "invalid_request", /^querystring/);
    });

  it("in the size of a body is answered with 413", async () => {
    assertError(await login(JSON.stringify({ username: "a".repeat(5000) }), "application/json"), 413, "body_too_large");
  });

  for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/xml", "nonsense"])
    it(`in the type of a body is answered with 415: ${type}`, async () => {
      assertError(await login("username=a", type), 415, "unsupported_media_type");
    });

  it("in HTTP itself is answered with 4xx and the same body", async () => {
    for (const [bytes, status, code] of [
      ["nonsense\r\n\r\n", 400, "bad_request"],
      ["GET /health/live HTTP/1.1\r\n\r\n", 400, "bad_request"],
      [`GET / HTTP/1.1\r\nHost: a\r\nX: ${"a".repeat(20_000)}\r\n\r\n`, 431, "headers_too_large"],
      [
        "POST /api/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        400,
        "bad_request",
      ],
    ] as const) {
      const answer = await rawRequest(service, bytes);
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
      if (!bytes.startsWith("GET /health")) assert.match(answer, new RegExp(`"code":"${code}"`));
    }
  });

  it("of going away in the middle of a body counts as no error of ours", async () => {
    const socket = createConnection({ host: "127.0.0.1", port: Number(new URL(service.server.url).port) });
    socket.write(
      "POST /api/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    );
    socket.end();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    socket.resume().once("close", () => {
      resolve(undefined);
    });
    await promise;
    const { body } = await service.get("/metrics");
    assert.doesNotMatch(String(body), /^http_requests_total\{.*status="5/m);
  });

  it("of any kind never ends in a 5xx", async () => {
    const methods = fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
    const targets = fc.oneof(
      fc.constantFrom("/api/auth/login", "/api/agents/execute", "/api/canvas/present", "/api/skills", "/health/db"),
      fc.webPath().map((target) => (target.startsWith("/") ? target : `/${target}`)),
    );
    const queries = fc.oneof(
      fc.constant(""),
      fc.webQueryParameters().map((query) => `?${query}`),
    );
    const types = fc.constantFrom(
      "application/json",
      "application/json; charset=utf-16",
      "text/html",
      "application/jsonx",
    );
    const text = fc.string({ unit: "binary", maxLength: 40 });
    const plausible = fc.record(
      {
        username: text,
        password: text,
        input: text,
        title: text,
        elements: fc.array(fc.record({ kind: fc.constantFrom("text", "code"), content: text }), { maxLength: 3 }),
      },
      { requiredKeys: [] },
    );
    const bodies = fc.oneof(plausible, fc.jsonValue()).map((value) => JSON.stringify(value));
    const anyBody = fc.oneof({ weight: 4, arbitrary: bodies }, fc.string({ unit: "binary" }));
    const authorizations = fc.oneof(
      { weight: 3, arbitrary: fc.constant(bearer.authorization) },
      fc.base64String().map((token) => `Bearer ${token}`),
    );
    await fc.assert(
      fc.asyncProperty(
        methods,
        targets,
        queries,
        types,
        anyBody,
        authorizations,
        async (method, path, query, type, body, authorization) => {
          const hasBody = method !== "GET";
          const { status } = await service.request(method, `${path}${query}`, {
            headers: { authorization, ...(hasBody ? { "content-type": type } : {}) },
            ...(hasBody ? { body: Buffer.from(body) } : {}),
          });
          assert.ok(status < 500, `${method} ${path}${query} ${type} ${body} was answered with ${status}`);
        },
      ),
      { numRuns: 300 },
    );
  }).timeout(60_000);

  it("in what it stores never ends in a 5xx", async () => {
    const text = fc.string({ unit: "binary", minLength: 1, maxLength: 60 });
    const element = fc.record({ kind: fc.constantFrom("heading", "text", "code", "link"), content: text });
    await fc.assert(
      fc.asyncProperty(text, fc.array(element, { maxLength: 4 }), async (title, elements) => {
        const canvas = await service.post("/api/canvas/present", { title, elements }, bearer);
        const run = await service.post("/api/agents/execute", { input: title }, bearer);
        assert.ok([200, 201, 400].includes(canvas.status));
        assert.ok([200, 400].includes(run.status));
      }),
      { numRuns: 100 },
    );
  }).timeout(60_000);
});

/** Sends bytes as they are, and returns all that comes back. */
function rawRequest(service: RunningService, bytes: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = createConnection({ host: "127.0.0.1", port: Number(new URL(service.server.url).port) });
  const chunks: Buffer[] = [];
  socket
    .on("data", (chunk) => chunks.push(chunk))
    .once("error", reject)
    .once("close", () => {
      resolve(Buffer.concat(chunks).toString());
    })
    .setTimeout(5_000, () => {
      socket.destroy(new Error("no answer"));
    });
  socket.write(bytes);
  return promise;
}
