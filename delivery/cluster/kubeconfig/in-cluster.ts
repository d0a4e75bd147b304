import { existsSync, readFileSync } from "node:fs";
import { isIPv6 } from "node:net";
import path from "node:path";
import type { Kubeconfig } from "./kubeconfig.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where Kubernetes puts what a pod's ServiceAccount logs in with. */
const mounted = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The ServiceAccount of the pod that this runs in, as a kubeconfig; undefined outside a cluster. */
export function inClusterKubeconfig(
  { KUBERNETES_SERVICE_HOST: host = "", KUBERNETES_SERVICE_PORT: port = "443" }: Environment,
  folder: string = mounted,
): Kubeconfig | undefined {
  const token = path.join(folder, "token");
  if (host === "" || !existsSync(token)) return undefined;
  const namespace = path.join(folder, "namespace");
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  const entry = (
    fields: Readonly<Record<string, unknown>>,
  ): ReadonlyMap<string, { fields: typeof fields; folder: string }> => new Map([["in-cluster", { fields, folder }]]);
  return {
    currentContext: "in-cluster",
    clusters: entry({ server, "certificate-authority": path.join(folder, "ca.crt") }),
    users: entry({ tokenFile: token }),
    contexts: entry({
      cluster: "in-cluster",
      user: "in-cluster",
      ...(existsSync(namespace) ? { namespace: readFileSync(namespace, "utf8").trim() } : {}),
    }),
  };
}
