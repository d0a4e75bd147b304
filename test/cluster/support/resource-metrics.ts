import type { IncomingMessage, ServerResponse } from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { createCertificates } from "../../../platform/cluster/certificates.ts";
import { instanceOf } from "../../../platform/cluster/instance.ts";
import type { Kubectl } from "../../support/kubectl.ts";
import type { OwnCluster } from "../../support/own-cluster.ts";
import { apply, hostAddressOf, hostService } from "./host-service.ts";

const group = "metrics.k8s.io";
const version = "v1beta1";
const root = `/apis/${group}/${version}`;
const service = { namespace: "default", name: "resource-metrics" };

/** What the kubelet has counted of a container. */
export interface CpuCount {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** CPU seconds since its start. */
  readonly seconds: number;
  /** When the kubelet looked, in milliseconds since the Unix epoch. */
  readonly at: number;
}

/** The last two counts of a container, at different times. */
interface Rate {
  readonly before: CpuCount;
  readonly last: CpuCount;
}

interface Pod {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
}

/**
 * The resource metrics API of a cluster without metrics-server: this process answers for the pods of a namespace, from what the real kubelet
 * counts. It is registered as metrics-server is, behind the API server, so that the real HorizontalPodAutoscaler controller asks it.
 * The API server is the only one that reaches it, by the host's end of the link.
 */
export class ResourceMetrics implements AsyncDisposable {
  readonly #kubectl: Kubectl;
  readonly #node: string;
  readonly #server: https.Server;
  readonly #last = new Map<string, CpuCount>();
  readonly #rates = new Map<string, Rate>();

  private constructor(kubectl: Kubectl, node: string, server: https.Server) {
    this.#kubectl = kubectl;
    this.#node = node;
    this.#server = server;
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      void this.#answer(request, response);
    });
  }

  /** Resolves once the API server answers for it. */
  static async start({ cluster }: OwnCluster, kubectl: Kubectl): Promise<ResourceMetrics> {
    const address = hostAddressOf(cluster);
    const { nodeName: node } = instanceOf(cluster.name);
    const { apiServer } = await createCertificates({ nodeName: node, linkAddress: address, now: new Date() });
    const server = https.createServer({ cert: apiServer.certificate, key: apiServer.key });
    const metrics = new ResourceMetrics(kubectl, node, server);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: address, port: 0 }, resolve);
    });
    try {
      await metrics.#register(address);
    } catch (error) {
      await metrics[Symbol.asyncDispose]();
      throw error;
    }
    return metrics;
  }

  async #register(address: string): Promise<void> {
    const { port } = this.#server.address() as AddressInfo;
    await hostService(this.#kubectl, service.namespace, service.name, `https://${address}:${port}`);
    const spec = {
      ...{ group, version, groupPriorityMinimum: 100, versionPriority: 100, insecureSkipTLSVerify: true },
      service: { ...service, port },
    };
    await apply(this.#kubectl, [
      { apiVersion: "apiregistration.k8s.io/v1", kind: "APIService", metadata: { name: `${version}.${group}` }, spec },
    ]);
    await this.#kubectl.run(["wait", `apiservice/${version}.${group}`, "--for=condition=Available", "--timeout=25s"]);
  }

  async #answer({ url = "/" }: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(url, "https://metrics");
    const [, namespace] = new RegExp(`^${root}/namespaces/([^/]+)/pods$`).exec(pathname) ?? [];
    try {
      if (pathname === root) send(response, 200, resources);
      else if (namespace === undefined) send(response, 404, { apiVersion: "v1", kind: "Status", code: 404 });
      else send(response, 200, await this.#podMetrics(namespace, searchParams.get("labelSelector") ?? ""));
    } catch (error) {
      send(response, 500, { apiVersion: "v1", kind: "Status", code: 500, message: String(error) });
    }
  }

  /** The pods of a selector that were counted twice. */
  async #podMetrics(namespace: string, selector: string): Promise<object> {
    const [list, page] = await Promise.all([
      this.#kubectl.run(["get", "pods", "-n", namespace, "-l", selector, "-o", "json"]),
      this.#kubectl.run(["get", "--raw", `/api/v1/nodes/${this.#node}/proxy/metrics/resource`]),
    ]);
    for (const count of cpuCounts(page)) this.#take(count);
    const { items } = JSON.parse(list) as { readonly items: readonly Pod[] };
    const rates = [...this.#rates.values()].filter(({ last }) => last.namespace === namespace);
    return {
      apiVersion: `${group}/${version}`,
      kind: "PodMetricsList",
      metadata: {},
      items: items.flatMap(({ metadata: { name, labels = {} } }) => {
        const own = rates.filter(({ last }) => last.pod === name);
        const newest = own.reduce((latest, { last }) => Math.max(latest, last.at), 0);
        if (newest === 0) return [];
        return [
          {
            metadata: { name, namespace, labels },
            timestamp: new Date(newest).toISOString(),
            window: "10s",
            containers: own.map((rate) => ({
              name: rate.last.container,
              usage: { cpu: `${nanocores(rate)}n`, memory: "0" },
            })),
          },
        ];
      }),
    };
  }

  /** The kubelet counts every ten seconds or so: the same count may be read twice. */
  #take(count: CpuCount): void {
    const key = `${count.namespace}/${count.pod}/${count.container}`;
    const before = this.#last.get(key);
    if (before !== undefined && before.at >= count.at) return;
    this.#last.set(key, count);
    // A container that was started again begins at 0.
    if (before !== undefined && before.seconds <= count.seconds) this.#rates.set(key, { before, last: count });
    else this.#rates.delete(key);
  }

  /** Takes the API out of the cluster again: while it is announced and away, no namespace ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#kubectl.run(["delete", `apiservice/${version}.${group}`, "--ignore-not-found"]);
    } finally {
      const closed = new Promise((resolve) => this.#server.close(resolve));
      this.#server.closeAllConnections();
      await closed;
    }
    await this.#kubectl.run(["delete", `service/${service.name}`, "-n", service.namespace, "--ignore-not-found"]);
  }
}

function nanocores({ before, last }: Rate): number {
  return Math.round(((last.seconds - before.seconds) / (last.at - before.at)) * 1e12);
}

/** The containers' CPU on a page of the kubelet's `/metrics/resource`. */
export function cpuCounts(page: string): readonly CpuCount[] {
  const line =
    /^container_cpu_usage_seconds_total\{container="([^"]*)",namespace="([^"]*)",pod="([^"]*)"\} (\S+) (\d+)$/gm;
  return [...page.matchAll(line)].map(([, container = "", namespace = "", pod = "", seconds, at]) => ({
    ...{ namespace, pod, container },
    seconds: Number(seconds),
    at: Number(at),
  }));
}

const resources = {
  apiVersion: "v1",
  kind: "APIResourceList",
  groupVersion: `${group}/${version}`,
  resources: [{ name: "pods", singularName: "", namespaced: true, kind: "PodMetrics", verbs: ["get", "list"] }],
};

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
