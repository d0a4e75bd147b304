import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Cluster } from "../../../platform/cluster/cluster.ts";
import { linkOf } from "../../../platform/cluster/addresses.ts";
import type { Kubectl } from "../../support/kubectl.ts";

/** The host's end of the link to an instance: what listens there is reached by that instance alone. */
export function hostAddressOf(cluster: Cluster): string {
  const [, , index] = new URL(cluster.gatewayUrl).hostname.split(".");
  return linkOf(Number(index)).hostAddress;
}

/**
 * A Service whose only endpoint is a server on the host, so that pods reach it: the host knows no way back to a pod's own address. Resolves to
 * its URL within the cluster.
 *
 * @param origin where the server is, as `http://10.213.0.1:40123`
 */
export async function hostService(kubectl: Kubectl, namespace: string, name: string, origin: string): Promise<string> {
  const { hostname, port } = new URL(origin);
  const metadata = { name, namespace };
  await apply(kubectl, [
    { apiVersion: "v1", kind: "Service", metadata, spec: { ports: [{ name: "http", port: Number(port) }] } },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { ...metadata, labels: { "kubernetes.io/service-name": name } },
      addressType: "IPv4",
      ports: [{ name: "http", port: Number(port) }],
      endpoints: [{ addresses: [hostname], conditions: { ready: true } }],
    },
  ]);
  const { spec } = await kubectl.get(namespace, `service/${name}`);
  return `http://${String(spec.clusterIP)}:${port}`;
}

/** Applies objects as anybody with kubectl does. */
export async function apply(kubectl: Kubectl, objects: readonly object[]): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), "atom-apply-"));
  try {
    const file = path.join(folder, "objects.json");
    await writeFile(file, JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
    await kubectl.run(["apply", "--server-side", "--filename", file]);
  } finally {
    await rm(folder, { recursive: true });
  }
}
