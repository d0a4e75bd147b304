// The client library for all of Kubernetes, loaded for the logins that only it knows.
import http from "node:http";
import type https from "node:https";
// The package's index loads a client for every kind of Kubernetes object; this one file is all that is needed.
import { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import path from "node:path";
import type { Credentials } from "./credentials.ts";
import type { Destination } from "./destination.ts";
import { textIn, type Fields } from "./fields.ts";
import type { Entry } from "./kubeconfig.ts";

export interface LibraryAccess extends Credentials {
  /** The library's own, which knows every kind of proxy. */
  readonly agent: http.Agent | undefined;
}

/** A destination as the library has it. */
export class LibraryConnection {
  readonly #config = new KubeConfig();

  constructor({ context, server, cluster, user }: Destination) {
    const clusters = [
      { name: context, cluster: { ...absolute(cluster, ["certificate-authority"]), server: server.href } },
    ];
    const users = [{ name: context, user: absolute(user, ["client-certificate", "client-key", "tokenFile"]) }];
    const contexts = [{ name: context, context: { cluster: context, user: context } }];
    this.#config.loadFromString(JSON.stringify({ "current-context": context, contexts, clusters, users }));
  }

  /** Logs in as the library does. */
  async access(): Promise<LibraryAccess> {
    const options: https.RequestOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    const headers: Record<string, string | readonly string[]> = {};
    for (const [name, value] of Object.entries(options.headers ?? {}))
      if (value !== undefined) headers[name.toLowerCase()] = Array.isArray(value) ? value.map(String) : String(value);
    if (options.auth) headers.authorization = `Basic ${Buffer.from(options.auth).toString("base64")}`;
    const { cert, key, agent } = options;
    return {
      headers,
      ...(cert === undefined || key === undefined ? {} : { cert: textOf(cert), key: textOf(key) }),
      agent: agent instanceof http.Agent ? agent : undefined,
    };
  }
}

/** @param pem as it came from a file or from base64 */
function textOf(pem: NonNullable<https.RequestOptions["cert"] | https.RequestOptions["key"]>): string {
  return [pem].flat().map(String).join("\n");
}

function absolute({ fields, folder }: Entry, names: readonly string[]): Fields {
  const paths = names.flatMap((name) => {
    const file = textIn(fields, name);
    return file === undefined ? [] : [[name, path.resolve(folder, file)]];
  });
  return { ...fields, ...(Object.fromEntries(paths) as Fields) };
}
