import { chown, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { inside, ports } from "./addresses.ts";
import { createCertificates, type ClusterCertificates, type KeyPair } from "./certificates.ts";
import { kubeconfigOf } from "./kubeconfig.ts";
import type { Layout } from "./components/component.ts";
import type { Plan } from "./components/table.ts";
import type { Instance } from "./instance.ts";

/** Makes an instance's folder with all that its components read: keys, kubeconfigs, configuration, folders of their own. */
export async function writeInstanceFiles({ instance, link }: Layout, plan: Plan): Promise<void> {
  const certificates = await createCertificates({
    nodeName: instance.nodeName,
    linkAddress: link.address,
    now: new Date(),
  });
  for (const { path: name, owner } of plan.folders) {
    await mkdir(path.join(instance.folder, name), { recursive: true, mode: 0o700 });
    await chown(path.join(instance.folder, name), owner.uid, owner.gid);
  }
  await writeAll(instance.folder, plan.files, 0o644);
  await writeAll(instance.files.pki, pkiFiles(certificates, instance), 0o600);
  await writeFile(instance.files.kubeconfig, adminKubeconfig(certificates, instance, link.address), { mode: 0o600 });
}

function adminKubeconfig({ authority, clients }: ClusterCertificates, instance: Instance, address: string): string {
  const server = `https://${address}:${ports.apiServer}`;
  return kubeconfigOf({ context: instance.context, server, authority, client: clients.admin });
}

/** Names and contents of the files that components know their keys by. */
export function pkiFiles(certificates: ClusterCertificates, { context }: Instance): Record<string, string> {
  const { authority, clients, serviceAccount } = certificates;
  const server = `https://${inside.bridge}:${ports.apiServer}`;
  return {
    "authority.crt": authority,
    ...pairFiles("api-server", certificates.apiServer),
    ...pairFiles("kubelet-server", certificates.kubeletServer),
    ...pairFiles("api-server-to-kubelet", certificates.apiServerToKubelet),
    "front-proxy-authority.crt": certificates.frontProxy.authority,
    ...pairFiles("front-proxy", certificates.frontProxy.client),
    ...pairFiles("admin", clients.admin),
    "keda/ca.crt": authority,
    ...pairFiles("keda/tls", clients.keda),
    "service-account.pub": serviceAccount.publicKey,
    "service-account.key": serviceAccount.privateKey,
    ...Object.fromEntries(
      Object.entries(clients)
        .filter(([name]) => name !== "admin")
        .map(([name, client]) => [`${name}.kubeconfig`, kubeconfigOf({ context, server, authority, client })]),
    ),
  };
}

function pairFiles(name: string, { certificate, key }: KeyPair): Record<string, string> {
  return { [`${name}.crt`]: certificate, [`${name}.key`]: key };
}

async function writeAll(folder: string, files: Readonly<Record<string, string>>, mode: number): Promise<void> {
  await Promise.all(
    Object.entries(files).map(async ([name, content]) => {
      const file = path.join(folder, name);
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      await writeFile(file, content, { mode });
    }),
  );
}
