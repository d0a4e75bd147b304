import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { fail, isAccepted, Trouble } from "../trouble.ts";
import { handlers, notFound, type Answer } from "./handlers.ts";
import { publishedOperations, type Operation, type Published } from "./published.ts";
import { Repository } from "./repository.ts";
import { RepositorySettings } from "./settings.ts";

/** A request that came, whatever became of it. */
export interface Asked {
  readonly operation: Operation;
  readonly body: Readonly<Record<string, unknown>>;
}

const described = publishedOperations();

/** GitHub's API for one repository on a port of this machine: requests are held to what GitHub publishes, and refused (422) if they do not fit. */
export class GithubStandIn implements AsyncDisposable {
  readonly token = "ghs_standInOfAToken0123456789";
  readonly name = "example/atom";
  readonly repository = new Repository();
  readonly settings = new RepositorySettings();
  readonly trouble = new Trouble();
  readonly requests: Asked[] = [];
  /** What did not fit GitHub's description, a sentence each. Tests want it empty. */
  readonly violations: string[] = [];
  readonly #now: () => number;
  readonly #server: http.Server;

  private constructor(now: () => number) {
    this.#now = now;
    this.#server = http.createServer((request, response) => {
      this.#receive(request, response).catch((error: unknown) => {
        this.violations.push(`the stand-in failed: ${String(error)}`);
        response.writeHead(500).end();
      });
    });
  }

  /** Starts one on a free port; it ends with its disposal. @param now the time, in milliseconds since the epoch */
  static async start(now: () => number = Date.now): Promise<GithubStandIn> {
    const standIn = new GithubStandIn(now);
    standIn.#server.listen(0, "127.0.0.1");
    await once(standIn.#server, "listening");
    return standIn;
  }

  get apiUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #receive(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? "/", this.apiUrl);
    const operation = described.find(({ verb, path }) => verb === request.method && path.test(url.pathname));
    const act = operation && this.#read(operation, url, request, Buffer.concat(chunks).toString("utf8"));
    const fault = operation && this.trouble.take(operation.name);
    if (operation === undefined) this.violations.push(`${request.method ?? ""} ${url.pathname} is not played`);
    const answer = fault === undefined || isAccepted(fault) ? act?.() : undefined;
    if (fault !== undefined) {
      fail(response, fault);
      return;
    }
    const { status, body } = answer ?? notFound;
    if (operation !== undefined) this.violations.push(...strangeParts(operation, status, body));
    response
      .writeHead(status, { "content-type": "application/json; charset=utf-8" })
      .end(body === undefined ? undefined : JSON.stringify(body));
  }

  /** Reads a request; what is returned does what is asked. */
  #read(operation: Published, url: URL, { headers }: http.IncomingMessage, text: string): () => Answer {
    const body = (text === "" ? {} : JSON.parse(text)) as Readonly<Record<string, unknown>>;
    this.requests.push({ operation: operation.name, body });
    if (headers.authorization !== `token ${this.token}`)
      return () => ({ status: 401, body: { message: "Bad credentials" } });
    const found = Object.entries(operation.path.exec(url.pathname)?.groups ?? {});
    const parameters = Object.fromEntries(found.map(([name, value]) => [name, decodeURIComponent(value)]));
    const { owner, repo } = parameters;
    if (repo !== undefined && `${owner ?? ""}/${repo}` !== this.name) return () => notFound;
    const wrong = mistakes(operation, url, body);
    this.violations.push(...wrong.map((mistake) => `${operation.name}: ${mistake}`));
    if (wrong.length > 0) return () => ({ status: 422, body: { message: "Validation Failed", errors: wrong } });
    const call = {
      repository: this.repository,
      settings: this.settings,
      parameters,
      number: Number(parameters.issue_number ?? parameters.deployment_id ?? 0),
      query: url.searchParams,
      body,
      now: this.#now(),
    };
    return () => handlers[operation.name](call);
  }
}

function mistakes(
  { query, body: fits, fields }: Published,
  url: URL,
  body: Readonly<Record<string, unknown>>,
): readonly string[] {
  const strangers = [...url.searchParams.keys()].filter((name) => !query.includes(name)).map((name) => `query ${name}`);
  if (fits === undefined) return strangers;
  fits(body);
  return [
    ...strangers,
    ...Object.keys(body)
      .filter((name) => !fields.includes(name))
      .map((name) => `field ${name}`),
    ...(fits.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message ?? ""}`),
  ];
}

/** What an answer has that GitHub does not describe, a sentence each. */
function strangeParts({ name, answer }: Published, status: number, body: unknown): readonly string[] {
  const fits = answer(status);
  if (fits === undefined || fits(body)) return [];
  return (fits.errors ?? []).map(({ instancePath, message }) => {
    return `the answer ${status} to ${name}: ${instancePath}: ${message ?? ""}`;
  });
}
