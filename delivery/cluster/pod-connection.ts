import net from "node:net";
import { Duplex } from "node:stream";
import type { ObjectName } from "./api.ts";
import type { ChannelSocket, Connection } from "./connection.ts";

/** A TCP connection to a port of a pod. */
export interface PodConnections {
  /** Rejects with an Error whose message is fit for people. */
  open(pod: ObjectName & { readonly address: string | undefined }, port: number): Promise<Duplex>;
}

/** How long a pod may take to accept a connection, in milliseconds. */
const connectMs = 5_000;

/** From within the cluster, where pods are reached by their addresses. */
export const directConnections: PodConnections = {
  open: ({ name, address }, port) =>
    new Promise((resolve, reject) => {
      if (address === undefined || address === "") {
        reject(new Error(`the pod ${name} has no address`));
        return;
      }
      const socket = net.connect({ host: address, port, timeout: connectMs });
      const fail = (why: string): void => {
        socket.destroy();
        reject(new Error(`the pod ${name} does not take a connection: ${why}`));
      };
      socket.once("error", (error: NodeJS.ErrnoException) => {
        fail(error.code ?? error.message);
      });
      socket.once("timeout", () => {
        fail("no answer");
      });
      socket.once("connect", () => {
        socket.setTimeout(0);
        resolve(socket);
      });
    }),
};

/** From outside: through the API server, as `kubectl port-forward` does. */
export class ForwardedConnections implements PodConnections {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async open({ namespace, name }: ObjectName, port: number): Promise<Duplex> {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/portforward?ports=${port}`;
    const forwarded = new Forwarded();
    const socket = await this.#connection.stream(path, (channel, data) => {
      forwarded.receive(channel, data);
    });
    forwarded.join(socket);
    return forwarded;
  }
}

/** Both begin with a message that repeats the number of the port, in two bytes. */
const channels = { data: 0, error: 1 } as const;
const portBytes = 2;

/** One forwarded connection. Either side that ends it ends both directions: the protocol knows no half of an end. */
class Forwarded extends Duplex {
  readonly #begun = new Set<number>();
  #socket: ChannelSocket | undefined;

  join(socket: ChannelSocket): void {
    this.#socket = socket;
    socket.onclose = () => {
      this.push(null);
    };
  }

  receive(channel: number, data: Buffer): void {
    const content = this.#begun.has(channel) ? data : data.subarray(portBytes);
    this.#begun.add(channel);
    if (content.length === 0) return;
    if (channel === channels.error) this.destroy(new Error(content.toString("utf8")));
    if (channel === channels.data) this.push(content);
  }

  override _read(): void {
    // What arrives is pushed as it arrives.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket?.send(Buffer.concat([Buffer.of(channels.data), chunk]));
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket?.close();
    done(error);
  }
}
