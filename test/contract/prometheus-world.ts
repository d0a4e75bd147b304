import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { connectionsTo } from "../../delivery/http/request.ts";
import { PrometheusClient } from "../../delivery/prometheus/client.ts";
import { silentReporter } from "../../platform/progress.ts";
import { ensureTools } from "../../platform/toolchain/ensure.ts";
import { realClock } from "../delivery/support/clocks.ts";
import { deafUrl, serve, type Loopback } from "../delivery/support/loopback.ts";
import { metricsPage, type Served } from "../delivery/support/metrics-page.ts";
import { eventually } from "../support/eventually.ts";

/** Milliseconds. */
export const scrapeInterval = 200;

const config = `
global: { scrape_interval: ${scrapeInterval}ms, scrape_timeout: ${scrapeInterval}ms, evaluation_interval: 200ms }
rule_files: [rules.yaml]
scrape_configs:
  - job_name: pods
    file_sd_configs: [{ files: [targets.json], refresh_interval: 1s }]
`;
const rules = `
groups:
  - name: good
    rules: [{ alert: NothingUp, expr: "absent(up)" }]
  - name: bad
    rules: [{ alert: ManyToMany, expr: "vector(1) + on() group_left() (up + on() up)" }]
`;

export interface PodLabels {
  readonly namespace: string;
  readonly slot: string;
  readonly template: string;
}

/** A pod as Prometheus sees it: a metrics page in the form of the service's contract. */
export class Pod implements AsyncDisposable {
  readonly labels: PodLabels;
  readonly #listen: (pod: Pod) => Promise<Loopback>;
  #server: Loopback | undefined;
  #port = 0;
  #served: Served[] = [];
  #pageNumber = 1;

  constructor(labels: PodLabels, listen: (pod: Pod) => Promise<Loopback>) {
    this.labels = labels;
    this.#listen = listen;
  }

  /** Grows with every change of the page. */
  get pageNumber(): number {
    return this.#pageNumber;
  }

  get port(): number {
    return this.#port;
  }

  async start(): Promise<void> {
    this.#server = await this.#listen(this);
    this.#port = Number(this.#server.url.port);
  }

  serve(...served: readonly Served[]): void {
    this.#served.push(...served);
    this.#pageNumber += 1;
  }

  /** The container restarts: it counts from zero. */
  restart(): void {
    this.#served = [];
    this.#pageNumber += 1;
  }

  /** From now on it refuses connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    this.#server = undefined;
  }

  page(): string {
    return metricsPage(this.#served, { extra: `page_number ${this.#pageNumber}\n` });
  }
}

/** A real Prometheus that scrapes pods of ours. */
export class PrometheusWorld implements AsyncDisposable {
  readonly client: PrometheusClient;
  readonly #folder: string;
  readonly #server: ChildProcess;
  readonly #agent: ReturnType<typeof connectionsTo>;
  readonly #pods: Pod[] = [];
  #writing = Promise.resolve();

  private constructor(folder: string, server: ChildProcess, url: URL) {
    this.#folder = folder;
    this.#server = server;
    this.#agent = connectionsTo(url, { maxSockets: 4 });
    this.client = new PrometheusClient({ url, agent: this.#agent, clock: realClock, deadlineMs: 5_000 });
  }

  static async start(): Promise<PrometheusWorld> {
    const toolchain = await ensureTools(["prometheus"], { reporter: silentReporter });
    const folder = await mkdtemp(path.join(tmpdir(), "atom-prometheus-"));
    await writeFile(path.join(folder, "prometheus.yaml"), config);
    await writeFile(path.join(folder, "rules.yaml"), rules);
    await writeFile(path.join(folder, "targets.json"), "[]");
    const url = await deafUrl();
    const server = spawn(
      toolchain.path("prometheus"),
      [
        `--config.file=${path.join(folder, "prometheus.yaml")}`,
        `--storage.tsdb.path=${path.join(folder, "data")}`,
        `--web.listen-address=${url.host}`,
        "--log.level=error",
      ],
      { stdio: ["ignore", "ignore", "inherit"] },
    );
    const world = new PrometheusWorld(folder, server, url);
    const ready = new AbortController();
    server.once("exit", () => {
      ready.abort(new Error("Prometheus ended before it was ready"));
    });
    await eventually("Prometheus is healthy", async () =>
      (await world.client.healthy(ready.signal)).ok ? true : undefined,
    );
    return world;
  }

  /** A new pod, which is scraped from now on. */
  async pod(labels: PodLabels): Promise<Pod> {
    const pod = new Pod(labels, (of) =>
      serve((_, response) =>
        response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(of.page()),
      ),
    );
    await pod.start();
    this.#pods.push(pod);
    await this.#writeTargets();
    return pod;
  }

  /** Waits until Prometheus has had each pod's present page for over a second: measurements look a second back. */
  async settled(...pods: readonly Pod[]): Promise<void> {
    for (const { port, pageNumber } of pods)
      await eventually(`page ${pageNumber} of the pod at ${port} is a second old`, async () => {
        const seen = await this.value(`page_number{instance="127.0.0.1:${port}"} offset 1100ms`);
        return seen !== undefined && seen >= pageNumber ? true : undefined;
      });
  }

  /** The single value of a query; `undefined` when there is none. */
  async value(promql: string): Promise<number | undefined> {
    const { answer } = await this.client.query(promql, new AbortController().signal);
    return answer.ok ? answer.values[0] : undefined;
  }

  /** Ends Prometheus in the middle of whatever it does. */
  async kill(): Promise<void> {
    if (this.#server.exitCode !== null || this.#server.signalCode !== null) return;
    this.#server.kill("SIGKILL");
    await once(this.#server, "exit");
  }

  #writeTargets(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const targets = this.#pods.map(({ port, labels }) => ({
        targets: [`127.0.0.1:${port}`],
        labels: { ...labels, job: "atom", version: "1" },
      }));
      const file = path.join(this.#folder, "targets.json");
      await writeFile(`${file}.new`, JSON.stringify(targets));
      await rename(`${file}.new`, file);
    });
    return this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    await Promise.all(this.#pods.map((pod) => pod[Symbol.asyncDispose]()));
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
