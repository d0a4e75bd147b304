import { readFileSync } from "node:fs";
import type https from "node:https";
import path from "node:path";
import { textIn, type Fields } from "./fields.ts";
import { KubeconfigError, type Entry, type Kubeconfig } from "./kubeconfig.ts";

/** What a context of a kubeconfig leads to. */
export interface Destination {
  readonly context: string;
  /** What kubectl takes where no namespace is named. */
  readonly namespace: string | undefined;
  readonly server: URL;
  readonly cluster: Entry;
  /** Empty where the context names no user: the API server is asked as nobody. */
  readonly user: Entry;
}

/** @param context by its name @default the kubeconfig's current one */
export function destinationOf(config: Kubeconfig, context: string | undefined): Destination {
  const name = context ?? config.currentContext ?? "";
  const chosen = config.contexts.get(name);
  if (chosen === undefined && context !== undefined)
    throw new KubeconfigError(
      `The kubeconfig has no context "${name}" (it has: ${[...config.contexts.keys()].join(", ") || "none"}).\nName one of them with --context.`,
    );
  const cluster = config.clusters.get(textIn(chosen?.fields ?? {}, "cluster") ?? "");
  const address = textIn(cluster?.fields ?? {}, "server");
  if (chosen === undefined || cluster === undefined || address === undefined || !URL.canParse(address))
    throw new KubeconfigError(
      `The context "${name}" names no cluster with an address.\nName another one with --context.`,
    );
  const named = textIn(chosen.fields, "user");
  const user = named === undefined ? nobody : config.users.get(named);
  if (user === undefined)
    throw new KubeconfigError(
      `The context "${name}" names the user "${named ?? ""}", whom the kubeconfig does not have.\nName another one with --context.`,
    );
  const server = new URL(address);
  if (server.protocol !== "https:" && !isInsecure(cluster.fields) && !isLoopback(server))
    throw new KubeconfigError(
      `The context "${name}" leads to ${server.host} without TLS, where anybody on the way can read its credentials.\n` +
        "Use an https: address, or say insecure-skip-tls-verify: true in its cluster.",
    );
  return { context: name, namespace: textIn(chosen.fields, "namespace"), server, cluster, user };
}

const nobody: Entry = { fields: {}, folder: "" };

/** How the API server is recognised. Throws where a file cannot be read. */
export function serverIdentity({ cluster }: Destination): https.AgentOptions {
  const ca = contentOf(cluster, "certificate-authority");
  const servername = textIn(cluster.fields, "tls-server-name");
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(servername === undefined ? {} : { servername }),
    ...(isInsecure(cluster.fields) ? { rejectUnauthorized: false } : {}),
  };
}

/** What `<name>-data` holds in base64, else what the file `<name>` does: certificates are renewed, so it is read again each time. */
export function contentOf({ fields, folder }: Entry, name: string): string | undefined {
  const data = textIn(fields, `${name}-data`);
  if (data !== undefined) return Buffer.from(data, "base64").toString("utf8");
  const file = textIn(fields, name);
  return file === undefined ? undefined : readFileSync(path.resolve(folder, file), "utf8");
}

function isInsecure(fields: Fields): boolean {
  return fields["insecure-skip-tls-verify"] === true;
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}
