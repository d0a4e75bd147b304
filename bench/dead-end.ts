import { once } from "node:events";
import net, { type AddressInfo, type Socket } from "node:net";
import type { ReleasePlan } from "../components/release-plan/release-plan.ts";

/** Whom a release tells that tells everybody. */
export const everybody: ReleasePlan["notifications"] = {
  urgent: true,
  slack: { channel: "C0123456789" },
  github: { repository: "example/atom", assignees: [], labels: [], files: [] },
  grafana: { dashboards: ["atom-deployment-overview"] },
};

/** A place that takes every connection and never answers: what a release tells it is under way for as long as it has patience. */
export class DeadEnd implements AsyncDisposable {
  readonly #server: net.Server;
  readonly #sockets = new Set<Socket>();

  private constructor() {
    this.#server = net.createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  static async open(): Promise<DeadEnd> {
    const deadEnd = new DeadEnd();
    deadEnd.#server.listen(0, "127.0.0.1");
    await once(deadEnd.#server, "listening");
    return deadEnd;
  }

  /** Variables of a releaser that sends everything here. */
  get variables(): Readonly<Record<string, string>> {
    const url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return {
      METRICS_ENDPOINT: url,
      ...{ SLACK_BOT_TOKEN: "bench", SLACK_API_URL: url },
      ...{ GITHUB_TOKEN: "bench", GITHUB_API_URL: url },
      ...{ GRAFANA_URL: url, GRAFANA_API_KEY: "bench" },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}
