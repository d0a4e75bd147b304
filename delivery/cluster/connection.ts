import http from "node:http";
import https from "node:https";
import { Login, needsLibrary, type Credentials } from "./kubeconfig/credentials.ts";
import { destinationOf, serverIdentity, type Destination } from "./kubeconfig/destination.ts";
import { textIn } from "./kubeconfig/fields.ts";
import { readKubeconfig, WholeYamlError, type YamlParser } from "./kubeconfig/kubeconfig.ts";
import type { LibraryConnection } from "./kubeconfig/library.ts";

export { KubeconfigError } from "./kubeconfig/kubeconfig.ts";

export interface ConnectionSource {
  /** Path of a kubeconfig. @default `KUBECONFIG`, `~/.kube/config`, or the ServiceAccount of the pod that this runs in */
  readonly kubeconfig?: string | undefined;
  /** @default the kubeconfig's current context */
  readonly context?: string | undefined;
}

/** Who and where the API server is asked. */
export interface Access {
  readonly server: URL;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** Keeps connections between calls; holds the TLS client's certificate. */
  readonly agent: http.Agent;
}

/** A stream of the API server's: a WebSocket, each of whose messages begins with the number of a channel. */
export interface ChannelSocket {
  onclose: (() => void) | null;
  /** @param message with the channel's number in its first byte */
  send(message: Buffer): void;
  close(): void;
}

/** Credentials are looked at again this often: tokens of ServiceAccounts and of login programs expire. In milliseconds. */
const refreshEvery = 30_000;

/** An API server by kubeconfig, with every way of logging in that kubeconfigs know (certificates, tokens, token files, programs). */
export class Connection {
  readonly #destination: Destination;
  readonly #login: Login;
  #access: Access | undefined;
  #library: Promise<LibraryConnection> | undefined;
  #fingerprint = "";
  #refreshed = -Infinity;

  private constructor(destination: Destination) {
    this.#destination = destination;
    this.#login = new Login(destination);
  }

  /** Reads the kubeconfig; asks nothing yet. Throws a KubeconfigError; without a parser a WholeYamlError: see {@link openConnection}. */
  static open({ kubeconfig, context }: ConnectionSource = {}, yaml?: YamlParser): Connection {
    return new Connection(destinationOf(readKubeconfig(kubeconfig, process.env, yaml), context));
  }

  /** The context that was named, or the kubeconfig's current one. */
  get context(): string {
    return this.#destination.context;
  }

  /** The context's namespace, if it names one. */
  get namespace(): string | undefined {
    return this.#destination.namespace;
  }

  /**
   * The present credentials.
   *
   * @param anew do not trust what was looked at before: the API server refused it
   */
  async access(anew = false): Promise<Access> {
    const now = performance.now();
    if (this.#access !== undefined && !anew && now - this.#refreshed < refreshEvery) return this.#access;
    const { headers, cert, key, agent: proxied } = await this.#credentials(anew);
    const tls: https.AgentOptions = {
      ...serverIdentity(this.#destination),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    };
    const fingerprint = JSON.stringify(tls);
    const kept = fingerprint === this.#fingerprint ? this.#access?.agent : undefined;
    const agent = kept ?? proxied ?? this.#agent(tls);
    if (agent !== this.#access?.agent) this.#access?.agent.destroy();
    this.#fingerprint = fingerprint;
    this.#refreshed = now;
    this.#access = { server: this.#destination.server, headers, agent };
    return this.#access;
  }

  /**
   * Opens a stream, such as a port-forward. Rejects with an Error whose message says why the API server would not.
   *
   * @param onMessage is given every message, and the channel that it came by
   */
  async stream(path: string, onMessage: (channel: number, data: Buffer) => void): Promise<ChannelSocket> {
    // Few commands need it.
    const { openStream } = await import("./stream.ts");
    return openStream(await this.access(), path, onMessage);
  }

  close(): void {
    this.#access?.agent.destroy();
    this.#access = undefined;
  }

  async #credentials(anew: boolean): Promise<Credentials & { readonly agent?: http.Agent | undefined }> {
    if (!needsLibrary(this.#destination)) return this.#login.credentials(anew);
    const { agent, ...credentials } = await (await this.#throughLibrary()).access();
    return { ...credentials, agent: this.#proxy === undefined ? undefined : agent };
  }

  /** Loaded by what needs it, and kept: it remembers who is logged in. */
  #throughLibrary(): Promise<LibraryConnection> {
    this.#library ??= import("./kubeconfig/library.ts").then(
      (library) => new library.LibraryConnection(this.#destination),
    );
    return this.#library;
  }

  get #proxy(): string | undefined {
    return textIn(this.#destination.cluster.fields, "proxy-url");
  }

  #agent(tls: https.AgentOptions): http.Agent {
    const proxy = this.#proxy;
    const keep = {
      keepAlive: true,
      maxSockets: 32,
      ...(proxy === undefined ? {} : { proxyEnv: { http_proxy: proxy, https_proxy: proxy } }),
    };
    const { protocol } = this.#destination.server;
    return protocol === "https:" ? new https.Agent({ ...keep, ...tls }) : new http.Agent(keep);
  }
}

/** Reads the kubeconfig, whatever YAML it is written in; asks nothing yet. Throws a KubeconfigError. */
export async function openConnection(source: ConnectionSource): Promise<Connection> {
  try {
    return Connection.open(source);
  } catch (error) {
    if (!(error instanceof WholeYamlError)) throw error;
    const { parse } = await import("yaml");
    return Connection.open(source, (text) => parse(text) as unknown);
  }
}
