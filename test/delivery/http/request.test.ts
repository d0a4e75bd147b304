import assert from "node:assert/strict";
import { inspect } from "node:util";
import { HttpFailure, connectionsTo, request, type HttpFailureKind } from "../../../delivery/http/request.ts";
import { deafUrl, serve } from "../support/loopback.ts";

function failsAs(kind: HttpFailureKind): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof HttpFailure);
    assert.equal(error.kind, kind, error.message);
    return true;
  };
}

describe("a request", () => {
  it("gives status, content type, headers and body, whatever the status is", async () => {
    await using server = await serve((_, response) =>
      response.writeHead(503, { "content-type": "text/plain", "X-Slot": "green" }).end("né"),
    );
    const { headers, ...answer } = await request({ url: server.url, timeoutMs: 5_000 });
    assert.deepEqual(answer, { status: 503, contentType: "text/plain", body: "né" });
    assert.equal(headers?.["x-slot"], "green");
  });

  it("sends method, path, query, headers and body", async () => {
    await using server = await serve((_, response) => response.end());
    const url = new URL("/a/b?c=d", server.url);
    await request({
      url,
      method: "POST",
      headers: { host: "atom.example", "x-canary": "1" },
      body: "é",
      timeoutMs: 5_000,
    });
    const [seen] = server.received;
    assert.equal(seen?.method, "POST");
    assert.equal(seen.path, "/a/b?c=d");
    assert.equal(seen.headers.host, "atom.example");
    assert.equal(seen.headers["x-canary"], "1");
    assert.equal(seen.body, "é");
  });

  it("follows no redirect", async () => {
    await using server = await serve((_, response) => response.writeHead(302, { location: "/elsewhere" }).end());
    assert.equal((await request({ url: server.url, timeoutMs: 5_000 })).status, 302);
    assert.equal(server.received.length, 1);
  });

  it("keeps a connection when it is given an agent", async () => {
    const ports = new Set<unknown>();
    await using server = await serve((_, response) => {
      ports.add(response.socket?.remotePort);
      response.end();
    });
    const agent = connectionsTo(server.url);
    try {
      for (let count = 0; count < 3; count += 1) await request({ url: server.url, timeoutMs: 5_000, agent });
    } finally {
      agent.destroy();
    }
    assert.equal(ports.size, 1);
  });

  it("tells a port where nothing listens from a name that does not exist", async () => {
    await assert.rejects(request({ url: await deafUrl(), timeoutMs: 5_000 }), failsAs("refused"));
    await assert.rejects(
      request({ url: new URL("http://nowhere.invalid/"), timeoutMs: 5_000 }),
      failsAs("unreachable"),
    );
  });

  it("gives up at its deadline, before the headers and in the middle of a body", async () => {
    await using silent = await serve(() => undefined);
    await assert.rejects(request({ url: silent.url, timeoutMs: 30 }), failsAs("timeout"));
    await using slow = await serve((_, response) => response.writeHead(200).write("half"));
    await assert.rejects(request({ url: slow.url, timeoutMs: 60 }), failsAs("timeout"));
  });

  it("does not take half an answer for a whole one", async () => {
    await using server = await serve((_, response) => {
      response.writeHead(200, { "content-length": "100" }).write("half");
      response.socket?.end();
    });
    await assert.rejects(request({ url: server.url, timeoutMs: 5_000 }), failsAs("interrupted"));
  });

  it("refuses a body beyond its limit", async () => {
    await using server = await serve((_, response) => response.end("x".repeat(2_000)));
    await assert.rejects(request({ url: server.url, timeoutMs: 5_000, maxBytes: 1_000 }), failsAs("too_large"));
  });

  it("has the headers of an answer that is not whole, and shows them nowhere", async () => {
    await using server = await serve((_, response) =>
      response.writeHead(200, { "x-slot": "green", "set-cookie": "secret" }).end("x".repeat(2_000)),
    );
    const failure: unknown = await request({ url: server.url, timeoutMs: 5_000, maxBytes: 1_000 }).catch(
      (error: unknown) => error,
    );
    assert.ok(failure instanceof HttpFailure);
    assert.equal(failure.headers?.["x-slot"], "green");
    assert.doesNotMatch(inspect(failure, { depth: 9, showHidden: true }) + JSON.stringify(failure), /secret/);
    const none: unknown = await request({ url: await deafUrl(), timeoutMs: 5_000 }).catch((error: unknown) => error);
    assert.ok(none instanceof HttpFailure);
    assert.equal(none.headers, undefined);
  });

  it("names TLS where the other side does not speak it", async () => {
    await using server = await serve((_, response) => response.end());
    const url = new URL(server.url);
    url.protocol = "https:";
    await assert.rejects(request({ url, timeoutMs: 5_000 }), failsAs("tls"));
  });

  it("rejects with the signal's reason, before and during the request", async () => {
    const reason = new Error("enough");
    await using server = await serve(() => {
      abort.abort(reason);
    });
    const abort = new AbortController();
    await assert.rejects(request({ url: server.url, timeoutMs: 5_000, signal: abort.signal }), reason);
    await assert.rejects(request({ url: server.url, timeoutMs: 5_000, signal: abort.signal }), reason);
    assert.equal(server.received.length, 1);
  });

  it("names no query and no credentials in an error", async () => {
    const url = await deafUrl();
    url.username = "ada";
    url.password = "lovelace";
    url.search = "?key=hidden";
    await assert.rejects(request({ url, timeoutMs: 5_000 }), (error: Error) => {
      assert.doesNotMatch(error.message, /ada|lovelace|hidden/);
      return true;
    });
  });
});
