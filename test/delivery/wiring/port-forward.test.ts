import assert from "node:assert/strict";
import http from "node:http";
import type net from "node:net";
import type { ClusterApi } from "../../../delivery/cluster/api.ts";
import { directConnections, type PodConnections } from "../../../delivery/cluster/pod-connection.ts";
import type { Pod } from "../../../delivery/cluster/resources.ts";
import { connectionsTo, request, type HttpAnswer } from "../../../delivery/http/request.ts";
import { forwardPort } from "../../../delivery/wiring/port-forward.ts";

const ready = { conditions: [{ type: "Ready", status: "True" }] };

function pod(name: string, status: Pod["status"] = ready, deletionTimestamp?: string): Pod {
  return {
    metadata: { name, namespace: "atom-test", ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }) },
    status: { podIP: "127.0.0.1", ...status },
  };
}

/** A cluster that has these pods and nothing else, and remembers what it was asked for. */
function clusterOf(pods: readonly Pod[]): { readonly cluster: ClusterApi; readonly selectors: string[] } {
  const selectors: string[] = [];
  const cluster: Partial<ClusterApi> = {
    list: (_resource, { selector }) => {
      selectors.push(selector ?? "");
      return Promise.resolve(pods as never);
    },
  };
  return { cluster: cluster as ClusterApi, selectors };
}

/** Leads every pod's connection to this port, and remembers which pod it was for. */
function connectionsTo127(port: number): { readonly connections: PodConnections; readonly opened: string[] } {
  const opened: string[] = [];
  return {
    opened,
    connections: {
      open: (where) => {
        opened.push(where.name);
        return directConnections.open(where, port);
      },
    },
  };
}

async function service(): Promise<{ readonly port: number } & Disposable> {
  const server = http.createServer((incoming, answer) => {
    answer.end(`${incoming.method ?? ""} ${incoming.url ?? ""} of ${incoming.headers.host ?? ""}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    [Symbol.dispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function get(url: URL, agent?: http.Agent): Promise<HttpAnswer> {
  return request({ url: new URL("/health/live", url), headers: { host: "atom.test" }, timeoutMs: 5_000, agent });
}

const selector = () => Promise.resolve({ slot: "green", name: "atom" });

describe("a forwarded port", () => {
  it("leads each connection to a ready pod, and keeps it for the requests that follow", async () => {
    using atom = await service();
    const { cluster, selectors } = clusterOf([
      pod("starts", { conditions: [{ type: "Ready", status: "False" }] }),
      pod("serves"),
      pod("leaves", ready, "2026-01-01T00:00:00Z"),
    ]);
    const { connections, opened } = connectionsTo127(atom.port);
    using forward = await forwardPort({ cluster, connections, namespace: "atom-test", port: 8000, selector });
    const agent = connectionsTo(forward.url, { maxSockets: 1 });
    for (let time = 0; time < 3; time += 1)
      assert.equal((await get(forward.url, agent)).body, "GET /health/live of atom.test");
    agent.destroy();
    assert.deepEqual(opened, ["serves"]);
    assert.deepEqual(selectors, ["slot=green,name=atom"]);
    await get(forward.url);
    assert.deepEqual(opened, ["serves", "serves"]);
  });

  it("answers as a gateway without upstreams where no pod is ready, and where the pod refuses", async () => {
    const { connections } = connectionsTo127(1);
    for (const [pods, why] of [
      [[], /^no healthy upstream: no pod with slot=green,name=atom is ready/],
      [[pod("refuses")], /^no healthy upstream: the pod refuses does not take a connection: ECONNREFUSED/],
    ] as const) {
      const { cluster } = clusterOf(pods);
      using forward = await forwardPort({ cluster, connections, namespace: "atom-test", port: 8000, selector });
      const { status, body } = await get(forward.url);
      assert.equal(status, 503);
      assert.match(body, why);
    }
  });

  it("listens on loopback alone, and no longer once it is disposed of", async () => {
    using atom = await service();
    const { connections } = connectionsTo127(atom.port);
    const { cluster } = clusterOf([pod("serves")]);
    const forward = await forwardPort({ cluster, connections, namespace: "atom-test", port: 8000, selector });
    assert.equal(forward.url.hostname, "127.0.0.1");
    const agent = connectionsTo(forward.url);
    assert.equal((await get(forward.url, agent)).status, 200);
    forward[Symbol.dispose]();
    await assert.rejects(get(forward.url), { kind: "refused" });
    agent.destroy();
  });
});
