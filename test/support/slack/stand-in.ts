import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { fail, isAccepted, Trouble } from "../trouble.ts";
import { ApiError } from "./api-error.ts";
import { mistakes, readArguments, type Arguments } from "./arguments.ts";
import type { Handler } from "./call.ts";
import { conversations } from "./conversations.ts";
import { membership } from "./membership.ts";
import { messages } from "./messages.ts";
import { people } from "./people.ts";
import { publishedMethods, type Method } from "./published.ts";
import { payloadMistakes, postToWebhook, type WebhookAnswer } from "./webhook.ts";
import { Workspace, type Caller } from "./workspace.ts";

/** What this is, in every answer and at its root. */
const WHAT = "stand-in of Slack for tests; not Slack";

/** The name under which trouble and records know requests of incoming webhooks. */
export const WEBHOOK = "webhook";

const handlers: Readonly<Record<string, Handler>> = { ...conversations, ...membership, ...messages, ...people };

export interface StandInOptions {
  /** Address to listen on. @default 127.0.0.1 */
  readonly host?: string;
  /** @default any free one */
  readonly port?: number;
  /** The time, in milliseconds since the epoch. @default the clock's */
  readonly now?: () => number;
}

/** A request that came, whatever became of it. */
export interface Asked {
  /** Name of the method, or {@link WEBHOOK}. */
  readonly method: string;
  /** Without the token. */
  readonly args: Readonly<Record<string, string>>;
  /** When, in milliseconds since the epoch. */
  readonly at: number;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Slack's Web API and incoming webhooks on a port of this machine: requests are held to Slack's published schema, and so are the answers. */
export class SlackStandIn implements AsyncDisposable {
  /** The token of the app "atom", a bot that is in no channel yet. */
  readonly token = "xoxb-stand-in-of-a-token";
  readonly workspace: Workspace;
  readonly trouble = new Trouble();
  /** All requests so far, in their order. */
  readonly requests: Asked[] = [];
  /** What did not fit Slack's published schema, a sentence each. Tests want it empty. */
  readonly violations: string[] = [];
  readonly #methods = publishedMethods();
  readonly #now: () => number;
  readonly #server: http.Server;

