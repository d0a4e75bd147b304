import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import net, { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { TLSSocket } from "node:tls";
import { parse, stringify } from "yaml";
import fc from "fast-check";
import { WebSocketServer } from "ws";
import { ClusterClient } from "../../../delivery/cluster/client.ts";
import { Connection, openConnection } from "../../../delivery/cluster/connection.ts";
import { inClusterKubeconfig } from "../../../delivery/cluster/kubeconfig/in-cluster.ts";
import { kubeconfigIn, readKubeconfig } from "../../../delivery/cluster/kubeconfig/kubeconfig.ts";
import { parsePlainYaml } from "../../../delivery/cluster/kubeconfig/plain-yaml.ts";
import { configMaps } from "../../../delivery/cluster/resources.ts";
import { createCertificates, type ClusterCertificates } from "../../../platform/cluster/certificates.ts";
import { answerJson, serve, type Loopback } from "../support/loopback.ts";
import { realClock } from "../support/clocks.ts";

type Json = Readonly<Record<string, unknown>>;

const object = { metadata: { namespace: "atom-staging", name: "atom" } };

/** One cluster, one user, one context. */
function configOf(cluster: Json, user: Json = {}, context: Json = {}): Json {
  return {
    "current-context": "here",
    clusters: [{ name: "c", cluster }],
    users: [{ name: "u", user }],
    contexts: [{ name: "here", context: { cluster: "c", user: "u", ...context } }],
  };
}

describe("a kubeconfig", () => {
  let folder: string;
  let server: Loopback;
  let certificates: ClusterCertificates;
  const opened: Connection[] = [];

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "atom-kubeconfig-"));
    certificates = await createCertificates({ nodeName: "node", linkAddress: "127.0.0.1", now: new Date() });
  });

  beforeEach(async () => {
    server = await serve((_request, response) => {
      answerJson(response, object);
    });
  });

  afterEach(async () => {
    for (const connection of opened.splice(0)) connection.close();
    await server[Symbol.asyncDispose]();
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function write(content: Json | string, name = "kubeconfig"): string {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
    return file;
  }

  function open(config: Json): { readonly connection: Connection; readonly client: ClusterClient } {
    const connection = Connection.open({ kubeconfig: write(config) });
    opened.push(connection);
    return { connection, client: new ClusterClient(connection, realClock) };
  }

  const ask = (client: ClusterClient): Promise<unknown> =>
    client.get(configMaps, { namespace: "atom-staging", name: "atom" }, { timeout: 3_000 });

  /** A request that is not repeated, so that its first error is the one that is told. */
  const askOnce = (client: ClusterClient): Promise<unknown> =>
    client.patch(configMaps, { namespace: "atom-staging", name: "atom" }, { type: "merge", body: {} });

  /** The headers of one request by this user. */
  async function headersBy(user: Json): Promise<http.IncomingHttpHeaders> {
    await askOnce(open(configOf({ server: server.url.href }, user)).client);
    return server.received.at(-1)?.headers ?? {};
  }

  describe("is read as kubectl reads it", () => {
    it("as YAML and as JSON", () => {
      const json = kubeconfigIn(JSON.stringify(configOf({ server: "https://a" })), "/f");
      const yaml = kubeconfigIn(
        "current-context: here\nclusters:\n- name: c\n  cluster: {server: 'https://a'}\nusers:\n- {name: u, user: {}}\n" +
          "contexts:\n- name: here\n  context: {cluster: c, user: u}\n",
        "/f",
        parse,
      );
      assert.deepEqual(yaml, json);
      assert.deepEqual(kubeconfigIn("", "/f").contexts, new Map());
      // YAML's flow style begins as JSON does.
      assert.equal(kubeconfigIn("{current-context: here}", "/f", parse).currentContext, "here");
    });

    it("as kubectl, kind and the cloud providers write it, without a whole parser of YAML", () => {
      const text = `# written by a tool
apiVersion: v1
kind: Config
current-context: arn:aws:eks:eu-central-1:123456789012:cluster/production
preferences: {}
clusters:
- cluster:
    certificate-authority-data: LS0tLS1CRUdJTg==
    server: https://0A1B.gr7.eu-central-1.eks.amazonaws.com
    insecure-skip-tls-verify: false
  name: arn:aws:eks:eu-central-1:123456789012:cluster/production
contexts:
  - context:
      cluster: "arn:aws:eks:eu-central-1:123456789012:cluster/production"
      user: anna

    name: arn:aws:eks:eu-central-1:123456789012:cluster/production
users:
- name: anna
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      args:
      - --region
      - eu-central-1
      - eks
      command: aws
      env: null
      interactiveMode: IfAvailable
      provideClusterInfo: false
`;
      assert.deepEqual(parsePlainYaml(text)?.value, parse(text));
    });

    it("and never otherwise than a whole parser of YAML would", () => {
      const key = fc.constantFrom("name", "user", "a-b", "args", "yes", "as-user-extra", "x.y/z");
      const scalar = fc.oneof(
        fc.string({ maxLength: 12 }),
        fc.constantFrom(
          "",
          "--region",
          "true",
          "Null",
          "1e3",
          "0x1",
          "2026-11-30",
          "~",
          "a: b",
          "- a",
          "a #b",
          "#",
          "{}",
          "v1",
          "-1",
          ".inf",
          "a b",
          "!x",
          "&x",
          "*x",
          "|",
          "-",
          "k:",
        ),
        fc.boolean(),
        fc.integer(),
        fc.constant(null),
      );
      const { value } = fc.letrec<{ value: unknown }>((tie) => ({
        value: fc.oneof(
          { maxDepth: 4 },
          scalar,
          fc.array(tie("value"), { maxLength: 3 }),
          fc.dictionary(key, tie("value"), { maxKeys: 4 }),
        ),
      }));
      const lineWidth = fc.constantFrom(0, 20);
      const indentSeq = fc.boolean();
      const defaultStringType = fc.constantFrom("PLAIN", "QUOTE_DOUBLE", "QUOTE_SINGLE", "BLOCK_LITERAL");
      fc.assert(
        fc.property(value, fc.record({ lineWidth, indentSeq, defaultStringType }), (made, options) => {
          const text = stringify(made, options as Parameters<typeof stringify>[2] & object);
          const plain = parsePlainYaml(text);
          if (plain !== undefined) assert.deepEqual(plain.value, parse(text));
        }),
        { numRuns: 2_000 },
      );
      // Any text at all, line by line.
      const line = fc.stringMatching(/^ {0,4}(?:- ){0,2}[a-c"'#:{}&*|>~ 1-]{0,8}$/);
      fc.assert(
        fc.property(fc.array(line, { maxLength: 5 }), (lines) => {
          const text = lines.join("\n");
          const plain = parsePlainYaml(text);
          if (plain !== undefined) assert.deepEqual(plain.value, parse(text));
        }),
        { numRuns: 5_000 },
      );
    });

    it("from all files of KUBECONFIG, where the first that says something counts and a missing one says nothing", () => {
      const first = write({ clusters: [{ name: "c", cluster: { server: "https://first" } }] }, "one/config");
      const second = write(configOf({ server: "https://second" }, { token: "t" }), "two/config");
      const list = [path.join(folder, "missing"), first, second].join(path.delimiter);
      const config = readKubeconfig(undefined, { KUBECONFIG: list });
      assert.equal(config.clusters.get("c")?.fields.server, "https://first");
      assert.equal(config.users.get("u")?.fields.token, "t");
      assert.equal(config.currentContext, "here");
      // Paths in a file are relative to it.
      assert.deepEqual(
        [config.clusters.get("c")?.folder, config.users.get("u")?.folder],
        [path.dirname(first), path.dirname(second)],
      );
    });

    it("from ~/.kube/config without KUBECONFIG, and from the ServiceAccount of a pod without that", () => {
      write(configOf({ server: "https://home" }), ".kube/config");
      assert.equal(readKubeconfig(undefined, { HOME: folder }).clusters.get("c")?.fields.server, "https://home");
      assert.throws(() => readKubeconfig(undefined, { HOME: "/nonexistent" }), {
        name: "KubeconfigError",
        message:
          "There is no kubeconfig (looked for: /nonexistent/.kube/config).\nName one with --kubeconfig, or set KUBECONFIG.",
      });
      const account = path.join(folder, "account");
      write("token-of-the-pod\n", "account/token");
      write("atom-staging\n", "account/namespace");
      const variables = { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "6443" };
      const own = inClusterKubeconfig(variables, account);
      assert.deepEqual(own?.clusters.get("in-cluster")?.fields, {
        server: "https://[fd00::1]:6443",
        "certificate-authority": path.join(account, "ca.crt"),
      });
      assert.deepEqual(own.users.get("in-cluster")?.fields, { tokenFile: path.join(account, "token") });
      assert.equal(own.contexts.get("in-cluster")?.fields.namespace, "atom-staging");
      assert.equal(inClusterKubeconfig({}, account), undefined);
    });

    const mistakes: readonly (readonly [what: string, config: Json | string, told: RegExp])[] = [
      ["no mapping", "- a\n- b\n", /cannot be read: it is neither a YAML mapping nor a JSON object/],
      ["broken YAML", "a: [", /cannot be read: .*\nName another one with --kubeconfig\.$/s],
      ["a context without a cluster", { ...configOf({}), clusters: [] }, /"here" names no cluster with an address/],
      ["a context of an unknown user", { ...configOf({ server: "https://a" }), users: [] }, /names the user "u", whom/],
      ["no TLS to another machine", configOf({ server: "http://a.example" }), /leads to a\.example without TLS/],
    ];
    for (const [what, config, told] of mistakes)
      it(`and refused with what to do next: ${what}`, async () => {
        await assert.rejects(openConnection({ kubeconfig: write(config) }), { name: "KubeconfigError", message: told });
      });

    it("with the context's namespace, which is where kubectl looks", () => {
      const { connection } = open(configOf({ server: server.url.href }, {}, { namespace: "atom-staging" }));
      assert.deepEqual([connection.context, connection.namespace], ["here", "atom-staging"]);
    });
  });

  describe("logs its user in", () => {
    it("by a token, and by a name with a password", async () => {
      assert.equal((await headersBy({ token: "abc" })).authorization, "Bearer abc");
      const basic = `Basic ${Buffer.from("anna:pw").toString("base64")}`;
      assert.equal((await headersBy({ username: "anna", password: "pw" })).authorization, basic);
      assert.equal((await headersBy({})).authorization, undefined);
    });

    it("by a file beside the kubeconfig that holds a token, which counts before one that is written in it", async () => {
      write("from-the-file\n", "token");
      assert.equal((await headersBy({ tokenFile: "token" })).authorization, "Bearer from-the-file");
      assert.equal((await headersBy({ tokenFile: "token", token: "t" })).authorization, "Bearer from-the-file");
      assert.equal((await headersBy({ tokenFile: "none", token: "t" })).authorization, "Bearer t");
      await assert.rejects(headersBy({ tokenFile: "none" }), /cannot log in \(ENOENT/);
    });

    it("as somebody else, with groups, where it says so", async () => {
      const headers = await headersBy({
        token: "t",
        as: "jane",
        "as-uid": "7",
        "as-groups": ["devs", "ops"],
        "as-user-extra": { "example.org/Why": ["incident"] },
      });
      assert.deepEqual(
        [headers["impersonate-user"], headers["impersonate-uid"], headers["impersonate-group"]],
        ["jane", "7", "devs, ops"],
      );
      assert.equal(headers["impersonate-extra-example.org%2fwhy"], "incident");
    });

    /** A program that appends a line to `runs` and prints this. */
    function program(answer: string, runs = path.join(folder, "runs")): Json {
      rmSync(runs, { force: true });
      const script = `require("node:fs").appendFileSync(${JSON.stringify(runs)}, process.env.KUBERNETES_EXEC_INFO + "\\n"); ${answer}`;
      return {
        exec: {
          apiVersion: "client.authentication.k8s.io/v1",
          command: process.execPath,
          args: ["-e", script],
          env: [{ name: "WHO", value: "anna" }],
          interactiveMode: "Never",
          provideClusterInfo: true,
        },
      };
    }
    const print = (status: string): string =>
      `console.log(JSON.stringify({ kind: "ExecCredential", apiVersion: "client.authentication.k8s.io/v1", status: ${status} }))`;

    it("by a program that is run once until its credential expires, and is told of the cluster", async () => {
      const hour = "new Date(Date.now() + 3600e3).toISOString()";
      const user = program(print(`{ token: process.env.WHO, expirationTimestamp: ${hour} }`));
      const { client, connection } = open(configOf({ server: server.url.href }, user));
      await ask(client);
      await connection.access();
      const { headers } = await connection.access();
      assert.equal(headers.authorization, "Bearer anna");
      const told = readFileSync(path.join(folder, "runs"), "utf8");
      assert.deepEqual(
        told
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line) as unknown),
        [
          {
            kind: "ExecCredential",
            apiVersion: "client.authentication.k8s.io/v1",
            spec: { cluster: { server: server.url.href.replace(/\/$/, "") }, interactive: false },
          },
        ],
      );
      // The API server refused what the program answered.
      await connection.access(true);
      const again = readFileSync(path.join(folder, "runs"), "utf8");
      assert.equal(again.trim().split("\n").length, 2);
    });

    const failures: readonly (readonly [what: string, user: () => Json, told: RegExp])[] = [
      ["ends with an error", () => program("process.exit(3)"), /ended with exit code 3/],
      ["prints no JSON", () => program("console.log('hello')"), /its output of 6 characters is no JSON/],
      ["prints something else", () => program(`console.log('{"kind":"Status"}')`), /its kind is "Status"/],
      ["knows no credential", () => program(print("{}")), /neither a token nor a certificate/],
      [
        "is not installed",
        () => ({ exec: { command: "no-such-program", installHint: "apt install it" } }),
        /no-such-program is not installed; apt install it/,
      ],
      ["needs a terminal", () => ({ exec: { command: "x", interactiveMode: "Always" } }), /needs a terminal/],
      ["has no name", () => ({ exec: {} }), /names no command/],
    ];
    for (const [what, user, told] of failures)
      it(`and says which program ${what}`, async () => {
        await assert.rejects(open(configOf({ server: server.url.href }, user())).connection.access(), told);
      });

    it("by a form that only the library knows: an auth-provider", async () => {
      const provider = { name: "oidc", config: { "id-token": "header.payload.signature" } };
      const { connection } = open(
        configOf({ server: server.url.href, "insecure-skip-tls-verify": true }, { "auth-provider": provider }),
      );
      // Without an issuer it cannot renew the token, and says so in its own words.
      await assert.rejects(connection.access(), Error);
      const file = write("from-the-file", "provider-token");
      const known = { name: "tokenFile", config: { tokenFile: file } };
      const user = { "auth-provider": known };
      const other = open(configOf({ server: server.url.href, "insecure-skip-tls-verify": true }, user));
      assert.equal((await other.connection.access()).headers.authorization, "Bearer from-the-file");
    });
  });

  describe("leads to its API server", () => {
    let secure: https.Server;
    let address: string;
    const shown: { readonly name: unknown; readonly peer: string | undefined }[] = [];

    before(async () => {
      const { authority, apiServer } = certificates;
      secure = https.createServer(
        {
          cert: apiServer.certificate,
          key: apiServer.key,
          ca: authority,
          requestCert: true,
          rejectUnauthorized: false,
        },
        (request, response) => {
          assert.ok(request.socket instanceof TLSSocket);
          const { servername } = request.socket as { readonly servername?: unknown };
          const subject = request.socket.getPeerCertificate().subject as { readonly CN?: string } | undefined;
          shown.push({ name: servername, peer: subject?.CN });
          answerJson(response, object);
        },
      );
      secure.listen(0, "127.0.0.1");
      await once(secure, "listening");
      address = `https://127.0.0.1:${(secure.address() as AddressInfo).port}`;
    });

    after(() => {
      secure.closeAllConnections();
      secure.close();
    });

    const base64 = (text: string): string => Buffer.from(text).toString("base64");

    it("which it knows by an authority that is written in it or lies beside it, and trusts no other", async () => {
      const { authority } = certificates;
      write(authority, "ca.crt");
      await ask(open(configOf({ server: address, "certificate-authority-data": base64(authority) })).client);
      await ask(open(configOf({ server: address, "certificate-authority": "ca.crt" })).client);
      await assert.rejects(askOnce(open(configOf({ server: address })).client), /TLS connection was not accepted/);
      const other = await createCertificates({ nodeName: "node", linkAddress: "127.0.0.1", now: new Date() });
      const wrong = configOf({ server: address, "certificate-authority-data": base64(other.authority) });
      await assert.rejects(askOnce(open(wrong).client), /TLS connection was not accepted/);
      await ask(open(configOf({ server: address, "insecure-skip-tls-verify": true })).client);
    });

    it("by the certificate of its user, from the kubeconfig, from files, or from a program", async () => {
      const { certificate, key } = certificates.clients.admin;
      const cluster = { server: address, "insecure-skip-tls-verify": true };
      write(certificate, "pki/user.crt");
      write(key, "pki/user.key");
      const answer = JSON.stringify({ status: { clientCertificateData: certificate, clientKeyData: key } });
      const users: readonly Json[] = [
        { "client-certificate-data": base64(certificate), "client-key-data": base64(key) },
        { "client-certificate": "pki/user.crt", "client-key": "pki/user.key" },
        { exec: { command: process.execPath, args: ["-e", `console.log(${JSON.stringify(answer)})`] } },
      ];
      for (const user of users) {
        shown.length = 0;
        await ask(open(configOf(cluster, user)).client);
        assert.deepEqual(
          shown.map(({ peer }) => peer),
          ["atom-admin"],
        );
      }
    });

    it("by the name that its certificate bears, where that is not its address", async () => {
      const authority = base64(certificates.authority);
      const cluster = { server: address, "certificate-authority-data": authority, "tls-server-name": "kubernetes" };
      shown.length = 0;
      await ask(open(configOf(cluster)).client);
      assert.equal(shown[0]?.name, "kubernetes");
      const stranger = { ...cluster, "tls-server-name": "elsewhere.example" };
      await assert.rejects(askOnce(open(configOf(stranger)).client), /TLS connection was not accepted/);
    });

    it("for streams as for requests, with the same login", async () => {
      const sockets = new WebSocketServer({ server: secure });
      const asked: string[] = [];
      sockets.on("connection", (socket, request) => {
        asked.push(`${request.url ?? ""} ${request.headers.authorization ?? ""} ${socket.protocol}`);
        socket.on("message", (message: Buffer) => {
          socket.send(Buffer.concat([Buffer.of(1), message.subarray(1)]));
        });
      });
      try {
        const ca = base64(certificates.authority);
        const config = configOf({ server: address, "certificate-authority-data": ca }, { token: "t" });
        const answers = new EventEmitter();
        const stream = await open(config).connection.stream("/api/v1/x?ports=80", (channel, data) =>
          answers.emit("message", channel, data.toString()),
        );
        const answered = once(answers, "message");
        stream.send(Buffer.from("\0hello"));
        assert.deepEqual(await answered, [1, "hello"]);
        assert.deepEqual(asked, ["/api/v1/x?ports=80 Bearer t v5.channel.k8s.io"]);
        const closed = new Promise<void>((resolve) => (stream.onclose = resolve));
        for (const client of sockets.clients) client.close();
        await closed;
      } finally {
        for (const client of sockets.clients) client.terminate();
        sockets.close();
      }
      // Without one it is an ordinary server, which does not switch protocols.
      await assert.rejects(
        open(configOf({ server: server.url.href })).connection.stream("/api", () => undefined),
        /the API server opens no stream: Unexpected server response: 200/,
      );
    });

    it("through a proxy, where it names one", async () => {
      const through: string[] = [];
      const proxy = http.createServer();
      proxy.on("connect", (request, socket: net.Socket) => {
        through.push(request.url ?? "");
        const { port } = new URL(`http://${request.url ?? ""}`);
        const out = net.connect(Number(port), "127.0.0.1", () => {
          socket.write("HTTP/1.1 200 OK\r\n\r\n");
          out.pipe(socket).pipe(out);
        });
        out.on("error", () => socket.destroy());
        socket.on("error", () => out.destroy());
      });
      proxy.listen(0, "127.0.0.1");
      await once(proxy, "listening");
      try {
        const proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
        const cluster = { server: address, "insecure-skip-tls-verify": true, "proxy-url": proxyUrl };
        const { client, connection } = open(configOf(cluster, { token: "t" }));
        await ask(client);
        assert.deepEqual(through, [new URL(address).host]);
        connection.close();
      } finally {
        proxy.closeAllConnections();
        proxy.close();
      }
    });
  });
});
