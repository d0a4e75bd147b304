import { WebSocket, type RawData } from "ws";
import type { Access, ChannelSocket } from "./connection.ts";

/** The newest version that the API server knows is taken: https://kubernetes.io/docs/reference/using-api/api-concepts/#websockets */
const protocols = ["v5.channel.k8s.io", "v4.channel.k8s.io", "channel.k8s.io"];
/** How long the API server may take to open one, in milliseconds. */
const opensWithin = 10_000;

/**
 * Opens a stream of the API server's. Rejects with an Error whose message says why it would not.
 *
 * @param path of the API server, with its query
 * @param onMessage is given every message, and the channel that it came by
 */
export async function openStream(
  { server, headers, agent }: Access,
  path: string,
  onMessage: (channel: number, data: Buffer) => void,
): Promise<ChannelSocket> {
  const url = new URL(`${server.pathname.replace(/\/$/, "")}${path}`, server);
  url.protocol = server.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url, protocols, {
    agent,
    handshakeTimeout: opensWithin,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, typeof value === "string" ? value : value.join(",")]),
    ),
  });
  socket.on("message", (message) => {
    const bytes = bytesOf(message);
    if (bytes.length > 0) onMessage(bytes.readUInt8(0), bytes.subarray(1));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    // It stays: an error of an open stream closes it, and must not end the process.
    socket.on("error", (cause) => {
      reject(new Error(`the API server opens no stream: ${cause.message}`, { cause }));
    });
  });
  const stream: ChannelSocket = {
    onclose: null,
    send(message) {
      socket.send(message);
    },
    close() {
      socket.close();
    },
  };
  socket.on("close", () => stream.onclose?.());
  return stream;
}

function bytesOf(message: RawData): Buffer {
  if (Buffer.isBuffer(message)) return message;
  return Array.isArray(message) ? Buffer.concat(message) : Buffer.from(message);
}
