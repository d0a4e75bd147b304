import { once } from "node:events";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { ApiClient } from "../../../platform/cluster/api-client.ts";
import { createCertificates, type ClusterCertificates } from "../../../platform/cluster/certificates.ts";

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

/** An HTTPS server in the place of an API server, with certificates as the cluster makes them. */
export class FakeApiServer implements AsyncDisposable {
  readonly requests: SeenRequest[] = [];
  readonly url: string;
  readonly certificates: ClusterCertificates;
  readonly client: ApiClient;
  readonly #server: https.Server;

  private constructor(server: https.Server, certificates: ClusterCertificates) {
    this.#server = server;
    this.url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.certificates = certificates;
    const { certificate: cert, key } = certificates.clients.admin;
    this.client = new ApiClient({ server: this.url, tls: { ca: certificates.authority, cert, key } });
  }

  /** Answers each request as `answer` says. */
  static async start(answer: (request: SeenRequest) => Answer): Promise<FakeApiServer> {
    const certificates = await createCertificates({ nodeName: "n", linkAddress: "10.213.0.2", now: new Date() });
    const { certificate: cert, key } = certificates.apiServer;
    const server = https.createServer(
      { cert, key, ca: certificates.authority, requestCert: true, rejectUnauthorized: true },
      (request, response) => {
        const chunks: Buffer[] = [];
        request.on("data", (chunk: Buffer) => chunks.push(chunk));
        request.once("end", () => {
          const body = Buffer.concat(chunks).toString();
          const seen: SeenRequest = { method: request.method ?? "", path: request.url ?? "", body };
          fake.requests.push(seen);
          const { status, body: content = {} } = answer(seen);
          response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(content));
        });
      },
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const fake = new FakeApiServer(server, certificates);
    return fake;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client[Symbol.dispose]();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** The answer of aggregated discovery that serves these resources, named as CRDs are. */
export function discoveryOf(resources: readonly string[]): object {
  return {
    items: resources.map((name) => {
      const [resource = "", ...group] = name.split(".");
      return { metadata: { name: group.join(".") }, versions: [{ resources: [{ resource }] }] };
    }),
  };
}
