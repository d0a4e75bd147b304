import "reflect-metadata"; // which @peculiar/x509 asks for
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import { connect, type AddressInfo, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import * as x509 from "@peculiar/x509";

/** Answers one path. */
export type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void;

/** Servers on loopback that play release hosts: one in plain HTTP as a mirror, one with TLS behind a proxy. */
export class ReleaseHosts implements AsyncDisposable {
  /** Handlers by `/<host>/<path>`, for both servers. */
  readonly handlers = new Map<string, Handler>();
  /** `<method> /<host>/<path>`, as they came. */
  readonly requests: string[] = [];
  /** Authorization headers of the same requests. */
  readonly authorizations: (string | undefined)[] = [];
  /** What the proxy was asked to connect to. */
  readonly connects: string[] = [];
  /** The authority's certificate, as PEM. */
  readonly authority: string;
  /** What the proxy does with a CONNECT. */
  proxyMode: "open" | "refuse" | "silent" = "open";
  readonly #sockets = new Set<Duplex>();
  readonly #plain: Server;
  readonly #secure: Server;
  readonly #proxy: Server;

  private constructor(certificate: Certificate) {
    this.authority = certificate.certificate;
    this.#plain = http.createServer((request, response) => {
      this.#answer(request.url ?? "", request, response);
    });
    this.#secure = https.createServer({ key: certificate.key, cert: certificate.certificate }, (request, response) => {
      this.#answer(`/${request.headers.host ?? ""}${request.url ?? ""}`, request, response);
    });
    this.#proxy = http.createServer().on("connect", (request, client: Duplex) => {
      this.#connect(request.url ?? "", client);
    });
    for (const server of [this.#plain, this.#secure, this.#proxy])
      server.on("connection", (socket: Socket) => {
        this.#sockets.add(socket);
      });
  }

  static async start(): Promise<ReleaseHosts> {
    const hosts = new ReleaseHosts(await certificateFor(["dl.saw.test", "files.saw.test", "registry.saw.test"]));
    for (const server of [hosts.#plain, hosts.#secure, hosts.#proxy]) {
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
    }
    return hosts;
  }

  get mirror(): string {
    return `http://127.0.0.1:${portOf(this.#plain)}`;
  }

  get proxy(): string {
    return `http://127.0.0.1:${portOf(this.#proxy)}`;
  }

  serve(address: string, content: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): void {
    this.handlers.set(pathOf(address), (request, response) => {
      response.writeHead(200, { "content-length": Buffer.byteLength(content), ...headers });
      response.end(request.method === "HEAD" ? "" : content);
    });
  }

  redirect(address: string, location: string, status = 302): void {
    this.handlers.set(pathOf(address), (_request, response) => {
      response.writeHead(status, { location }).end();
    });
  }

  handle(address: string, handler: Handler): void {
    this.handlers.set(pathOf(address), handler);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const servers = [this.#plain, this.#secure, this.#proxy];
    const closed = servers.map((server) => once(server, "close"));
    for (const server of servers) server.close();
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }

  #answer(path: string, request: http.IncomingMessage, response: http.ServerResponse): void {
    this.requests.push(`${request.method ?? ""} ${path}`);
    this.authorizations.push(request.headers.authorization);
    const handler = this.handlers.get(path);
    if (handler === undefined) response.writeHead(404).end();
    else handler(request, response);
  }

  /** Whatever host is asked for, the connection leads to the server with TLS. */
  #connect(target: string, client: Duplex): void {
    this.connects.push(target);
    this.#sockets.add(client);
    client.on("error", () => undefined);
    if (this.proxyMode === "refuse") client.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    if (this.proxyMode !== "open") return;
    const upstream = connect(portOf(this.#secure), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      client.pipe(upstream).pipe(client);
    });
    upstream.on("error", () => client.destroy());
    this.#sockets.add(upstream);
  }
}

/** `/<host>/<path>` of an address, as a mirror is asked for it. */
export function pathOf(address: string): string {
  const { host, pathname, search } = new URL(address);
  return `/${host}${pathname}${search}`;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

async function certificateFor(names: readonly string[]): Promise<Certificate> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: "CN=saw.test",
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns", value }))),
    ],
  });
  const key = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  return {
    certificate: certificate.toString("pem"),
    key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
  };
}
