import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** An API server that answers with the objects that it was given, by path, and with 404 otherwise; and a kubeconfig for it. */
export class ApiDouble implements AsyncDisposable {
  readonly context = "double";
  readonly kubeconfig: string;
  readonly #close: () => Promise<void>;

  private constructor(kubeconfig: string, close: () => Promise<void>) {
    this.kubeconfig = kubeconfig;
    this.#close = close;
  }

  static async serve(answer: Answer | Readonly<Record<string, unknown>>): Promise<ApiDouble> {
    const server = createServer(typeof answer === "function" ? answer : objects(answer));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const folder = await mkdtemp(path.join(tmpdir(), "api-double-"));
    const kubeconfig = path.join(folder, "kubeconfig");
    await writeFile(kubeconfig, JSON.stringify(kubeconfigFor((server.address() as AddressInfo).port)));
    return new ApiDouble(kubeconfig, async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

/** A kubeconfig with the one context `double`. */
export function kubeconfigFor(port: number): unknown {
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "double", cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } }],
    users: [{ name: "double", user: { token: "t" } }],
    contexts: [
      { name: "double", context: { cluster: "double", user: "double" } },
      { name: "nowhere", context: { cluster: "gone", user: "double" } },
    ],
  };
}

function objects(byPath: Readonly<Record<string, unknown>>): Answer {
  return (request, response) => {
    const found = byPath[request.url ?? ""];
    respond(response, found === undefined ? 404 : 200, found ?? { kind: "Status", message: "not found" });
  };
}

export function respond(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}