  private constructor(now: () => number) {
    this.#now = now;
    this.workspace = new Workspace(now);
    this.workspace.addToken(this.token, this.workspace.addUser({ name: "atom", isBot: true }));
    this.#server = http.createServer((request, response) => {
      this.#receive(request, response).catch((error: unknown) => {
        this.violations.push(`the stand-in failed: ${String(error)}`);
        response.writeHead(500).end();
      });
    });
  }

  /** Starts one; it ends with its disposal. Rejects when the address is taken. */
  static async start({ host = "127.0.0.1", port = 0, now = Date.now }: StandInOptions = {}): Promise<SlackStandIn> {
    const standIn = new SlackStandIn(now);
    standIn.#server.listen(port, host);
    await once(standIn.#server, "listening");
    return standIn;
  }

  /** Such as http://127.0.0.1:40123. */
  get origin(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${address}:${port}`;
  }

  /** The base of the Web API's methods, with a slash at the end. */
  get apiUrl(): string {
    return `${this.origin}/api/`;
  }

  /** Makes an incoming webhook of the channel of this name, and the channel where there is none. */
  webhookUrl(channel: string): string {
    const conversation = this.workspace.named(channel) ?? this.workspace.addConversation({ name: channel });
    return `${this.origin}${this.workspace.addWebhook(conversation)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #receive(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString("utf8");
    const url = new URL(request.url ?? "/", this.origin);
    response.setHeader("x-stand-in", WHAT);

    const isWebhook = url.pathname.startsWith("/services/");
    if (!isWebhook && !url.pathname.startsWith("/api/")) {
      response.writeHead(url.pathname === "/" ? 200 : 404, { "content-type": "text/plain" }).end(`${WHAT}\n`);
      return;
    }
    // Recorded and held to the schema first: a request that meets trouble must be right too.
    const act = isWebhook ? this.#hook(url, request, body) : this.#method(url, request, body);
    const fault = this.trouble.take(isWebhook ? WEBHOOK : methodName(url));
    if (fault === undefined) {
      const { status, type, body: said } = act();
      response.writeHead(status, { "content-type": type }).end(said);
      return;
    }
    if (isAccepted(fault)) act();
    fail(response, fault);
  }

  /** Reads a request of a webhook; what is returned posts it. */
  #hook(url: URL, { headers }: http.IncomingMessage, body: string): () => Answer {
    const refuse = () => textAnswer({ status: 400, body: "invalid_payload" });
    try {
      const sent = readArguments(url, headers, body);
      const form = sent.optional("payload");
      const payload = form === undefined ? sent : readArguments(url, { "content-type": "application/json" }, form);
      this.#record(WEBHOOK, payload);
      const wrong = payloadMistakes(payload);
      this.violations.push(...wrong.map((mistake) => `${WEBHOOK}: ${mistake}`));
      return wrong.length > 0 ? refuse : () => textAnswer(postToWebhook(this.workspace, url.pathname, payload));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.violations.push(`${WEBHOOK}: ${error.message}`);
      return refuse;
    }
  }

  /** Reads a request of a method; what is returned does what is asked. */
  #method(url: URL, { headers }: http.IncomingMessage, body: string): () => Answer {
    const name = methodName(url);
    const method = this.#methods.get(name);
    const handler = handlers[name];
    const answer = (call: () => Readonly<Record<string, unknown>>) => () => this.#answer(name, method, call);
    try {
      const args = readArguments(url, headers, body);
      this.#record(name, args);
      if (method === undefined || handler === undefined) throw new ApiError("unknown_method");
      const wrong = mistakes(method, args, headers);
      if (wrong.length > 0) throw invalidArguments(wrong);
      return answer(() => handler({ workspace: this.workspace, caller: this.#caller(headers, args), args }));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.violations.push(`${name}: ${[error.message, ...messagesOf(error)].join(", ")}`);
      return answer(() => {
        throw error;
      });
    }
  }

  #caller({ authorization = "" }: http.IncomingHttpHeaders, args: Arguments): Caller {
    const token = /^Bearer (.+)$/.exec(authorization)?.[1] ?? args.optional("token");
    if (token === undefined) throw new ApiError("not_authed");
    const caller = this.workspace.tokens.get(token);
    if (caller === undefined) throw new ApiError("invalid_auth");
    return caller;
  }

  /** The answer of the call, held to the published schema itself. */
  #answer(name: string, method: Method | undefined, call: () => Readonly<Record<string, unknown>>): Answer {
    let answer: Readonly<Record<string, unknown>>;
    try {
      answer = { ok: true, ...call() };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      answer = { ok: false, error: error.message, ...error.details };
    }
    const fits = answer.ok === true ? method?.answer : method?.failure;
    if (fits !== undefined && !fits(answer))
      this.violations.push(`the stand-in's answer of ${name} does not fit: ${JSON.stringify(fits.errors)}`);
    return { status: 200, type: "application/json; charset=utf-8", body: JSON.stringify(answer) };
  }

  #record(method: string, { values }: Arguments): void {
    const args = Object.fromEntries(Object.entries(values).filter(([key]) => key !== "token"));
    this.requests.push({ method, args, at: this.#now() });
  }
}

function methodName({ pathname }: URL): string {
  return pathname.slice("/api/".length);
}

function textAnswer({ status, body }: WebhookAnswer): Answer {
  return { status, type: "text/plain", body };
}

/** Slack says in the metadata of its answer what it does not understand. */
function invalidArguments(wrong: readonly string[]): ApiError {
  return new ApiError("invalid_arguments", {
    response_metadata: { messages: wrong.map((mistake) => `[ERROR] ${mistake}`) },
  });
}

function messagesOf({ details }: ApiError): readonly string[] {
  return (details.response_metadata as { messages: string[] } | undefined)?.messages ?? [];
}
