import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** Stands between a client and a server on loopback, so that a test can break one connection and not the server of all tests. */
export class TcpProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #mode: "open" | "refuse" | "silent" = "open";

  private constructor(server: Server, targetPort: number) {
    this.#server = server;
    server.on("connection", (client) => {
      this.#accept(client, targetPort);
    });
  }

  static async start(targetPort: number): Promise<TcpProxy> {
    const server = createServer();
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    server.once("error", reject).listen(0, "127.0.0.1", () => {
      resolve(undefined);
    });
    await promise;
    return new TcpProxy(server, targetPort);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Like a server that is gone: breaks every connection, and new ones at once. */
  refuse(): void {
    this.#mode = "refuse";
    this.#destroySockets();
  }

  /** Like a server that hangs: takes connections and bytes, and never answers. */
  silence(): void {
    this.#mode = "silent";
    for (const socket of this.#sockets) socket.unpipe().resume();
  }

  /** Like the server come back: connections that hung break, new ones work. */
  restore(): void {
    this.#mode = "open";
    this.#destroySockets();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#server.close(() => {
      resolve(undefined);
    });
    this.#destroySockets();
    await promise;
  }

  #accept(client: Socket, targetPort: number): void {
    this.#keep(client);
    if (this.#mode === "refuse") client.resetAndDestroy();
    else if (this.#mode === "silent") client.resume();
    else {
      const target = connect({ host: "127.0.0.1", port: targetPort });
      this.#keep(target);
      client.pipe(target).pipe(client);
      client.once("close", () => target.destroy());
      target.once("close", () => client.destroy());
    }
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    // A broken pipe is what this class is for.
    socket.on("error", () => undefined).once("close", () => this.#sockets.delete(socket));
  }

  #destroySockets(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
