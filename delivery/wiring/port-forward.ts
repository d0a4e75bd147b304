// The way in where there is no gateway: an address of this machine's own, each of whose connections goes to a pod.
import net from "node:net";
import type { Duplex } from "node:stream";
import type { ClusterApi } from "../cluster/api.ts";
import type { PodConnections } from "../cluster/pod-connection.ts";
import { httpPortOf, pods, type Pod } from "../cluster/resources.ts";

export interface PortForwardOptions {
  readonly cluster: ClusterApi;
  readonly connections: PodConnections;
  readonly namespace: string;
  /** The container's. */
  readonly port: number;
  /** Labels of the pods that a connection may go to; asked for each connection, since releases move them. */
  readonly selector: (signal: AbortSignal) => Promise<Readonly<Record<string, string>>>;
}

export interface PortForward extends Disposable {
  /** `http:`, on loopback. */
  readonly url: URL;
}

/** How long a connection may take to find its pod, in milliseconds. */
const openMs = 10_000;

/** Listens on loopback until it is disposed of. A connection that finds no pod is answered 503, as a gateway would. */
export async function forwardPort(options: PortForwardOptions): Promise<PortForward> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    void join(socket, options);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as net.AddressInfo;
  return {
    url: new URL(`http://127.0.0.1:${port}`),
    [Symbol.dispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function join(socket: net.Socket, options: PortForwardOptions): Promise<void> {
  let pod: Duplex;
  try {
    pod = await open(options);
  } catch (error) {
    socket.end(unavailable((error as Error).message));
    return;
  }
  // The pod's word for why it ends, if any, is for nobody: the request that it breaks off tells enough.
  pod.on("error", () => socket.destroy());
  pod.once("close", () => socket.end());
  socket.once("close", () => pod.destroy());
  if (socket.destroyed) pod.destroy();
  else socket.pipe(pod).pipe(socket);
}

async function open({ cluster, connections, namespace, port, selector }: PortForwardOptions): Promise<Duplex> {
  const signal = AbortSignal.timeout(openMs);
  const labels = Object.entries(await selector(signal))
    .map(([label, value]) => `${label}=${value}`)
    .join(",");
  const ready = (await cluster.list(pods, { namespace, selector: labels }, { signal })).filter(isReady);
  const pod = ready[Math.floor(Math.random() * ready.length)];
  if (pod === undefined) throw new Error(`no pod with ${labels} is ready`);
  return connections.open({ namespace, name: pod.metadata.name, address: pod.status?.podIP }, httpPortOf(pod, port));
}

function isReady({ metadata, status }: Pod): boolean {
  return (
    metadata.deletionTimestamp === undefined &&
    status?.conditions?.find(({ type }) => type === "Ready")?.status === "True"
  );
}

/** Begins as Envoy's answer does, by which the smoke test knows that nobody was asked. */
function unavailable(why: string): string {
  const body = `no healthy upstream: ${why}\n`;
  return [
    "HTTP/1.1 503 Service Unavailable",
    "content-type: text/plain",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
    "",
    body,
  ].join("\r\n");
}
