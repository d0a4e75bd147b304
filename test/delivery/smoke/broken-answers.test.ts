import assert from "node:assert/strict";
import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import fc from "fast-check";
import type { SmokeStep } from "../../../components/smoke-steps/smoke-step.ts";
import type { SmokeResult } from "../../../delivery/release/ports.ts";
import { Credentials } from "../../../delivery/smoke/credentials.ts";
import { SmokeTest } from "../../../delivery/smoke/smoke-test.ts";
import { realClock } from "../support/clocks.ts";
import { password, sevenSteps, username } from "./steps.ts";

/** Log in, then use the token: what a candidate answers to the first decides what the second sends. */
const steps: readonly SmokeStep[] = [...sevenSteps.slice(0, 1), ...sevenSteps.slice(-1)];
const never = new AbortController().signal;

type Bytes = string | Uint8Array;

/** A server that answers each request with bytes of the test's choice and ends the connection. */
class RawServer implements AsyncDisposable {
  readonly #server: net.Server;
  /** To the requests in their order; the last one to all that come after. */
  answers: readonly Bytes[] = [];
  requests: string[] = [];

  constructor() {
    this.#server = net.createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", (data) => {
        const answer = this.answers[Math.min(this.requests.length, this.answers.length - 1)] ?? "";
        this.requests.push(data.toString("latin1"));
        socket.end(answer);
      });
    });
  }

  async listen(): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return this;
  }

  async smokeTest(...answers: readonly Bytes[]): Promise<SmokeResult> {
    this.answers = answers;
    this.requests = [];
    const url = new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
    const test = new SmokeTest({
      steps,
      doors: { candidate: { url, headers: {} }, public: { url, headers: {} } },
      credentials: new Credentials(username, password),
      clock: realClock,
      stepTimeoutMs: 2_000,
    });
    return test.run("candidate", never);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    await once(this.#server, "close");
  }
}

