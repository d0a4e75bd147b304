import { spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import os from "node:os";
import path from "node:path";
import { ensureTools, type Toolchain } from "../../platform/toolchain/ensure.ts";
import { silentReporter } from "../../platform/progress.ts";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";
import { Kubectl } from "./kubectl.ts";

/** A real Kubernetes control plane without a node: objects are stored, checked and controlled, but no pod ever runs. */
export interface ControlPlane {
  /** A file with one context, {@link CONTEXT}, of a cluster administrator. */
  readonly kubeconfig: string;
  readonly kubectl: Kubectl;
  readonly toolchain: Toolchain;
  /** A folder that goes away with the process. */
  readonly folder: string;
}

export const CONTEXT = "control-plane";

/** Long enough to build etcd, Kubernetes and Pulumi on a bare machine, in milliseconds. */
export const FIRST_START_MS = 20 * 60_000;
const READY_MS = 60_000;

let started: Promise<ControlPlane> | undefined;

/** The control plane of this process: started by the first who asks, ended with the process. Istio's kinds are installed. */
export function controlPlane(): Promise<ControlPlane> {
  return (started ??= start());
}

/** Starts a program that dies with this process, whatever ends it. Its output goes to a file beside its data. */
function daemon(folder: string, name: string, command: string, args: readonly string[]): void {
  const log = openSync(path.join(folder, `${name}.log`), "a");
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", command, ...args], { stdio: ["ignore", log, log] });
  closeSync(log);
  child.unref();
  process.once("exit", () => child.kill("SIGKILL"));
}

function writeKubeconfig(file: string, port: number, token: string, caFile: string): void {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": CONTEXT,
    clusters: [{ name: CONTEXT, cluster: { server: `https://127.0.0.1:${port}`, "certificate-authority": caFile } }],
    users: [{ name: CONTEXT, user: { token } }],
    contexts: [{ name: CONTEXT, context: { cluster: CONTEXT, user: CONTEXT } }],
  };
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
}

function isReady(port: number, token: string, caFile: string): Promise<true | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<true | undefined>();
  const headers = { authorization: `Bearer ${token}` };
  get({ host: "127.0.0.1", port, path: "/readyz", headers, ca: readFileSync(caFile), timeout: 1000 }, (response) => {
    response.resume();
    resolve(response.statusCode === 200 ? true : undefined);
  }).on("error", reject);
  return promise;
}

async function start(): Promise<ControlPlane> {
  const toolchain = await ensureTools(["etcd", "kubernetes", "pulumi", "istio-crds"], { reporter: silentReporter });
  const folder = mkdtempSync(path.join(os.tmpdir(), "atom-control-plane-"));
  process.once("exit", () => {
    rmSync(folder, { recursive: true, force: true });
  });
  const [etcdPort, peerPort, apiPort] = await Promise.all([freePort(), freePort(), freePort()]);
  const etcd = `http://127.0.0.1:${etcdPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  daemon(folder, "etcd", toolchain.path("etcd"), [
    ...["--name", "etcd", "--data-dir", path.join(folder, "etcd"), "--unsafe-no-fsync"],
    ...["--listen-client-urls", etcd, "--advertise-client-urls", etcd],
    ...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", `etcd=${peer}`],
  ]);

  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const keyFile = path.join(folder, "service-account.key");
  writeFileSync(keyFile, privateKey.export({ type: "pkcs1", format: "pem" }), { mode: 0o600 });
  const token = randomBytes(16).toString("hex");
  const tokenFile = path.join(folder, "tokens.csv");
  writeFileSync(tokenFile, `${token},admin,admin,system:masters\n`, { mode: 0o600 });
  daemon(folder, "kube-apiserver", toolchain.path("kube-apiserver"), [
    ...["--etcd-servers", etcd, "--cert-dir", folder, "--token-auth-file", tokenFile],
    ...["--bind-address", "127.0.0.1", "--secure-port", String(apiPort), "--endpoint-reconciler-type", "none"],
    ...["--service-cluster-ip-range", "10.96.0.0/16", "--authorization-mode", "RBAC"],
    ...["--service-account-issuer", "https://kubernetes.default.svc", "--service-account-key-file", keyFile],
    ...["--service-account-signing-key-file", keyFile],
  ]);
  const kubeconfig = path.join(folder, "kubeconfig");
  const caFile = path.join(folder, "apiserver.crt");
  await eventually("the API server is ready", () => isReady(apiPort, token, caFile), READY_MS);
  writeKubeconfig(kubeconfig, apiPort, token, caFile);

  const kubectl = new Kubectl(toolchain.path("kubectl"), kubeconfig);
  // Before the controllers: the garbage collector knows only the kinds that it saw at its start.
  await kubectl.run(["create", "-f", toolchain.file("istio-crds")]);
  daemon(folder, "kube-controller-manager", toolchain.path("kube-controller-manager"), [
    ...["--kubeconfig", kubeconfig, "--leader-elect=false", "--secure-port", "0"],
    ...["--service-account-private-key-file", keyFile, "--concurrent-gc-syncs", "5"],
  ]);
  const accounts = ["get", "serviceaccount", "default", "--namespace", "default"];
  await eventually("the controllers work", async () => (await kubectl.run(accounts)) !== "" || undefined, READY_MS);
  return { kubeconfig, kubectl, toolchain, folder };
}
