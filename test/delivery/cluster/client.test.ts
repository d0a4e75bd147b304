import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { CallOptions, WatchEvent } from "../../../delivery/cluster/api.ts";
import { ClusterClient } from "../../../delivery/cluster/client.ts";
import { Connection } from "../../../delivery/cluster/connection.ts";
import { configMaps, leases, pods, virtualServices, type ConfigMap } from "../../../delivery/cluster/resources.ts";
import { answerJson, deafUrl, serve, type Handler, type Loopback } from "../support/loopback.ts";
import { realClock, SkippingClock } from "../support/clocks.ts";

const name = { namespace: "atom-staging", name: "atom" };

describe("the client of the API server", () => {
  let folder: string;
  let kubeconfig: string;
  const opened: Connection[] = [];

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), "atom-client-test-"));
    kubeconfig = path.join(folder, "kubeconfig");
  });

  afterEach(() => {
    for (const connection of opened.splice(0)) connection.close();
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function write(server: string, user: Record<string, unknown> = { token: "secret-token" }): void {
    const config = {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "here",
      clusters: [{ name: "c", cluster: { server, "insecure-skip-tls-verify": true } }],
      users: [{ name: "u", user }],
      contexts: [
        { name: "here", context: { cluster: "c", user: "u" } },
        { name: "nowhere", context: { cluster: "none", user: "u" } },
      ],
    };
    writeFileSync(kubeconfig, JSON.stringify(config));
  }

  function client(url: URL, user?: Record<string, unknown>, clock = realClock): ClusterClient {
    write(url.href, user);
    const connection = Connection.open({ kubeconfig });
    opened.push(connection);
    return new ClusterClient(connection, clock);
  }

  async function asked(handler: Handler, use: (api: ClusterClient) => Promise<unknown>): Promise<Loopback["received"]> {
    await using server = await serve(handler);
    await use(client(server.url));
    return server.received;
  }

  const object = { metadata: { ...name, resourceVersion: "7" } };

  it("asks for objects where the API server keeps them, by its token, over one connection", async () => {
    const received = await asked(
      (request, response) => {
        answerJson(response, request.path.includes("?labelSelector") ? { items: [object] } : object);
      },
      async (api) => {
        assert.deepEqual(await api.get(configMaps, name), object);
        await api.get(virtualServices, name);
        assert.deepEqual(await api.list(pods, { namespace: "atom-staging", selector: "a=b,c=d" }), [object]);
        await api.patch(leases, name, { type: "merge", body: { spec: {} } });
        await api.patch(leases, name, { type: "json", body: [] });
        await api.create(leases, { metadata: name, spec: {} });
        await api.delete(pods, name, { uid: "u-1" });
      },
    );
    assert.deepEqual(
      received.map(({ method, path: asked_ }) => `${method} ${asked_}`),
      [
        "GET /api/v1/namespaces/atom-staging/configmaps/atom",
        "GET /apis/networking.istio.io/v1/namespaces/atom-staging/virtualservices/atom",
        "GET /api/v1/namespaces/atom-staging/pods?labelSelector=a%3Db%2Cc%3Dd",
        "PATCH /apis/coordination.k8s.io/v1/namespaces/atom-staging/leases/atom?fieldManager=atom-release",
        "PATCH /apis/coordination.k8s.io/v1/namespaces/atom-staging/leases/atom?fieldManager=atom-release",
        "POST /apis/coordination.k8s.io/v1/namespaces/atom-staging/leases?fieldManager=atom-release",
        "DELETE /api/v1/namespaces/atom-staging/pods/atom",
      ],
    );
    assert.ok(received.every(({ headers }) => headers.authorization === "Bearer secret-token"));
    assert.deepEqual(
      [received[3]?.headers["content-type"], received[4]?.headers["content-type"]],
      ["application/merge-patch+json", "application/json-patch+json"],
    );
    assert.deepEqual(JSON.parse(received[5]?.body ?? ""), {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: name,
      spec: {},
    });
    assert.deepEqual(JSON.parse(received[6]?.body ?? ""), {
      propagationPolicy: "Background",
      preconditions: { uid: "u-1" },
    });
  });

  describe("watching", () => {
    const line = (type: string, more: object) => `${JSON.stringify({ type, object: more })}\n`;
    const where = { namespace: "atom-staging", fields: "metadata.name=atom" };

    /** Watches from version 7; what came of it. */
    async function watched(handler: Handler, signal?: AbortSignal): Promise<readonly string[]> {
      await using server = await serve(handler);
      const told: string[] = [];
      const from = {
        resourceVersion: "7",
        seconds: 10,
        onOpen: () => told.push("open"),
        onEvent: ({ type, object: of }: WatchEvent<ConfigMap>) =>
          told.push(`${type} ${of.metadata.resourceVersion ?? ""}`),
      };
      await client(server.url)
        .watch(configMaps, where, from, { signal })
        .catch((error: unknown) => told.push((error as Error).name, (error as Error).message));
      return [...told, ...server.received.map(({ path: asked_ }) => asked_)];
    }

    const asked_ =
      "/api/v1/namespaces/atom-staging/configmaps?fieldSelector=metadata.name%3Datom" +
      "&watch=true&allowWatchBookmarks=true&resourceVersion=7&timeoutSeconds=10";

    it("tells of each change as it comes, whatever pieces it comes in, until the API server ends it", async () => {
      const text = Buffer.from(
        line("MODIFIED", { metadata: { ...name, resourceVersion: "8", labels: { who: "Jürgen" } } }) +
          line("BOOKMARK", { metadata: { resourceVersion: "9" } }),
      );
      const told = await watched((_request, response) => {
        response.writeHead(200, { "content-type": "application/json" });
        const half = text.indexOf("ü") + 1;
        response.write(text.subarray(0, half), () => response.end(text.subarray(half)));
      });
      assert.deepEqual(told, ["open", "MODIFIED 8", "BOOKMARK 9", asked_]);
    });

    it("that asks for a version which is gone ends as expired, by the answer or by an event", async () => {
      const gone = { kind: "Status", code: 410, message: "too old resource version: 7 (99)" };
      const target = "watch configmaps atom-staging (metadata.name=atom): 410: too old resource version: 7 (99)";
      const byAnswer = await watched((_request, response) => {
        answerJson(response, gone, 410);
      });
      assert.deepEqual(byAnswer, ["ExpiredError", target, asked_]);
      const byEvent = await watched((_request, response) => {
        response.end(line("ERROR", gone));
      });
      assert.deepEqual(byEvent, ["open", "ExpiredError", target, asked_]);
    });

    it("ends with an error of its kind where it is refused, breaks off, or is no watch", async () => {
      const refused = await watched((_request, response) => {
        answerJson(response, { kind: "Status", message: "no" }, 403);
      });
      assert.equal(refused[0], "ForbiddenError");
      const broken = await watched((_request, response) => {
        response.write(line("ADDED", object), () => response.destroy());
      });
      assert.deepEqual(broken.slice(0, 3), ["open", "ADDED 7", "UnreachableError"]);
      const page = await watched((_request, response) => {
        response.end("<html>\n");
      });
      assert.deepEqual(page.slice(0, 2), ["open", "UnreachableError"]);
    });

    it("stops when it is told to", async () => {
      const stop = new AbortController();
      const told = await watched((_request, response) => {
        response.write(line("ADDED", object), () => {
          stop.abort(new Error("enough"));
        });
      }, stop.signal);
      assert.deepEqual(told.slice(-3), ["Error", "enough", asked_]);
    });
  });

  it("asks for a part of a list by its objects' fields, and for the end of a pod's log", async () => {
    const received = await asked(
      (request, response) => {
        if (request.path.includes("/log?")) response.end("one\ntwo\n");
        else answerJson(response, { items: null });
      },
      async (api) => {
        await api.list(pods, { namespace: "atom-staging", selector: "a=b", fields: "c=d,e=f" });
        assert.deepEqual(await api.readLog(name, { lines: 2, bytes: 100 }), ["one", "two"]);
      },
    );
    assert.deepEqual(
      received.map(({ path: asked_, headers }) => `${asked_} ${headers.accept ?? ""}`),
      [
        "/api/v1/namespaces/atom-staging/pods?labelSelector=a%3Db&fieldSelector=c%3Dd%2Ce%3Df application/json",
        "/api/v1/namespaces/atom-staging/pods/atom/log?tailLines=2&limitBytes=100 */*",
      ],
    );
  });

  it("tells by the error what can be done about it, in the API server's own words", async () => {
    const cases = [
      [404, "NotFoundError"],
      [409, "ConflictError"],
      [401, "ForbiddenError"],
      [403, "ForbiddenError"],
      [422, "InvalidError"],
      [413, "InvalidError"],
      [429, "UnreachableError"],
      [500, "UnreachableError"],
      [418, "ClusterError"],
    ] as const;
    for (const [status, error] of cases)
      await asked(
        (_, response) => {
          answerJson(response, { kind: "Status", message: "the reason" }, status);
        },
        (api) =>
          assert.rejects(api.patch(configMaps, name, { type: "merge", body: {} }), {
            name: error,
            message: `patch configmaps atom-staging/atom: ${status}: the reason`,
          }),
      );
  });

  it("repeats a read that got no answer, and never a write", async () => {
    let calls = 0;
    const broken: Handler = (_, response) => {
      calls += 1;
      if (calls === 1) response.destroy();
      else answerJson(response, object);
    };
    await asked(broken, async (api) => {
      assert.deepEqual(await api.get(configMaps, name), object);
    });
    assert.equal(calls, 2);
    calls = 0;
    await asked(broken, (api) =>
      assert.rejects(api.patch(configMaps, name, { type: "merge", body: {} }), { name: "UnreachableError" }),
    );
    assert.equal(calls, 1);
  });

  it("gives up on a read in time, and at once when it is called off", async () => {
    const deaf = client(await deafUrl());
    await assert.rejects(deaf.get(configMaps, name, { timeout: 300 }), {
      name: "UnreachableError",
      message: /^get configmaps atom-staging\/atom: GET .*: nothing listens there \(ECONNREFUSED\)$/,
    });
    await asked(
      () => undefined,
      async (api) => {
        await assert.rejects(api.get(configMaps, name, { timeout: 300 }), { name: "UnreachableError" });
        const stop = new AbortController();
        const calls = [
          (options: CallOptions) => api.get(configMaps, name, options),
          (options: CallOptions) => api.readPod({ ...name, port: 8000 }, "/metrics", options),
        ].map((call) => call({ signal: stop.signal }));
        stop.abort(new Error("enough"));
        for (const call of calls) await assert.rejects(call, { message: "enough" });
      },
    );
  });

  it("takes half an answer, or a proxy's page, for none", async () => {
    for (const body of ['{"metadata": {"name"', "<html>gateway</html>", "[]", '{"metadata": {}}'])
      await asked(
        (_, response) => response.end(body),
        async (api) => {
          await assert.rejects(api.patch(configMaps, name, { type: "merge", body: {} }), { name: "UnreachableError" });
          await assert.rejects(api.list(pods, { namespace: "x" }, { timeout: 200 }), { name: "UnreachableError" });
        },
      );
    await asked(
      (_, response) => {
        answerJson(response, { items: null });
      },
      async (api) => {
        assert.deepEqual(await api.list(pods, { namespace: "x" }), []);
      },
    );
  });

  it("reads a pod's port, and tells the pod's errors from the API server's", async () => {
    const received = await asked(
      (request, response) => {
        if (request.path.includes("/gone")) answerJson(response, { kind: "Status", message: "no such pod" }, 404);
        else if (request.path.includes("/dead"))
          answerJson(response, { kind: "Status", message: "connection refused" }, 503);
        else response.writeHead(request.path.endsWith("/metrics") ? 200 : 503).end("up 1");
      },
      async (api) => {
        const pod = { namespace: "atom-staging", name: "atom-1", port: 8000 };
        assert.deepEqual(await api.readPod(pod, "/metrics"), { status: 200, body: "up 1" });
        assert.deepEqual(await api.readPod(pod, "/other"), { status: 503, body: "up 1" });
        await assert.rejects(api.readPod({ ...pod, name: "gone" }, "/metrics"), { name: "NotFoundError" });
        await assert.rejects(api.readPod({ ...pod, name: "dead" }, "/metrics"), { name: "UnreachableError" });
      },
    );
    assert.equal(received[0]?.path, "/api/v1/namespaces/atom-staging/pods/atom-1%3A8000/proxy/metrics");
  });

  it("reads no more than 20 times a second from pods, after a short burst", async () => {
    await using server = await serve((_, response) => response.end("up 1"));
    const clock = new SkippingClock();
    const api = client(server.url, undefined, clock);
    for (let count = 0; count < 45; count += 1) await api.readPod({ ...name, port: 8000 }, "/metrics");
    assert.equal(clock.monotonic(), 2_000);
  });

  it("looks for new credentials when the old ones are refused", async () => {
    const tokenFile = path.join(folder, "token");
    writeFileSync(tokenFile, "old");
    await using server = await serve((request, response) => {
      if (request.headers.authorization === "Bearer new") answerJson(response, object);
      else {
        writeFileSync(tokenFile, "new");
        answerJson(response, { kind: "Status", message: "expired" }, 401);
      }
    });
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      command: process.execPath,
      args: [
        "-e",
        `const token = require("node:fs").readFileSync(${JSON.stringify(tokenFile)}, "utf8");
         const expirationTimestamp = new Date(Date.now() - 1000).toISOString();
         console.log(JSON.stringify({ status: { token, expirationTimestamp } }));`,
      ],
    };
    const api = client(server.url, { exec });
    assert.deepEqual(await api.get(configMaps, name), object);
    assert.deepEqual(
      server.received.map(({ headers }) => headers.authorization),
      ["Bearer old", "Bearer new"],
    );
  });

  it("says what it cannot log in with", async () => {
    await using server = await serve((_, response) => {
      answerJson(response, object);
    });
    const api = client(server.url, { exec: { command: process.execPath, args: ["-e", "process.exit(3)"] } });
    await assert.rejects(api.get(configMaps, name, { timeout: 300 }), {
      name: "UnreachableError",
      message: /^get configmaps atom-staging\/atom: cannot log in/,
    });
    const basic = client(server.url, { username: "anna", password: "pw" });
    await basic.get(configMaps, name);
    assert.equal(server.received.at(-1)?.headers.authorization, `Basic ${btoa("anna:pw")}`);
  });

  it("refuses a kubeconfig or a context that leads nowhere", async () => {
    write((await deafUrl()).href);
    const cases = [
      [{ kubeconfig: path.join(folder, "none") }, /cannot be read: .*\nName another one with --kubeconfig\.$/],
      [{ kubeconfig, context: "elsewhere" }, /has no context "elsewhere" \(it has: here, nowhere\)\./],
      [{ kubeconfig, context: "nowhere" }, /The context "nowhere" names no cluster with an address/],
    ] as const;
    for (const [source, message] of cases)
      assert.throws(() => Connection.open(source), { name: "KubeconfigError", message });
  });
});
