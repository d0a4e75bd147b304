import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { clusterStatus } from "../../platform/cluster/cluster.ts";
import { initProcess, instanceProcesses } from "../../platform/cluster/processes.ts";
import { clusterDeadlineMs, sharedCluster, type SharedCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { Kubectl } from "../support/kubectl.ts";
import {
  echoMonitoring,
  echoPod,
  echoService,
  hostNetworkPod,
  restrictedNamespace,
  weightedRoutes,
  type EchoOptions,
} from "./support/echo-manifests.ts";
import { interfacesOf, listenersOf } from "./support/listeners.ts";

const host = "echo.test";

describe("The embedded cluster", function () {
  this.timeout(120_000);
  const options: EchoOptions = { namespace: "embedded-cluster", image: "atom.local/atom:0.1.0" };
  let shared: SharedCluster;
  let kubectl: Kubectl;
  let folder: string;

  before(async function () {
    this.timeout(clusterDeadlineMs);
    shared = await sharedCluster();
    kubectl = new Kubectl(shared.toolchain.path("kubectl"), shared.cluster.kubeconfig);
    folder = await mkdtemp(path.join(tmpdir(), "atom-embedded-"));
    await apply([
      restrictedNamespace(options.namespace),
      echoPod("v1", options),
      echoPod("v2", options),
      echoService(options),
      ...weightedRoutes(options, host, { v1: 90, v2: 10 }),
      ...echoMonitoring(options),
    ]);
    await kubectl.run(["wait", "pod", ...inNamespace, "--for=condition=Ready", "--selector=app=echo", "--timeout=25s"]);
  });

  after(async () => {
    await kubectl.run(["delete", "namespace", options.namespace, "--wait=false"]);
    await rm(folder, { recursive: true });
  });

  const inNamespace = ["--namespace", options.namespace];

  async function apply(objects: readonly object[]): Promise<string> {
    const file = path.join(folder, "objects.json");
    await writeFile(file, JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
    return kubectl.run(["apply", "--filename", file]);
  }

  /** Runs JavaScript in the pod of version v1, in the folder of Atom's service, and gives what it prints. */
  async function inPod(script: string): Promise<string> {
    const command = ["node", "--input-type=module", "--eval", script];
    return (await kubectl.run(["exec", "echo-v1", ...inNamespace, "--", ...command])).trim();
  }

  async function throughEnvoy(): Promise<string> {
    const { request } = await import("node:http");
    return new Promise((resolve, reject) => {
      const sent = request(shared.cluster.gatewayUrl, { headers: { host } }, (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (body += chunk));
        response.once("end", () => {
          resolve(`${response.statusCode} ${body}`);
        });
      });
      sent.once("error", reject);
      sent.end();
    });
  }

  async function prometheus<Data>(query: string): Promise<Data> {
    const response = await fetch(new URL(`/api/v1/${query}`, shared.cluster.prometheusUrl));
    assert.equal(response.status, 200);
    return ((await response.json()) as { data: Data }).data;
  }

  it("enforces Pod Security: it runs a restricted pod and refuses one with the host's network", async () => {
    assert.equal(await inPod("console.log(process.getuid())"), "10001");
    await assert.rejects(apply([hostNetworkPod(options)]), /violates PodSecurity "restricted:latest": host namespaces/);
  });

  it("lets pods reach each other through a Service's cluster address", async () => {
    const service = await kubectl.get(options.namespace, "service/echo");
    const url = `http://${String(service.spec.clusterIP)}/`;
    assert.match(await inPod(`console.log(await (await fetch("${url}")).text())`), /^v[12]$/);
  });

  it("splits requests 90 to 10 through Envoy, as a VirtualService says", async () => {
    await eventually("Envoy routes", async () => ((await throughEnvoy()).startsWith("200 v") ? true : undefined));
    const answers: string[] = [];
    for (let sent = 0; sent < 400; sent += 1) answers.push(await throughEnvoy());
    const second = answers.filter((answer) => answer === "200 v2").length;
    assert.equal(answers.filter((answer) => answer === "200 v1").length + second, 400);
    // 40 are expected; a fair split leaves five standard deviations (30) once in a million runs.
    assert.ok(second >= 10 && second <= 70, `${second} of 400`);
  });

  it("scrapes pods that a ServiceMonitor selects", async () => {
    const query = encodeURIComponent(`echo_requests_total{namespace="${options.namespace}"}`);
    await eventually("both pods are scraped", async () => {
      const { result } = await prometheus<{ result: readonly unknown[] }>(`query?query=${query}`);
      return result.length === 2 ? true : undefined;
    });
  });

  it("loads a PrometheusRule, and its alert reaches Alertmanager", async () => {
    await eventually(
      "the alert is there",
      async () => {
        const response = await fetch(new URL("/api/v2/alerts", shared.cluster.alertmanagerUrl));
        const alerts = (await response.json()) as { labels: Record<string, string> }[];
        return alerts.some(({ labels }) => labels.alertname === "EchoIsThere") ? true : undefined;
      },
      90_000,
    );
  });

  it("keeps what is pushed, and Prometheus reads it with the labels that were pushed", async () => {
    const url = new URL("/metrics/job/embedded-test/namespace/pushed", shared.cluster.pushgatewayUrl);
    const pushed = await fetch(url, { method: "PUT", body: "embedded_test_total 3\n" });
    assert.equal(pushed.status, 200);
    await eventually("Prometheus has it", async () => {
      const { result } = await prometheus<{ result: { value: [number, string] }[] }>(
        `query?query=${encodeURIComponent('embedded_test_total{job="embedded-test",namespace="pushed"}')}`,
      );
      return result[0]?.value[1] === "3" ? true : undefined;
    });
  });

  it("gives pods a PostgreSQL and a Redis that want their password", async () => {
    const database = (password: string) => `
      const { default: pg } = await import("pg");
      const client = new pg.Client("postgres://atom:${password}@10.244.0.1:5432/atom");
      try {
        await client.connect();
        console.log((await client.query("select current_user || '@' || current_database() as me")).rows[0].me);
        await client.end();
      } catch (error) { console.log(error.message); }`;
    assert.equal(await inPod(database("atom-local")), "atom@atom");
    assert.match(await inPod(database("wrong")), /password authentication failed/);
    const cache = (commands: string) => `
      const socket = (await import("node:net")).connect(6379, "10.244.0.1");
      socket.end(${JSON.stringify(commands)});
      socket.setEncoding("utf8");
      let text = "";
      for await (const chunk of socket) text += chunk;
      console.log(text.trim());`;
    assert.match(await inPod(cache("PING\r\n")), /^-NOAUTH/);
    assert.match(await inPod(cache("AUTH atom-local\r\nPING\r\n")), /^\+OK\r?\n\+PONG$/);
  });

  it("refuses the API to who has no certificate", async () => {
    const { Agent, get } = await import("node:https");
    const agent = new Agent({ rejectUnauthorized: false });
    const status = await new Promise<number | undefined>((resolve, reject) => {
      get(new URL("/api", shared.cluster.apiServerUrl), { agent }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).once("error", reject);
    });
    agent.destroy();
    assert.equal(status, 401);
    assert.equal((await stat(shared.cluster.kubeconfig)).mode & 0o777, 0o600);
    assert.equal((await stat(shared.cluster.folder)).mode & 0o777, 0o700);
  });

  it("listens on loopback and the bridge alone, in a network that only its pods and the link join", () => {
    const init = initProcess(instanceProcesses(shared.cluster.name));
    assert.ok(init !== undefined);
    const listeners = listenersOf(init.pid);
    assert.ok(listeners.includes("10.244.0.1:6443"));
    // Istio opens a Gateway's port on every address of the namespace; the link is the only one that the host has.
    const others = listeners.filter((one) => !/^(127\.0\.0\.1|10\.244\.0\.1):/.test(one));
    assert.deepEqual([...new Set(others)], ["0.0.0.0:8080"]);
    for (const name of interfacesOf(init.pid)) assert.match(name, /^(lo|cni0|link|veth\w+)$/);
    assert.deepEqual(
      listenersOf("self").filter((one) => one.startsWith("10.")),
      [],
      "nothing of it listens on the host",
    );
  });

  it("tells its state: every component runs, with the pid that the host sees, and the node is ready", async () => {
    const status = await clusterStatus(shared.cluster.name);
    assert.equal(status.phase, "ready");
    assert.equal(status.nodeReady, true);
    assert.deepEqual(status.cluster, shared.cluster);
    assert.deepEqual([...new Set(status.components.map(({ phase }) => phase))].sort(), ["done", "running"]);
    const pids = new Set(instanceProcesses(shared.cluster.name).map(({ pid }) => pid));
    for (const { name, phase, pid } of status.components)
      if (phase === "running") assert.ok(pid !== undefined && pids.has(pid), name);
  });
});
