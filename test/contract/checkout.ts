// A checkout of the project's stack `local` on a real API server, and the node that plays its pods.
import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { parse, stringify } from "yaml";
import { slotSelectorLabels } from "../../components/names/labels.ts";
import type { HttpRoute } from "../../components/routes/http-routes.ts";
import { formatLedger, parseLedger, type Ledger } from "../../components/ledger/ledger.ts";
import { stackCommand, type StackCommandOptions, type StackCommandResult } from "../../infra/engine.ts";
import { silentReporter } from "../../platform/progress.ts";
import { ensureTools } from "../../platform/toolchain/ensure.ts";
import { CONTEXT, controlPlane, type ControlPlane } from "../support/control-plane.ts";
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

  /** Has the ledger and the Service of the service's own name say that a slot serves, as a release leaves them. */
  async promote(slot: "blue" | "green", change: Partial<Ledger> = {}): Promise<void> {
    await this.ledger({ ...change, active: slot });
    const spec = { selector: slotSelectorLabels("atom", slot) };
    await this.plane.kubectl.patch(namespace, "service/atom", "atom-release", { spec });
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

  async routes(): Promise<HttpRoute[]> {
    const { spec } = await this.plane.kubectl.get(namespace, "virtualservice/atom");
    return (spec as { http: HttpRoute[] }).http;
  }

  async weights(): Promise<(number | undefined)[]> {
    return (await this.routes())[1]?.route?.map(({ weight }) => weight) ?? [];
  }
}
