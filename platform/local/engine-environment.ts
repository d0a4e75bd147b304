import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { Cluster } from "../cluster/cluster.ts";
import type { InstanceAddresses } from "../../infra/instance.ts";
import type { Toolchain } from "../toolchain/ensure.ts";
import { dynamicProviderFolders } from "./dynamic-provider.ts";
import { findKubernetesPlugin } from "./kubernetes-plugin.ts";

/** The name of the stack that lives in the embedded cluster. */
export const localStack = "local";

/** See docs/decisions/0002: it keeps nothing secret. */
const localPassphrase = "atom-local";

/** Who the smoke test of the stack `local` logs in as: the same values as in Pulumi.local.yaml. */
export const localSmokeUser = { username: "smoke_test", password: "atom-local-smoke-test" } as const;

/** Where the engine keeps what it knows of the stack `local`. */
function stateFolder(cluster: Cluster): string {
  return path.join(cluster.folder, "pulumi");
}

/** Where the stack `local` of an instance is: its configuration has the default instance's addresses. */
export function instanceAddresses({ context, kubeconfig, gatewayUrl, prometheusUrl }: Cluster): InstanceAddresses {
  return { context, kubeconfig, entryUrl: gatewayUrl, prometheusUrl };
}

/** What a shell has to know for kubectl, and for atom and pulumi on the stack `local`. Its state lives and goes with the instance. */
export function localShell(cluster: Cluster): Readonly<Record<string, string>> {
  return {
    KUBECONFIG: cluster.kubeconfig,
    PULUMI_BACKEND_URL: `file://${stateFolder(cluster)}`,
    PULUMI_CONFIG_PASSPHRASE: localPassphrase,
    PROMETHEUS_URL: cluster.prometheusUrl,
    SMOKE_TEST_USERNAME: localSmokeUser.username,
    SMOKE_TEST_PASSWORD: localSmokeUser.password,
  };
}

/** {@link localShell}, and a PATH on which the engine finds Node, the Pulumi CLI, a Kubernetes plugin and the host of dynamic providers. */
export async function engineEnvironment(
  cluster: Cluster,
  toolchain: Toolchain,
  signal?: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const pulumi = toolchain.path("pulumi");
  await mkdir(stateFolder(cluster), { recursive: true });
  const { directory } = await findKubernetesPlugin(pulumi, process.env, signal);
  const folders = [
    path.dirname(process.execPath),
    path.dirname(pulumi),
    ...(directory === undefined ? [] : [directory]),
    ...(await dynamicProviderFolders(pulumi)),
  ];
  return { ...localShell(cluster), PATH: [...folders, process.env.PATH ?? ""].join(path.delimiter) };
}
