import assert from "node:assert/strict";
import type { ClusterApi } from "../../../delivery/cluster/api.ts";
import { UnreachableError, type ClusterCall } from "../../../delivery/cluster/errors.ts";
import { DirectPods, PodSilentError, ProxiedPods, type PodSourceOptions } from "../../../delivery/guard/pod-source.ts";
import { deafUrl, serve } from "../support/loopback.ts";
import { FakePod } from "../support/fake-pods.ts";

const never = new AbortController().signal;
const pod = new FakePod("atom-green-1", "green").object();

function cluster(parts: Partial<ClusterApi>): ClusterApi {
  const unexpected = (): Promise<never> => Promise.reject(new Error("not asked for"));
  return {
    get: unexpected,
    list: unexpected,
    create: unexpected,
    patch: unexpected,
    delete: unexpected,
    readPod: unexpected,
    ...parts,
  };
}

function options(parts: Partial<ClusterApi>, port = 8000): PodSourceOptions {
  return { cluster: cluster(parts), namespace: "atom-staging", service: "atom", port };
}

function silent(unreachable: boolean): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof PodSilentError);
    assert.equal(error.unreachable, unreachable);
    return true;
  };
}

describe("pods behind the API server", () => {
  it("are listed by the service's label", async () => {
    const asked: unknown[] = [];
    const list = (_: unknown, where: unknown): Promise<never[]> => {
      asked.push(where);
      return Promise.resolve([]);
    };
    await new ProxiedPods(options({ list })).list(never);
    assert.deepEqual(asked, [{ namespace: "atom-staging", selector: "app.kubernetes.io/name=atom" }]);
  });

  it("are read at their port and path", async () => {
    const asked: unknown[] = [];
    const readPod: ClusterApi["readPod"] = (target, path) => {
      asked.push(target, path);
      return Promise.resolve({ status: 200, body: "page" });
    };
    assert.equal(await new ProxiedPods({ ...options({ readPod }), path: "/m" }).read(pod, never), "page");
    assert.deepEqual(asked, [{ namespace: "atom-staging", name: "atom-green-1", port: 8000 }, "/m"]);
  });

  it("are each read at the port that they name http, for versions may listen on different ones", async () => {
    const asked: number[] = [];
    const readPod: ClusterApi["readPod"] = ({ port }) => {
      asked.push(port);
      return Promise.resolve({ status: 200, body: "page" });
    };
    const source = new ProxiedPods(options({ readPod }));
    const naming = (name: string) => ({
      ...pod,
      spec: { containers: [{}, { ports: [{ name, containerPort: 9000 }] }] },
    });
    await source.read(naming("http"), never);
    await source.read(naming("admin"), never);
    assert.deepEqual(asked, [9000, 8000]);
  });

  it("are to blame when the API server cannot reach them, and not when it does not answer itself", async () => {
    const call: ClusterCall = { verb: "proxy", target: "pods atom-staging/atom-green-1" };
    const blamed = new UnreachableError({ ...call, status: 503 }, "dial tcp: connection refused");
    await assert.rejects(
      new ProxiedPods(options({ readPod: () => Promise.reject(blamed) })).read(pod, never),
      silent(true),
    );
    const spared = new UnreachableError(call, "no answer");
    await assert.rejects(new ProxiedPods(options({ readPod: () => Promise.reject(spared) })).read(pod, never), spared);
  });

  it("are to blame for an answer that is no page", async () => {
    const readPod = (): Promise<{ status: number; body: string }> => Promise.resolve({ status: 500, body: "" });
    await assert.rejects(new ProxiedPods(options({ readPod })).read(pod, never), silent(false));
  });
});

describe("pods at their own addresses", () => {
  it("are read without the API server", async () => {
    await using server = await serve((_, response) => response.end("page"));
    const source = new DirectPods(options({}, Number(server.url.port)));
    assert.equal(await source.read(pod, never), "page");
    assert.equal(server.received[0]?.path, "/metrics");
  });

  it("are to blame when they refuse, or have no address", async () => {
    const { port } = await deafUrl();
    await assert.rejects(new DirectPods(options({}, Number(port))).read(pod, never), silent(true));
    const homeless = { ...pod, status: { phase: "Pending" } };
    await assert.rejects(new DirectPods(options({})).read(homeless, never), silent(true));
  });

  it("are not to blame when the reading is given up", async () => {
    const reason = new Error("over");
    await assert.rejects(new DirectPods(options({})).read(pod, AbortSignal.abort(reason)), reason);
  });
});
