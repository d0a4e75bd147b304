import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const TIMEOUT_MS = 30_000;

/** A Kubernetes object, as far as a test looks into it. */
export interface LiveObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly managedFields?: readonly {
      readonly manager: string;
      readonly operation: string;
      readonly fieldsV1: object;
    }[];
  };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, string>>;
}

/** The real kubectl against one cluster: in the tests it stands for everyone else who works on the same objects. */
export class Kubectl {
  readonly #binary: string;
  readonly #kubeconfig: string;

  constructor(binary: string, kubeconfig: string) {
    this.#binary = binary;
    this.#kubeconfig = kubeconfig;
  }

  /** Its standard output. Throws with its standard error when it fails or takes longer than 30 s. */
  async run(args: readonly string[]): Promise<string> {
    const all = ["--kubeconfig", this.#kubeconfig, ...args];
    const { stdout } = await run(this.#binary, all, { timeout: TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  }

  async get(namespace: string, resource: string): Promise<LiveObject> {
    const args = ["get", resource, "--namespace", namespace, "--output", "json", "--show-managed-fields"];
    return JSON.parse(await this.run(args)) as LiveObject;
  }

  /** True when there is such an object. */
  async has(namespace: string, resource: string): Promise<boolean> {
    const args = ["get", resource, "--namespace", namespace, "--output", "name", "--ignore-not-found"];
    return (await this.run(args)) !== "";
  }

  /** A merge patch by the manager of that name. */
  async patch(namespace: string, resource: string, manager: string, patch: object): Promise<void> {
    const change = ["--type", "merge", "--patch", JSON.stringify(patch), "--field-manager", manager];
    await this.run(["patch", resource, "--namespace", namespace, ...change]);
  }

  async patchStatus(namespace: string, resource: string, status: object): Promise<void> {
    const change = ["--type", "merge", "--patch", JSON.stringify({ status })];
    await this.run(["patch", resource, "--namespace", namespace, "--subresource", "status", ...change]);
  }
}
