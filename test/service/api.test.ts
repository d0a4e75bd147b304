import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { Client, type QueryResultRow } from "pg";
import { RunningService, credentials, tokenSecret, type Answer } from "./running-service.ts";

async function rowsOf<Row extends QueryResultRow>(service: RunningService, sql: string): Promise<readonly Row[]> {
  const client = new Client({ connectionString: service.databaseUrl });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

function errorCode({ body }: Answer): string {
  return (body as { error: { code: string } }).error.code;
}

/** A JSON Web Token (RFC 7519), made here so that it can be wrong in ways that no library allows. */
function signedToken(
  claims: object,
  { secret = tokenSecret, algorithm = "HS256" }: { readonly secret?: string; readonly algorithm?: string } = {},
): string {
  const parts = [{ alg: algorithm, typ: "JWT" }, claims];
  const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  const hash = algorithm === "HS512" ? "sha512" : "sha256";
  return `${text}.${createHmac(hash, secret).update(text).digest("base64url")}`;
}

describe("Atom's API", () => {
  let service: RunningService;
  let bearer: { readonly authorization: string };
  before(async () => {
    service = await (await RunningService.start()).ready();
    bearer = await service.bearer();
  });
  after(() => service[Symbol.asyncDispose]());

  it("answers the seven steps of a smoke test one after the other", async () => {
    const login = await service.post("/api/auth/login", credentials);
    assert.equal(login.status, 200);
    const { access_token: token, ...rest } = login.body as Record<string, unknown>;
    assert.deepEqual(rest, { token_type: "Bearer", expires_in: 900 });
    const headers = { authorization: `Bearer ${String(token)}` };
    const answers = [
      await service.get("/health/live", headers),
      await service.get("/health/ready", headers),
      await service.get("/health/db", headers),
      await service.post("/api/agents/execute", { input: "summarize this article" }, headers),
      await service.post("/api/canvas/present", { title: "Hello" }, headers),
      await service.get("/api/skills", headers),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 200, 201, 200],
    );
    for (const { body } of answers) assert.ok(!Object.hasOwn(body as object, "error"));
  });

  describe("POST /api/auth/login", () => {
    it("gives one and the same answer for a wrong name and for a wrong password", async () => {
      const wrong = [
        { ...credentials, password: "wrong" },
        { username: "nobody", password: credentials.password },
      ];
      for (const attempt of wrong) {
        const answer = await service.post("/api/auth/login", attempt);
        assert.equal(answer.status, 401);
        assert.equal(errorCode(answer), "wrong_credentials");
      }
    });

    it("forbids to store its answer", async () => {
      const { headers } = await service.post("/api/auth/login", credentials);
      assert.equal(headers.get("cache-control"), "no-store");
    });
  });

  describe("A bearer token", () => {
    const user = "00000000-0000-4000-8000-000000000000";
    const claims = { sub: user, iss: "atom", exp: 4_102_444_800 };

    for (const [what, token] of [
      ["is no token", "nonsense"],
      ["is signed with another key", signedToken(claims, { secret: "another secret, of 32 letters or more" })],
      ["is signed with another algorithm", signedToken(claims, { algorithm: "HS512" })],
      ["is not signed at all", `${signedToken(claims, { algorithm: "none" }).split(".").slice(0, 2).join(".")}.`],
      ["has expired", signedToken({ ...claims, exp: 1_600_000_000 })],
      ["never expires", signedToken({ sub: user, iss: "atom" })],
      ["comes from another issuer", signedToken({ ...claims, iss: "somebody" })],
      ["names no user", signedToken({ iss: claims.iss, exp: claims.exp })],
      ["names a user in a form that we do not use", signedToken({ ...claims, sub: "1; DROP TABLE users" })],
      ["is of a user who is gone", signedToken(claims)],
    ] as const)
      it(`is refused with 401 when it ${what}`, async () => {
        const authorization = `Bearer ${token}`;
        const answers = [
          await service.post("/api/agents/execute", { input: "x" }, { authorization }),
          await service.post("/api/canvas/present", { title: "x" }, { authorization }),
        ];
        for (const { status, headers } of answers) {
          assert.equal(status, 401);
          assert.equal(headers.get("www-authenticate"), 'Bearer realm="atom"');
        }
      });

    it("is needed for everything but login, health and metrics", async () => {
      for (const [method, target] of [
        ["POST", "/api/agents/execute"],
        ["POST", "/api/canvas/present"],
        ["GET", "/api/skills"],
      ] as const) {
        assert.equal(errorCode(await service.request(method, target)), "token_missing");
        const basic = await service.request(method, target, { headers: { authorization: "Basic YTpi" } });
        assert.equal(basic.status, 401);
      }
    });

    it("is accepted by another pod that shares the secret", async () => {
      await using other = await RunningService.start({ ATOM_SLOT: "green" });
      assert.equal((await other.get("/api/skills", bearer)).status, 200);
    });

    it("lives as long as its answer says", async () => {
      await using short = await RunningService.start({ TOKEN_TTL_SECONDS: "60" });
      const { body } = await short.post("/api/auth/login", credentials);
      const { access_token: token, expires_in } = body as { access_token: string; expires_in: number };
      const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as {
        readonly iat: number;
        readonly exp: number;
      };
      assert.equal(expires_in, 60);
      assert.equal(claims.exp - claims.iat, 60);
    });
  });

  describe("POST /api/agents/execute", () => {
    interface Run {
      readonly run_id: string;
      readonly skill: { readonly id: number; readonly name: string; readonly score: number } | null;
      readonly matches: readonly { readonly name: string; readonly score: number }[];
      readonly cached: boolean;
    }
    const execute = async (input: string): Promise<Run> =>
      (await service.post("/api/agents/execute", { input }, bearer)).body as Run;

    for (const [input, skill] of [
      ["Please translate this text from German to another language", "translate-text"],
      ["schedule a meeting with Ada tomorrow", "schedule-meeting"],
      ["what bugs are in this source code? review it", "review-code"],
      ["remind me: create a task that is due on Friday", "create-task"],
    ] as const)
      it(`finds ${skill} for “${input}”`, async () => {
        assert.equal((await execute(input)).skill?.name, skill);
      });

    it("records each run with its user and its skill", async () => {
      const { run_id, skill } = await execute("draw a chart of the data");
      const rows = await rowsOf<{ username: string; input: string; skill_id: number }>(
        service,
        `SELECT username, input, skill_id FROM agent_runs JOIN users ON users.id = user_id WHERE agent_runs.id = '${run_id}'`,
      );
      assert.deepEqual(rows, [
        { username: credentials.username, input: "draw a chart of the data", skill_id: skill?.id },
      ]);
    });

    it("remembers in Redis what it found, and gives the same answer from there", async () => {
      const input = `search the web for ${crypto.randomUUID()}`;
      const first = await execute(input);
      const second = await execute(input);
      assert.deepEqual([first.cached, second.cached], [false, true]);
      assert.deepEqual(second.matches, first.matches);
      assert.notEqual(second.run_id, first.run_id);
    });

    it("finds the same skills in every pod", async () => {
      const input = `find a free time for ${crypto.randomUUID()}`;
      const here = await execute(input);
      // Another cache, so that the answer comes from its own index.
      await using other = await RunningService.start({ REDIS_URL: "redis://127.0.0.1:1" });
      const there = await other.post("/api/agents/execute", { input }, await other.bearer());
      assert.deepEqual((there.body as Run).matches, here.matches);
    });

    it("finds no skill for a text without words", async () => {
      const { skill, matches } = await execute("?!");
      assert.equal(skill, null);
      assert.deepEqual(matches, []);
    });
  });

  describe("POST /api/canvas/present", () => {
    it("stores a canvas and returns it as it was stored", async () => {
      const elements = [
        { kind: "heading", content: "Plan \u2028 ünïcödé 🌍" },
        { kind: "code", content: "DROP TABLE users; -- '\"\\" },
      ];
      const { status, body } = await service.post("/api/canvas/present", { title: "It's a plan", elements }, bearer);
      assert.equal(status, 201);
      const { canvas } = body as { canvas: { id: string; title: string; elements: unknown; created_at: string } };
      assert.deepEqual({ title: canvas.title, elements: canvas.elements }, { title: "It's a plan", elements });
      const sql = `SELECT title, elements, created_at FROM canvases WHERE id = '${canvas.id}'`;
      assert.deepEqual(await rowsOf(service, sql), [
        { title: "It's a plan", elements, created_at: new Date(canvas.created_at) },
      ]);
    });
  });

  describe("GET /api/skills", () => {
    interface Page {
      readonly skills: readonly { readonly name: string; readonly category: string }[];
      readonly total: number;
    }
    const page = async (query: string): Promise<Page> =>
      (await service.get(`/api/skills${query}`, bearer)).body as Page;

    it("lists skills by name, and how many there are", async () => {
      const { skills, total } = await page("");
      const names = skills.map(({ name }) => name);
      assert.equal(total, 12);
      assert.equal(names.length, 12);
      assert.deepEqual(names, [...names].sort());
    });

    it("filters by category and by text in any case", async () => {
      const { skills, total } = await page("?category=calendar&search=FREE");
      assert.deepEqual(
        skills.map(({ name }) => name),
        ["find-free-time"],
      );
      assert.equal(total, 1);
    });

    it("takes the characters of patterns for themselves", async () => {
      assert.equal((await page("?search=%25")).total, 0);
      assert.equal((await page("?search=_")).total, 0);
    });

    it("gives a page of the size that was asked for, and the total of all pages", async () => {
      const all = await page("");
      const second = await page("?limit=5&offset=5");
      assert.deepEqual(second.skills, all.skills.slice(5, 10));
      assert.equal(second.total, 12);
    });
  });
});
