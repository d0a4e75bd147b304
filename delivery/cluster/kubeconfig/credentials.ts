import { readFile } from "node:fs/promises";
import path from "node:path";
import { contentOf, type Destination } from "./destination.ts";
import { isFresh, runExecPlugin, type ExecCredential } from "./exec-credential.ts";
import { isFields, textIn, textsIn, type Fields } from "./fields.ts";

/** What a user of a kubeconfig shows the API server. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** Both PEM, of a TLS client. */
  readonly cert?: string;
  readonly key?: string;
}

/** The ways of logging in that kubeconfigs know, but for `auth-provider`: see {@link needsLibrary}. */
export class Login {
  readonly #destination: Destination;
  #program: ExecCredential | undefined;

  constructor(destination: Destination) {
    this.#destination = destination;
  }

  /**
   * The present credentials. Rejects with an Error that is fit for people.
   *
   * @param anew do not trust what a program answered before: the API server refused it
   */
  async credentials(anew: boolean): Promise<Credentials> {
    const { user } = this.#destination;
    const { fields } = user;
    const acting = impersonation(fields);
    const cert = contentOf(user, "client-certificate");
    const key = contentOf(user, "client-key");
    const certificate = cert === undefined || key === undefined ? {} : { cert, key };
    const authorization = (await this.#token()) ?? basicOf(fields);
    if (authorization !== undefined) return { headers: { ...acting, authorization }, ...certificate };
    const { exec } = fields;
    if (!isFields(exec) || "cert" in certificate) return { headers: acting, ...certificate };
    if (this.#program === undefined || anew || !isFresh(this.#program, Date.now()))
      this.#program = await runExecPlugin(exec, this.#destination);
    const { credentials } = this.#program;
    return { ...credentials, headers: { ...acting, ...credentials.headers } };
  }

  /** A file's token is read again each time, for Kubernetes renews it. */
  async #token(): Promise<string | undefined> {
    const { fields, folder } = this.#destination.user;
    const file = textIn(fields, "tokenFile");
    const fixed = textIn(fields, "token");
    const token =
      file === undefined
        ? fixed
        : await readFile(path.resolve(folder, file), "utf8").then(
            (text) => text.trim(),
            (error: unknown) => {
              if (fixed === undefined) throw error;
              return fixed;
            },
          );
    return token === undefined ? undefined : `Bearer ${token}`;
  }
}

function basicOf(fields: Fields): string | undefined {
  const name = textIn(fields, "username");
  if (name === undefined) return undefined;
  return `Basic ${Buffer.from(`${name}:${textIn(fields, "password") ?? ""}`).toString("base64")}`;
}

function impersonation(fields: Fields): Credentials["headers"] {
  const user = textIn(fields, "as");
  const uid = textIn(fields, "as-uid");
  const groups = textsIn(fields, "as-groups");
  const extra = fields["as-user-extra"];
  return {
    ...(user === undefined ? {} : { "impersonate-user": user }),
    ...(uid === undefined ? {} : { "impersonate-uid": uid }),
    ...(groups.length === 0 ? {} : { "impersonate-group": groups }),
    ...Object.fromEntries(
      Object.keys(isFields(extra) ? extra : {}).map((name) => [
        `impersonate-extra-${encodeURIComponent(name).toLowerCase()}`,
        textsIn(extra as Fields, name),
      ]),
    ),
  };
}

/**
 * Whether only the client library for all of Kubernetes knows the way: the login of an `auth-provider` (OpenID Connect, Azure, Google), which
 * kubectl itself has given up, and SOCKS proxies.
 */
export function needsLibrary({ user, cluster }: Destination): boolean {
  return isFields(user.fields["auth-provider"]) || (textIn(cluster.fields, "proxy-url") ?? "").startsWith("socks");
}
