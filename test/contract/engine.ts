import { mkdtempSync, readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import { LocalWorkspace, type EngineEvent, type PulumiFn, type Stack } from "@pulumi/pulumi/automation/index.js";
import { connectAnew } from "../../infra/engine-connections.ts";
import { leaveOutReport, pulumiCommandAt } from "../../infra/pulumi-cli.ts";
import { serveProvider } from "../../platform/kubernetes-provider/serve.ts";
import { CONTEXT, controlPlane, type ControlPlane } from "../support/control-plane.ts";
import { fakeKubelet, fates, type PodFate } from "../support/fake-kubelet.ts";

/** Which plugin the contract is tested on: the official one by its path, or ours. */
const official = process.env.ATOM_KUBERNETES_PLUGIN;
export const isOfficial = official !== undefined && official !== "";

const STAND_IN = path.resolve(import.meta.dirname, "../../platform/kubernetes-provider/bin");
const PROJECT = "contract";

/** Long enough for the few engine runs of one test on two cores, in milliseconds. */
export const ENGINE_MS = 120_000;

// Pulumi's runtime keeps the running stack in this global; a leak check should not take it for the test's.
Object.assign(globalThis, { stackResource: undefined });

/** What an operation did, as the engine reported it. */
export interface Outcome {
  /** How many resources of each operation ("create", "update", "replace", "delete"); those that stayed as they are do not count. */
  readonly changes: Readonly<Record<string, number>>;
  /** Paths that differ, of every resource together, each with the engine's word for it: `spec.replicas: update`. */
  readonly differences: readonly string[];
  /** What the person sees. */
  readonly output: string;
}

/** A program as a test writes it: it declares resources in `namespace` with the given provider. */
export type Program = (provider: k8s.Provider, namespace: string) => void;

type Operation = (onEvent: (event: EngineEvent) => void, onOutput: (text: string) => void) => Promise<unknown>;

/** The folder to put on the engine's PATH, so that it finds the plugin under test. */
export function pluginFolder(folder: string): string {
  if (official === undefined || official === "") return STAND_IN;
  const bin = mkdtempSync(path.join(folder, "plugin-"));
  symlinkSync(path.resolve(official), path.join(bin, "pulumi-resource-kubernetes"));
  return bin;
}

function outcomeOf(events: readonly EngineEvent[], output: string): Outcome {
  const summary = events.findLast((event) => event.summaryEvent !== undefined)?.summaryEvent?.resourceChanges;
  const changes = Object.entries(summary ?? {}).filter(([operation, count]) => operation !== "same" && count > 0);
  const differences = events.flatMap(({ resourcePreEvent, resOutputsEvent }) => {
    const detailed = (resourcePreEvent ?? resOutputsEvent)?.metadata.detailedDiff ?? {};
    return Object.entries(detailed).map(([at, { diffKind }]) => `${at}: ${diffKind}`);
  });
  return { changes: Object.fromEntries(changes), differences: [...new Set(differences)].sort(), output };
}

/**
 * The stand-in for one run of the engine, which attaches itself to it over the same protocol: as a process it would have a second of work
 * with its start. The official plugin always is one.
 */
export async function attachedProvider(): Promise<
  ({ readonly env: Readonly<Record<string, string>> } & Disposable) | undefined
> {
  if (isOfficial) return undefined;
  const provider = await serveProvider("");
  return {
    env: { PULUMI_DEBUG_PROVIDERS: `kubernetes:${provider.port}` },
    [Symbol.dispose]: () => {
      provider[Symbol.dispose]();
    },
  };
}

export interface EngineOptions {
  /** @default a name of this test alone, which is also its namespace */
  readonly stackName?: string;
  readonly provider?: Partial<k8s.ProviderArgs>;
  /** What becomes of the pods. @default they become ready */
  readonly fate?: PodFate;
  /** Have the engine start the plugin as a process of its own. @default false */
  readonly asProcess?: boolean;
  /** Environment variables of the engine, beside those that every test has. */
  readonly env?: Readonly<Record<string, string>>;
}

let count = 0;

/** One stack in a namespace of its own, run by the real engine with a state folder of its own. Its disposal ends the node that it plays. */
export class Engine implements AsyncDisposable {
  readonly plane: ControlPlane;
  readonly namespace: string;
  readonly stack: Stack;
  readonly #options: EngineOptions;
  readonly #stateFolder: string;
  readonly #kubelet: AsyncDisposable;

  private constructor(
    plane: ControlPlane,
    namespace: string,
    stack: Stack,
    stateFolder: string,
    options: EngineOptions,
  ) {
    this.plane = plane;
    this.namespace = namespace;
    this.stack = stack;
    this.#stateFolder = stateFolder;
    this.#options = options;
    this.#kubelet = fakeKubelet(plane.kubeconfig, namespace, options.fate ?? fates.ready);
  }

  static async create(options: EngineOptions = {}): Promise<Engine> {
    connectAnew();
    const plane = await controlPlane();
    count += 1;
    const namespace = `contract-${count}`;
    await plane.kubectl.run(["create", "namespace", namespace]);
    const state = mkdtempSync(path.join(plane.folder, "state-"));
    const stack = await LocalWorkspace.createStack(
      { stackName: options.stackName ?? namespace, projectName: PROJECT, program: () => Promise.resolve() },
      {
        pulumiCommand: await pulumiCommandAt(plane.toolchain.path("pulumi")),
        projectSettings: { name: PROJECT, runtime: "nodejs", backend: { url: `file://${state}` } },
        envVars: {
          PATH: `${pluginFolder(plane.folder)}${path.delimiter}${process.env.PATH ?? ""}`,
          PULUMI_HOME: path.join(state, "home"),
          PULUMI_CONFIG_PASSPHRASE: "contract",
          PULUMI_SKIP_UPDATE_CHECK: "true",
          KUBECONFIG: "/dev/null",
          ...options.env,
        },
      },
    );
    leaveOutReport(stack);
    return new Engine(plane, namespace, stack, state, options);
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#kubelet[Symbol.asyncDispose]();
  }

  up(program: Program, options: { refresh?: boolean; signal?: AbortSignal } = {}): Promise<Outcome> {
    return this.#run(program, (onEvent, onOutput) => this.stack.up({ ...options, onEvent, onOutput }));
  }

  preview(program: Program): Promise<Outcome> {
    return this.#run(program, (onEvent, onOutput) => this.stack.preview({ onEvent, onOutput }));
  }

  previewRefresh(): Promise<Outcome> {
    return this.#run(undefined, (onEvent, onOutput) => this.stack.previewRefresh({ onEvent, onOutput }));
  }

  refresh(): Promise<Outcome> {
    return this.#run(undefined, (onEvent, onOutput) => this.stack.refresh({ onEvent, onOutput }));
  }

  destroy(): Promise<Outcome> {
    return this.#run(undefined, (onEvent, onOutput) => this.stack.destroy({ onEvent, onOutput }));
  }

  /** The text of the state as it lies on disk: what is in it in clear, and what is not. */
  state(): string {
    return readFileSync(path.join(this.#stateFolder, ".pulumi/stacks", PROJECT, `${this.stack.name}.json`), "utf8");
  }

  /** Runs kubectl in the stack's namespace. */
  kubectl(...args: string[]): Promise<string> {
    return this.plane.kubectl.run([...args, "--namespace", this.namespace]);
  }

  /** A change that somebody else makes, under the name of their own. */
  patch(resource: string, manager: string, patch: object): Promise<void> {
    return this.plane.kubectl.patch(this.namespace, resource, manager, patch);
  }

  /** The object as the cluster holds it. */
  live(resource: string) {
    return this.plane.kubectl.get(this.namespace, resource);
  }

  async #run(program: Program | undefined, operate: Operation): Promise<Outcome> {
    const events: EngineEvent[] = [];
    let output = "";
    this.stack.workspace.program = this.#program(program);
    const { env = {}, asProcess = false } = this.#options;
    using provider = asProcess || "PULUMI_DEBUG_PROVIDERS" in env ? undefined : await attachedProvider();
    if (provider !== undefined) Object.assign(this.stack.workspace.envVars, provider.env);
    await operate(
      (event) => events.push(event),
      (text) => (output += text),
    );
    return outcomeOf(events, output);
  }

  #program(program: Program | undefined): PulumiFn {
    return () => {
      const { kubeconfig } = this.plane;
      const provider = new k8s.Provider("cluster", { kubeconfig, context: CONTEXT, ...this.#options.provider });
      program?.(provider, this.namespace);
      return Promise.resolve();
    };
  }
}
