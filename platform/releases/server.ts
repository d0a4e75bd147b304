import { once } from "node:events";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import type { Offers } from "./layout.ts";

/** More than a start asks for at a time, and few enough to stay harmless. */
const maxConnections = 64;

/** Serves releases on loopback, as a mirror for `ATOM_RELEASES_MIRROR`. Ends when it is disposed of. */
export class ReleaseServer implements AsyncDisposable {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** `onRequest` is called with each request's line. Rejects when the port is taken; 0 takes any. */
  static async start(offers: Offers, port: number, onRequest: (line: string) => void): Promise<ReleaseServer> {
    const server = createServer((request, response) => {
      void answer(offers, request, response).then((status) => {
        onRequest(`${request.method ?? "?"} ${request.url ?? "?"}: ${status}`);
      });
    });
    server.maxConnections = maxConnections;
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return new ReleaseServer(server);
  }

  /** The value for `ATOM_RELEASES_MIRROR`. */
  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

/** Answers, and gives the status in words. */
async function answer(offers: Offers, request: IncomingMessage, response: ServerResponse): Promise<string> {
  const offer = offers.get(URL.parse(request.url ?? "", "http://loopback")?.pathname ?? "");
  const isHead = request.method === "HEAD";
  try {
    if (request.method !== "GET" && !isHead) return end(response, 405);
    if (offer === undefined) return end(response, 404);
    if ("text" in offer) {
      response.writeHead(200, { "content-type": offer.contentType, "content-length": Buffer.byteLength(offer.text) });
      response.end(isHead ? "" : offer.text);
      return "200";
    }
    const { size } = await stat(offer.file);
    response.writeHead(200, { "content-type": "application/octet-stream", "content-length": size });
    if (isHead) response.end();
    else await pipeline(createReadStream(offer.file), response);
    return `200, ${(size / 1e6).toFixed(1)} MB`;
  } catch (error) {
    response.destroy();
    return error instanceof Error ? error.message : String(error);
  }
}

function end(response: ServerResponse, status: number): string {
  response.writeHead(status).end();
  return String(status);
}
