// A checkout of the project's stack `local` on a real API server, and the node that plays its pods.
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { parse, stringify } from "yaml";
import { slotSelectorLabels } from "../../components/names/labels.ts";
import type { HttpRoute } from "../../components/routes/http-routes.ts";
import { withWeights, type LiveRoute } from "../../components/routes/weights.ts";
import { allTo } from "../../components/slots/live-release.ts";
import { formatLedger, parseLedger, type Ledger } from "../../components/ledger/ledger.ts";
import { isServiceSecret } from "../../components/workload/secret-version.ts";
import { stackCommand, type StackCommandOptions, type StackCommandResult } from "../../infra/engine.ts";
import { silentReporter } from "../../platform/progress.ts";
import { ensureTools } from "../../platform/toolchain/ensure.ts";
import { CONTEXT, controlPlane, type ControlPlane } from "../support/control-plane.ts";
import { eventually } from "../support/eventually.ts";
import { fates, type PodFate } from "../support/fake-kubelet.ts";
import { attachedProvider, pluginFolder } from "./engine.ts";

const root = path.join(import.meta.dirname, "..", "..");
/** The namespace of the stack. */
export const namespace = "atom-local";
/** Long enough for the few engine runs of one test, in milliseconds. */
export const UP_MS = 180_000;

interface StackFile {
  readonly config: {
    "atom:cluster": { context: string };
    readonly "atom:release": {
      readonly deadlines: { ready: string };
      readonly thresholds: { readonly errorRate: { max: string } };
    };
    readonly "atom:services": {
      readonly atom: {
        image: string;
        replicas: number;
        env?: Record<string, string>;
        readonly routes: { hosts: string[]; timeout: string };
      };
    };
  };
}

/** Installs the kinds of the Prometheus operator, which the stack declares. */
export async function installMonitoringKinds(plane: ControlPlane): Promise<void> {
  const tools = await ensureTools(["prometheus-operator-crds"], { reporter: silentReporter });
  await plane.kubectl.run(["apply", "--server-side", "-f", tools.file("prometheus-operator-crds")]);
}

/** Serving pods become ready; migrations end as told. */
export function fate(migrations: { end: "succeeded" | "failed" }): PodFate {
  return (pod) =>
    pod.metadata?.labels?.["app.kubernetes.io/name"] === "atom" ? fates.ready(pod) : fates[migrations.end](pod);
}

/** A part of a state as it was before Secrets had versions: without the key of their names, and what their objects have since. */
function beforeVersions(part: unknown): unknown {
  if (Array.isArray(part)) return part.filter((each) => !isVersionKey(each)).map(beforeVersions);
  if (typeof part !== "object" || part === null) return part;
  return Object.fromEntries(
    Object.entries(part)
      .filter(([key]) => key !== "immutable" && key !== "atom.dev/made")
      .map(([key, value]) => [key, beforeVersions(value)]),
  );
}

/** The resource, or a dependency on it. */
function isVersionKey(part: unknown): boolean {
  const urn = typeof part === "object" && part !== null && "urn" in part ? part.urn : part;
  return typeof urn === "string" && urn.endsWith("::atom-version-key");
}

/** A checkout of the project's stack `local` whose cluster is the control plane. */
export class Checkout {
  readonly plane: ControlPlane;
  readonly #folder: string;
  readonly #plugin: string;
  readonly #asProcess: boolean;

  private constructor(plane: ControlPlane, folder: string, plugin: string, asProcess: boolean) {
    this.plane = plane;
    this.#folder = folder;
    this.#plugin = plugin;
    this.#asProcess = asProcess;
  }

  /** @param options `asProcess`: the engine starts the plugin as a process of its own, with the engine's variables */
  static async create(options: { readonly asProcess?: boolean } = {}): Promise<Checkout> {
    const plane = await controlPlane();
    const folder = await mkdtemp(path.join(plane.folder, "checkout-"));
    for (const file of ["Pulumi.yaml", "Pulumi.local.yaml", "infra/index.ts"])
      await cp(path.join(root, file), path.join(folder, file));
    const checkout = new Checkout(plane, folder, pluginFolder(plane.folder), options.asProcess === true);
    await checkout.edit(({ config }) => {
      config["atom:cluster"] = { context: CONTEXT };
    });
    return checkout;
  }

