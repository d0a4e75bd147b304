import { stringify } from "yaml";
import type { KeyPair } from "./certificates.ts";

export interface KubeconfigOptions {
  /** Name of the context, the cluster and the user. */
  readonly context: string;
  /** URL of the API server. */
  readonly server: string;
  /** PEM of the authority. */
  readonly authority: string;
  readonly client: KeyPair;
}

/** A kubeconfig of one context, as YAML, with all certificates inside. */
export function kubeconfigOf({ context, server, authority, client }: KubeconfigOptions): string {
  return stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      "current-context": context,
      clusters: [{ name: context, cluster: { server, "certificate-authority-data": base64(authority) } }],
      users: [
        {
          name: context,
          user: {
            "client-certificate-data": base64(client.certificate),
            "client-key-data": base64(client.key),
          },
        },
      ],
      contexts: [{ name: context, context: { cluster: context, user: context } }],
    },
    { lineWidth: 0 },
  );
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