function http(body: Bytes, { status = "200 OK", headers = "" } = {}): Buffer {
  const bytes = Buffer.from(body);
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: ${bytes.length}\r\n${headers}\r\n`),
    bytes,
  ]);
}

const json = (value: unknown): Buffer => http(JSON.stringify(value));
const login = (token: unknown): Buffer => json({ access_token: token });
const deep = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

describe("a smoke test of a service with broken answers", () => {
  let server: RawServer;

  before(async () => {
    server = await new RawServer().listen();
  });

  after(async () => {
    await server[Symbol.asyncDispose]();
  });

  const tokens: Readonly<Record<string, unknown>> = {
    "with a line feed": "abc\ndef",
    "with a header of its own": "abc\r\nx-admin: 1",
    "with Cyrillic letters": "токен",
    "with letters that only Latin-1 has": "clé-du-café",
    "with a space": "abc def",
    "with NUL": "abc\u0000",
    "with half of a surrogate pair": "abcd\ud800",
    "with an emoji": "🔑🔑🔑🔑",
    "longer than servers take": "x".repeat(100_000),
  };
  for (const [what, token] of Object.entries(tokens))
    it(`fails at a login with a token ${what}, and sends it nowhere`, async () => {
      const result = await server.smokeTest(login(token));
      assert.equal(result.passed, false);
      assert.equal(server.requests.length, 1);
      assert.match(
        result.steps[0]?.detail ?? "",
        /^login: POST \/api\/auth\/login answered with a token in access_token that no header can carry: visible ASCII, up to 8192 characters \(/,
      );
      assert.ok(!JSON.stringify(result).includes(JSON.stringify(token).slice(1, -1)));
    });

  const noTokens: Readonly<Record<string, unknown>> = {
    "a number": 42,
    "a list": ["abc"],
    "an object": { value: "abc" },
    true: true,
  };
  for (const [what, token] of Object.entries(noTokens))
    it(`fails at a login whose token is ${what}`, async () => {
      const result = await server.smokeTest(login(token));
      assert.match(result.steps[0]?.detail ?? "", /answered without access_token/);
    });

  const broken: Readonly<Record<string, readonly [answer: Bytes, detail: RegExp]>> = {
    "JSON that is cut off": [http('{"access_token":"abc'), /did not answer with JSON/],
    "JSON of 100,000 brackets": [http(deep(100_000)), /answered without access_token/],
    "JSON of 100,000 brackets beside its error": [
      http(`{"error":1,"a":${deep(100_000)}}`),
      /with an error in its body/,
    ],
    "JSON in UTF-16": [
      http(Buffer.from(JSON.stringify({ access_token: "abc" }), "utf16le")),
      /did not answer with JSON/,
    ],
    "a body that is no text": [http(Uint8Array.of(0xff, 0xfe, 0x00, 0xc3)), /did not answer with JSON/],
    "a body of 2 MB": [http("x".repeat(2 * 1024 * 1024)), /the answer is larger than 1048576 bytes/],
    "a body that ends too soon": ["HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{}", /the answer broke off/],
    "an invalid chunk": ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", /broke/],
    "chunks without their end": ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n", /broke off/],
    "two lengths": ["HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}", /the connection broke/],
    "a header that is none": ["HTTP/1.1 200 OK\r\nno header\r\n\r\n", /the connection broke/],
    "headers of 1 MB": [http("{}", { headers: `x-large: ${"x".repeat(1_000_000)}\r\n` }), /headers are too large/],
    "a redirect to itself": [
      http("", { status: "302 Found", headers: "location: /\r\n" }),
      /302 where 2xx is expected/,
    ],
    "another protocol": [
      "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
      /the connection broke \(it went over to another protocol\)/,
    ],
    "compressed bytes that nobody asked for": [
      http(Uint8Array.of(0x1f, 0x8b, 8, 0), { headers: "content-encoding: gzip\r\n" }),
      /did not answer with JSON/,
    ],
    "no HTTP": ["SSH-2.0-OpenSSH_9.9\r\n", /the connection broke/],
    nothing: ["", /the connection broke/],
  };
  for (const [what, [answer, detail]] of Object.entries(broken))
    it(`fails at a login that answers with ${what}`, async () => {
      const result = await server.smokeTest(answer);
      assert.equal(result.passed, false);
      assert.match(result.steps[0]?.detail ?? "", detail);
    });

  it("passes with any token that a header can carry, and sends it as it is", async () => {
    for (const token of ["abc", "1|abc==", "a.b-c_d~e+f/g=", "!\"#$%&'()*,:;<>?@[\\]^`{}"]) {
      const result = await server.smokeTest(login(token), json({}));
      assert.equal(result.passed, true, JSON.stringify(result));
      assert.ok(server.requests[1]?.toLowerCase().includes(`authorization: bearer ${token.toLowerCase()}\r\n`));
    }
  });

  it("ends with a result, whatever bytes are answered at whichever step", async () => {
    const whole = [login("abc"), json({ status: "ok" })];
    const anyBytes = fc.uint8Array({ maxLength: 300 });
    // Most arbitrary bytes are no HTTP at all, so answers that are nearly right are tried as well.
    const nearly = fc
      .tuple(fc.constantFrom(...whole), fc.nat(150), fc.uint8Array({ maxLength: 12 }))
      .map(([answer, at, bytes]) => Buffer.concat([answer.subarray(0, at), bytes, answer.subarray(at + bytes.length)]));
    const body = fc.jsonValue().map(json);
    const token = fc.string({ unit: "binary" }).map(login);
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyBytes, nearly, body, token), fc.boolean(), async (answer, first) => {
        const result = await server.smokeTest(...(first ? [answer, json({})] : [login("abc"), answer]));
        const broken = result.steps.filter(({ passed }) => !passed);
        assert.equal(broken.length, result.passed ? 0 : 1);
        for (const { detail = "" } of broken) {
          assert.ok(detail.isWellFormed());
          assert.ok(detail.length < 1_000);
        }
      }),
      { numRuns: 150 },
    );
  });
});
