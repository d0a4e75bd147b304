import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseDocument, type Document } from "yaml";
import type { Ledger } from "../../components/ledger/ledger.ts";
import { stackCommand, type StackCommandName, type StackCommandResult } from "../../infra/engine.ts";
import { engineEnvironment } from "../../platform/local/engine-environment.ts";
import type { OwnCluster } from "./own-cluster.ts";
import { Kubectl, type LiveObject } from "./kubectl.ts";

const root = path.join(import.meta.dirname, "..", "..");

/** A change of the stack's configuration: a path below `config`, and its value. */
export type Setting = readonly [path: readonly (string | number)[], value: unknown];

export const atom = (...keys: string[]): string[] => ["atom:services", "atom", ...keys];

/** What a command did, and what a person saw. */
export interface Outcome extends StackCommandResult {
  readonly output: string;
}

/**
 * A stack of its own in an embedded cluster: made like `local`, with its own name, namespace, host, project folder and state. The engine,
 * its state, the API server, the pods and Envoy are real.
 */
export class ClusterStack implements AsyncDisposable {
  readonly name: string;
  readonly namespace: string;
  readonly host: string;
  readonly shared: OwnCluster;
  readonly kubectl: Kubectl;
  /** The project's folder, as a person would have it. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;

  protected constructor(name: string, shared: OwnCluster, folder: string, env: Readonly<Record<string, string>>) {
    this.name = name;
    this.namespace = `atom-${name}`;
    this.host = `${name}.test`;
    this.shared = shared;
    this.folder = folder;
    this.env = env;
    this.kubectl = new Kubectl(shared.toolchain.path("kubectl"), shared.cluster.kubeconfig);
  }

  /** Makes the project's folder and configuration; nothing in the cluster yet. */
  static async within(shared: OwnCluster, name: string, ...settings: Setting[]): Promise<ClusterStack> {
    const folder = await mkdtemp(path.join(tmpdir(), `atom-stack-${name}-`));
    for (const part of ["infra", "stacks", "components", "node_modules", "package.json"])
      await symlink(path.join(root, part), path.join(folder, part));
    await cp(path.join(root, "Pulumi.yaml"), path.join(folder, "Pulumi.yaml"));
    await mkdir(path.join(folder, "state"));
    const env = {
      ...(await engineEnvironment(shared.cluster, shared.toolchain)),
      PULUMI_BACKEND_URL: `file://${folder}/state`,
    };
    const stack = new ClusterStack(name, shared, folder, env);
    await stack.configure(...settings);
    return stack;
  }

  /** Writes the stack's configuration anew: that of `local`, moved to this stack's own place, with these settings. */
  async configure(...settings: Setting[]): Promise<void> {
    const file = parseDocument(await readFile(path.join(root, "Pulumi.local.yaml"), "utf8"));
    const own: Setting[] = [
      [["atom:cluster"], { context: this.shared.cluster.context, kubeconfig: this.shared.cluster.kubeconfig }],
      [atom("replicas"), 1],
      [atom("routes", "hosts"), [this.host]],
      [atom("routes", "url"), this.shared.cluster.gatewayUrl],
      [["atom:monitoring", "prometheusUrl"], this.shared.cluster.prometheusUrl],
    ];
    for (const [keys, value] of [...own, ...settings]) set(file, keys, value);
    await writeFile(path.join(this.folder, `Pulumi.${this.name}.yaml`), file.toString());
  }

  /** Runs a stack command through the Automation API. */
  async run(
    command: StackCommandName,
    options: {
      readonly env?: Readonly<Record<string, string>>;
      readonly previewOnly?: boolean;
      readonly refresh?: boolean;
      readonly signal?: AbortSignal;
    } = {},
  ): Promise<Outcome> {
    let output = "";
    const result = await stackCommand({
      command,
      stack: this.name,
      workDir: this.folder,
      env: { ...this.env, ...options.env },
      pulumi: this.shared.toolchain.path("pulumi"),
      ...(options.previewOnly === undefined ? {} : { previewOnly: options.previewOnly }),
      ...(options.refresh === undefined ? {} : { refresh: options.refresh }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      diff: command === "preview" || command === "up",
      onOutput: (text) => {
        output += text;
      },
    }).catch((error: unknown) => {
      if (output === "") throw error;
      throw new Error(`${(error as Error).message}\n${output}`, { cause: error });
    });
    return { ...result, output };
  }

  /** Makes objects in the stack's namespace, as a person does beside it. */
  async create(...items: readonly object[]): Promise<void> {
    if (items.length === 0) return;
    const file = path.join(this.folder, "objects.json");
    await writeFile(file, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
    await this.kubectl.run(["create", "--namespace", this.namespace, "--filename", file]);
  }

  /** An object of the stack's namespace. */
  get(resource: string): Promise<LiveObject> {
    return this.kubectl.get(this.namespace, resource);
  }

  /** UIDs of a slot's pods, sorted. */
  async pods(slot: "blue" | "green"): Promise<string[]> {
    const list = JSON.parse(
      await this.kubectl.run(["get", "pods", "-n", this.namespace, "-l", `atom.dev/slot=${slot}`, "-o", "json"]),
    ) as { readonly items: readonly LiveObject[] };
    return list.items.map(({ metadata }) => metadata.uid).sort();
  }

  /** Moves user traffic as a releaser does: with a field manager of its own. */
  async route(weights: { readonly blue: number; readonly green: number }): Promise<void> {
    const { http } = (await this.get("virtualservice/atom")).spec as {
      http: { route: { destination: { host: string }; weight?: number }[] }[];
    };
    const last = http.at(-1);
    const destination = last?.route[0]?.destination;
    if (last === undefined || destination === undefined) throw new Error("the VirtualService has no route");
    const route = (["blue", "green"] as const).map((slot) => ({
      destination: { ...destination, host: `atom-${slot}` },
      weight: weights[slot],
    }));
    await this.kubectl.patch(this.namespace, "virtualservice/atom", "atom-release", {
      spec: { http: [...http.slice(0, -1), { ...last, route }] },
    });
  }

  async weights(): Promise<Record<string, number>> {
    const { http } = (await this.get("virtualservice/atom")).spec as {
      http: { route: { destination: { host: string }; weight?: number }[] }[];
    };
    return Object.fromEntries(
      (http.at(-1)?.route ?? []).map(({ destination, weight }) => [
        destination.host.replace("atom-", ""),
        weight ?? 100,
      ]),
    );
  }

  async ledger(): Promise<Ledger> {
    return JSON.parse((await this.get("configmap/atom-ledger")).data?.["ledger.json"] ?? "") as Ledger;
  }

  /** Writes into the ledger what a releaser would. */
  async record(part: {
    readonly current?: Ledger["current"];
    readonly quarantine?: Ledger["quarantine"];
  }): Promise<void> {
    const text = JSON.stringify({ ...(await this.ledger()), ...part });
    await this.kubectl.patch(this.namespace, "configmap/atom-ledger", "atom-release", {
      data: { "ledger.json": text },
    });
  }

  /** Destroys the stack, and removes its folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.run("destroy");
    await rm(this.folder, { recursive: true });
  }
}

function set(file: Document, [section = "", ...rest]: readonly (string | number)[], value: unknown): void {
  file.setIn(["config", section, ...rest], file.createNode(value));
}
