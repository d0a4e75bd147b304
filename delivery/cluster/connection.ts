import http from "node:http";
import https from "node:https";
// The package's index loads a client for every kind of Kubernetes object; this one file is all that is needed.
import { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import { UserError } from "../../components/errors/user-error.ts";

/** The kubeconfig cannot be used. */
export class KubeconfigError extends UserError {
  override readonly name = "KubeconfigError";
}

export interface ConnectionSource {
  /** Path of a kubeconfig. @default `KUBECONFIG`, `~/.kube/config`, or the ServiceAccount of the pod that this runs in */
  readonly kubeconfig?: string | undefined;
  /** @default the kubeconfig's current context */
  readonly context?: string | undefined;
}

/** Who and where the API server is asked. */
export interface Access {
  readonly server: URL;
  readonly headers: Readonly<Record<string, string>>;
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
  readonly #config: KubeConfig;
  readonly #server: URL;
  #access: Access | undefined;
  #fingerprint = "";
  #refreshed = -Infinity;

  private constructor(config: KubeConfig, server: URL) {
    this.#config = config;
    this.#server = server;
  }

  /** Reads the kubeconfig; asks nothing yet. Throws a {@link KubeconfigError}. */
  static open({ kubeconfig, context }: ConnectionSource = {}): Connection {
    const config = new KubeConfig();
    try {
      if (kubeconfig === undefined) config.loadFromDefault();
      else config.loadFromFile(kubeconfig);
    } catch (cause) {
      throw new KubeconfigError(
        `The kubeconfig ${kubeconfig ?? "of this user"} cannot be read: ${(cause as Error).message}\nName another one with --kubeconfig.`,
        { cause },
      );
    }
    const names = config.getContexts().map(({ name }) => name);
    if (context !== undefined) {
      if (!names.includes(context))
        throw new KubeconfigError(
          `The kubeconfig has no context "${context}" (it has: ${names.join(", ") || "none"}).\nName one of them with --context.`,
        );
      config.setCurrentContext(context);
    }
    const server = config.getCurrentCluster()?.server;
    if (server === undefined || !URL.canParse(server))
      throw new KubeconfigError(
        `The context "${config.getCurrentContext()}" names no cluster with an address.\nName another one with --context.`,
      );
    return new Connection(config, new URL(server));
  }

  /**
   * The present credentials.
   *
   * @param anew do not trust what was looked at before: the API server refused it
   */
  async access(anew = false): Promise<Access> {
    const now = performance.now();
    if (this.#access !== undefined && !anew && now - this.#refreshed < refreshEvery) return this.#access;
    const options: https.RequestOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    const { ca, cert, key, servername, rejectUnauthorized, auth } = options;
    const headers = Object.fromEntries(
      Object.entries(options.headers ?? {}).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, Array.isArray(value) ? value.join(",") : String(value)]],
      ),
    );
    if (auth) headers.Authorization = `Basic ${Buffer.from(auth).toString("base64")}`;
    const tls = Object.fromEntries(
      Object.entries({ ca, cert, key, servername, rejectUnauthorized }).filter(([, value]) => value !== undefined),
    );
    const fingerprint = Object.values(tls).map(String).join("\n");
    const agent =
      this.#access === undefined || fingerprint !== this.#fingerprint ? this.#agent(options, tls) : this.#access.agent;
    if (agent !== this.#access?.agent) this.#access?.agent.destroy();
    this.#fingerprint = fingerprint;
    this.#refreshed = now;
    this.#access = { server: this.#server, headers, agent };
    return this.#access;
  }

  /**
   * Opens a stream, such as a port-forward. Rejects with an Error whose message says why the API server would not.
   *
   * @param onMessage is given every message, and the channel that it came by
   */
  async stream(path: string, onMessage: (channel: number, data: Buffer) => void): Promise<ChannelSocket> {
    // Few commands need it.
    const { WebSocketHandler } = await import("@kubernetes/client-node/dist/web-socket-handler.js");
    const handler = new WebSocketHandler(this.#config);
    try {
      return (await handler.connect(path, null, (channel, data) => {
        onMessage(channel, data);
        return true;
      })) as ChannelSocket;
    } catch (cause) {
      // The WebSocket's own event, which is no Error.
      const why = (cause as { readonly message?: string }).message ?? "the connection broke";
      throw new Error(`the API server opens no stream: ${why}`, { cause });
    }
  }

  close(): void {
    this.#access?.agent.destroy();
    this.#access = undefined;
  }

  #agent(options: https.RequestOptions, tls: https.AgentOptions): http.Agent {
    // A proxy is the kubeconfig library's own agent; it keeps no connections, which is slower and as right.
    if (this.#config.getCurrentCluster()?.proxyUrl !== undefined && options.agent instanceof http.Agent)
      return options.agent;
    const keep = { keepAlive: true, maxSockets: 32 };
    return this.#server.protocol === "https:" ? new https.Agent({ ...keep, ...tls }) : new http.Agent(keep);
  }
}
