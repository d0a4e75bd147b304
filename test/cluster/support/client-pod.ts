import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { eventually } from "../../support/eventually.ts";
import type { Kubectl } from "../../support/kubectl.ts";
import type { LoadReport } from "../../support/load.ts";
import { restrictedNamespace } from "./echo-manifests.ts";

/** What the clients in the pod saw. */
export interface ClientReport extends LoadReport {
  /** Answers by the slot that gave them, of the requests that ask for it. */
  readonly slots: Readonly<Record<string, number>>;
}

const port = 8000;

/**
 * A closed loop of users within the cluster: each request has a connection of its own, as connections stay with their pods. Every fourth one
 * asks who answers. `/report` tells what was seen, and `/stop` the same once the requests under way have ended.
 */
const script = `
const http = require("node:http");
const seen = { requests: 0, statuses: {}, slots: {}, errors: [], unanswered: 0 };
let stopped = false;
const ask = (path) => new Promise((resolve, reject) => {
  const sent = http.get(process.env.SERVICE_URL + path, { agent: false, timeout: 10000 }, (answer) => {
    let body = "";
    answer.setEncoding("utf8").on("data", (text) => (body += text));
    answer.once("end", () => resolve({ status: answer.statusCode, body }));
    answer.once("error", reject);
  });
  sent.once("timeout", () => sent.destroy(new Error("no answer within 10 s")));
  sent.once("error", reject);
});
const client = async () => {
  while (!stopped) {
    const asksWho = seen.requests++ % 4 === 0;
    try {
      const { status, body } = await ask(asksWho ? "/health/live" : "/api/skills");
      seen.statuses[status] = (seen.statuses[status] ?? 0) + 1;
      if (asksWho && status === 200) { const { slot } = JSON.parse(body); seen.slots[slot] = (seen.slots[slot] ?? 0) + 1; }
    } catch (error) {
      seen.unanswered += 1;
      if (seen.errors.length < 20) seen.errors.push(new Date().toISOString() + " " + error);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
const clients = [client(), client(), client(), client()];
const report = () => {
  const { unanswered, ...told } = seen;
  const failed = Object.entries(told.statuses).reduce((sum, [status, count]) => sum + (status >= 500 ? count : 0), unanswered);
  return JSON.stringify({ ...told, failed });
};
http.createServer(async (request, response) => {
  if (request.url === "/stop") { stopped = true; await Promise.all(clients); }
  response.end(report());
}).listen(${port});
`;

export interface ClientPodOptions {
  readonly kubectl: Kubectl;
  /** Made where it is not there. */
  readonly namespace: string;
  /** Any image with Node in it. */
  readonly image: string;
  /** What is asked, without a path. */
  readonly url: string;
}

/** Users within the cluster, until it is disposed of. */
export class ClientPod implements AsyncDisposable {
  readonly #options: ClientPodOptions;

  private constructor(options: ClientPodOptions) {
    this.#options = options;
  }

  static async start(options: ClientPodOptions): Promise<ClientPod> {
    const { kubectl, namespace } = options;
    const folder = await mkdtemp(path.join(tmpdir(), "atom-clients-"));
    try {
      const file = path.join(folder, "clients.json");
      const items = [restrictedNamespace(namespace), clientPod(options)];
      await writeFile(file, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
      await kubectl.run(["apply", "--filename", file]);
    } finally {
      await rm(folder, { recursive: true });
    }
    const pod = new ClientPod(options);
    await eventually(
      `the clients in ${namespace} ask`,
      async () => ((await pod.#ask("report")).requests > 0 ? true : undefined),
      120_000,
    );
    return pod;
  }

  report(): Promise<ClientReport> {
    return this.#ask("report");
  }

  /** Lets the requests under way finish, and resolves to what the clients saw. */
  stop(): Promise<ClientReport> {
    return this.#ask("stop");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { kubectl, namespace } = this.#options;
    // The next one may ask for the same name at once.
    await kubectl.run(["delete", "pod", "clients", "--namespace", namespace, "--grace-period", "0", "--force"]);
  }

  async #ask(what: "report" | "stop"): Promise<ClientReport> {
    const { kubectl, namespace } = this.#options;
    const where = `/api/v1/namespaces/${namespace}/pods/clients:${port}/proxy/${what}`;
    return JSON.parse(await kubectl.run(["get", "--raw", where])) as ClientReport;
  }
}

function clientPod({ namespace, image, url }: ClientPodOptions): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "clients", namespace },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: true, runAsUser: 10_001, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "clients",
          image,
          imagePullPolicy: "Never",
          command: ["node", "-e", script],
          env: [{ name: "SERVICE_URL", value: url }],
          ports: [{ name: "http", containerPort: port }],
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
        },
      ],
    },
  };
}
