import { spawn, type ChildProcess } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { localSmokeUser } from "../../../platform/local/engine-environment.ts";
import { eventually } from "../../support/eventually.ts";
import type { ClusterStack } from "../../support/cluster-stack.ts";

const atom = path.join(import.meta.dirname, "..", "..", "..", "delivery", "atom.ts");

const compileCache = path.join(atom, "..", "..", "node_modules", ".cache", "atom-tests");

/** How an `atom` command ended. */
export interface AtomEnd {
  /** `null` when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command line of `atom` as a process of its own, as a person or a workflow has it. It is killed when it is disposed of. */
export class AtomProcess implements AsyncDisposable {
  readonly ended: Promise<AtomEnd>;
  readonly #child: ChildProcess;
  #stdout = "";
  #stderr = "";

  /** @param folder in which it is started @default the stack's, with its file */
  constructor(
    stack: ClusterStack,
    words: readonly string[],
    env: Readonly<Record<string, string>> = {},
    folder = stack.folder,
  ) {
    const child = spawn(process.execPath, [atom, ...words, "--stack", stack.name], {
      cwd: folder,
      env: {
        ...process.env,
        ...stack.env,
        SMOKE_TEST_USERNAME: localSmokeUser.username,
        SMOKE_TEST_PASSWORD: localSmokeUser.password,
        ATOM_ENTRY_URL: stack.shared.cluster.gatewayUrl,
        PROMETHEUS_URL: stack.shared.cluster.prometheusUrl,
        // Half of a command's start is compilation.
        NODE_COMPILE_CACHE: compileCache,
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    child.stdout.setEncoding("utf8").on("data", (text: string) => (this.#stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
    this.ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => {
        resolve({ code, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  /** What it has printed so far. */
  get output(): string {
    return `${this.#stdout}${this.#stderr}`;
  }

  /** Waits until it is stopped (SIGSTOP). */
  async stopped(deadlineMs = 180_000): Promise<void> {
    const status = `/proc/${this.#child.pid ?? 0}/status`;
    await eventually(
      "the process is stopped",
      async () => (/^State:\s+T/m.test(await readFile(status, "utf8")) ? true : undefined),
      deadlineMs,
    );
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGKILL");
    await this.ended;
  }
}

/** Runs a command to its end. */
export async function runAtom(
  stack: ClusterStack,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<AtomEnd> {
  await using process = new AtomProcess(stack, words, env);
  return await process.ended;
}