  /** Changes the stack's configuration. */
  async edit(change: (file: StackFile) => void): Promise<void> {
    const name = path.join(this.#folder, "Pulumi.local.yaml");
    const file = parse(await readFile(name, "utf8")) as StackFile;
    change(file);
    await writeFile(name, stringify(file));
  }

  setImage(tag: string): Promise<void> {
    return this.edit(({ config }) => {
      config["atom:services"].atom.image = `atom.local/atom:${tag}`;
    });
  }

  /** Sets a secret of the stack, as a person does. */
  async setSecret(key: string, value: string): Promise<void> {
    await this.#pulumi("config", "set", "--secret", `atom:${key}`, value);
  }

  async run(
    command: StackCommandOptions["command"],
    options: Partial<StackCommandOptions> = {},
  ): Promise<StackCommandResult> {
    using provider = this.#asProcess ? undefined : await attachedProvider();
    return await stackCommand(this.options(command, { ...options, env: { ...provider?.env, ...options.env } }));
  }

  /** What a stack command takes: for another process too, where they are plain values. */
  options(command: StackCommandOptions["command"], options: Partial<StackCommandOptions> = {}): StackCommandOptions {
    return {
      command,
      stack: "local",
      workDir: this.#folder,
      pulumi: this.plane.toolchain.path("pulumi"),
      ...options,
      env: {
        PATH: `${this.#plugin}${path.delimiter}${process.env.PATH ?? ""}`,
        PULUMI_BACKEND_URL: `file://${this.#folder}`,
        PULUMI_HOME: path.join(this.#folder, "home"),
        PULUMI_CONFIG_PASSPHRASE: "atom-local",
        KUBECONFIG: this.plane.kubeconfig,
        ...options.env,
      },
    };
  }

  async ledger(change: Partial<Ledger> = {}): Promise<Ledger> {
    const { data } = await this.plane.kubectl.get(namespace, "configmap/atom-ledger");
    const ledger = { ...parseLedger(data?.["ledger.json"] ?? "", "test", "atom"), ...change };
    if (Object.keys(change).length > 0)
      await this.plane.kubectl.patch(namespace, "configmap/atom-ledger", "atom-release", {
        data: { "ledger.json": formatLedger(ledger) },
      });
    return ledger;
  }

  /** Has the weights, the Service of the service's own name and the ledger say that a slot serves, as a release leaves them. */
  async promote(slot: "blue" | "green", change: Partial<Ledger> = {}): Promise<void> {
    const { kubectl } = this.plane;
    const { spec: routes } = await kubectl.get(namespace, "virtualservice/atom");
    const wanted = { service: "atom", port: 8000, weights: allTo(slot) };
    const http = withWeights((routes as { http: LiveRoute[] }).http, wanted);
    await kubectl.patch(namespace, "virtualservice/atom", "atom-release", { spec: { http } });
    const spec = { selector: slotSelectorLabels("atom", slot) };
    await kubectl.patch(namespace, "service/atom", "atom-release", { spec });
    await this.ledger({ ...change, active: slot });
  }

  async slot(
    slot: "blue" | "green",
  ): Promise<{ digest: string | undefined; image: string | undefined; replicas: number }> {
    const { spec } = await this.plane.kubectl.get(namespace, `deployment/atom-${slot}`);
    const { replicas, template } = spec as {
      replicas: number;
      template: { metadata: { labels: Record<string, string> }; spec: { containers: { image: string }[] } };
    };
    return {
      digest: template.metadata.labels["atom.dev/template"],
      image: template.spec.containers[0]?.image,
      replicas,
    };
  }

  /** Names and UIDs of the pods of a slot. */
  async pods(slot: "blue" | "green"): Promise<string[]> {
    const columns = "jsonpath={range .items[*]}{.metadata.name} {.metadata.uid}{'\\n'}{end}";
    const selector = `atom.dev/slot=${slot}`;
    const list = await this.plane.kubectl.run(["get", "pods", "-n", namespace, "-l", selector, "-o", columns]);
    return list.trim().split("\n").sort();
  }

  /** Names of the Secrets that are versions of the service's, or the one without a version, sorted. */
  async versions(): Promise<string[]> {
    const columns = "jsonpath={range .items[*]}{.metadata.name}{'\\n'}{end}";
    const list = await this.plane.kubectl.run(["get", "secrets", "-n", namespace, "-o", columns]);
    return list
      .split("\n")
      .filter((name) => isServiceSecret("atom", name))
      .sort();
  }

  async uidOf(object: string): Promise<string> {
    return (await this.plane.kubectl.get(namespace, object)).metadata.uid;
  }

  /**
   * Makes the cluster and the state what commit 6ebc742 of this project left, as far as Secrets go: one with a name that never changes,
   * in place, and no key.
   *
   * @param versioned the one version that there is
   */
  async asBeforeVersions(versioned: string): Promise<void> {
    const { kubectl } = this.plane;
    const { data, metadata } = await kubectl.get(namespace, `secret/${versioned}`);
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "atom-secrets", labels: metadata.labels },
      data,
    };
    const file = path.join(this.#folder, "before.json");
    await writeFile(file, JSON.stringify(secret));
    await kubectl.run(["create", "-n", namespace, "-f", file, "--field-manager", "pulumi-kubernetes"]);
    for (const slot of ["blue", "green"] as const) {
      const { spec } = await kubectl.get(namespace, `deployment/atom-${slot}`);
      const template = parse(JSON.stringify(spec.template).replaceAll(versioned, "atom-secrets")) as {
        metadata: { annotations: object; labels: object };
      };
      const labels = { "atom.dev/template": "0123456789ab" };
      const annotations = { "atom.dev/secret": null, "atom.dev/secret-keys": null, "atom.dev/secrets-revision": "1" };
      const patch = { spec: { template: { ...template, metadata: { labels, annotations } } } };
      await kubectl.patch(namespace, `deployment/atom-${slot}`, "pulumi-kubernetes", patch);
      await eventually(
        `${slot} is rolled out`,
        async () => ((await this.#isRolledOut(slot)) ? true : undefined),
        UP_MS / 2,
      );
    }
    await kubectl.run(["delete", "secret", versioned, "atom-version-key", "-n", namespace]);
    const text = (await this.#pulumi("stack", "export")).replaceAll(versioned, "atom-secrets");
    await writeFile(file, JSON.stringify(beforeVersions(JSON.parse(text))));
    await this.#pulumi("stack", "import", "--file", file);
  }

  async #isRolledOut(slot: "blue" | "green"): Promise<boolean> {
    const { metadata, spec, status } = await this.plane.kubectl.get(namespace, `deployment/atom-${slot}`);
    const { generation = 0 } = metadata as { readonly generation?: number };
    const counts = (status ?? {}) as Readonly<Record<string, number>>;
    const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, readyReplicas = 0 } = counts;
    if (observedGeneration < generation) return false;
    const pods = (await this.pods(slot)).filter((pod) => pod !== "").length;
    return [replicas, updatedReplicas, readyReplicas, pods].every((count) => count === spec.replicas);
  }

  async #pulumi(...args: readonly string[]): Promise<string> {
    const { pulumi = "pulumi", env } = this.options("up");
    const { stdout } = await promisify(execFile)(pulumi, [...args, "--stack", "local", "--non-interactive"], {
      cwd: this.#folder,
      env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true", ...env },
      timeout: 60_000,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  }

  async routes(): Promise<HttpRoute[]> {
    const { spec } = await this.plane.kubectl.get(namespace, "virtualservice/atom");
    return (spec as { http: HttpRoute[] }).http;
  }

  async weights(): Promise<(number | undefined)[]> {
    return (await this.routes()).at(-1)?.route?.map(({ weight }) => weight) ?? [];
  }
}
