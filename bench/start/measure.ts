import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { bundleAtom } from "../../platform/bundle/bundle.ts";
import { machine, type Measurements } from "../report.ts";

/** What is started. */
export type Form = "source" | "bundle" | "bundle without a compile cache";

/** One start. */
export interface Start {
  /** From the start of the process until its end, or its first request, in milliseconds. */
  readonly wall: number;
  /** Of the processors until then, in milliseconds. */
  readonly cpu: number;
  /** The most memory that it held until then, in MB. */
  readonly memory: number;
}

export interface Starts {
  readonly form: Form;
  readonly command: "version" | "rollback";
  readonly starts: readonly Start[];
}

export interface MeasuredStarts {
  readonly startedAt: string;
  readonly machine: Measurements["machine"];
  readonly measured: readonly Starts[];
}

const root = path.join(import.meta.dirname, "..", "..");
/** One start takes less than a second; a machine that is busy takes its time. In milliseconds. */
const patience = 60_000;

/** Put into each process: writes what it used until its first request, or until its end. It takes a millisecond itself, which counts. */
const probe = `
import { writeFileSync } from "node:fs";
import { subscribe } from "node:diagnostics_channel";
let written = false;
const write = () => {
  if (written) return;
  written = true;
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  writeFileSync(process.env.PROBE_FILE, JSON.stringify({ cpu: (userCPUTime + systemCPUTime) / 1000, memory: maxRSS / 1024 }));
};
subscribe("http.client.request.start", write);
process.on("exit", write);
`;

const usageSchema = z.object({ cpu: z.number(), memory: z.number() });

/** Starts each kind so often, in turn, so that whatever else the machine does is the same for all. */
export async function measureStarts(rounds: number, signal: AbortSignal): Promise<MeasuredStarts> {
  const folder = await mkdtemp(path.join(tmpdir(), "atom-start-"));
  const server = new FirstRequest();
  try {
    const bundle = (await bundleAtom({ outfile: path.join(folder, "dist", "atom.mjs") })).file;
    const kubeconfig = await server.kubeconfig(folder);
    await writeFile(path.join(folder, "probe.mjs"), probe);
    const launcher = path.join(root, "bin", "atom.mjs");
    const cached = path.join(folder, "launch.mjs");
    // What bin/atom.mjs does with a bundle in dist/, for this one.
    await writeFile(
      cached,
      `import { enableCompileCache } from "node:module";\nenableCompileCache(${JSON.stringify(path.join(folder, "compiled"))});\nawait import(${JSON.stringify(pathToFileURL(bundle).href)});\n`,
    );
    const programs: Readonly<Record<Form, string>> = {
      source: launcher,
      bundle: cached,
      "bundle without a compile cache": bundle,
    };
    const kinds = (["version", "rollback"] as const).flatMap((command) =>
      (Object.keys(programs) as Form[]).map((form) => ({ form, command, starts: [] as Start[] })),
    );
    // The first of each kind fills the compile cache, and does not count.
    for (let round = 0; round <= rounds; round += 1)
      for (const { form, command, starts } of kinds) {
        signal.throwIfAborted();
        const start = await measureStart(programs[form], command, { folder, kubeconfig, server, signal });
        if (round > 0) starts.push(start);
      }
    return { startedAt: new Date().toISOString(), machine: machine(), measured: kinds };
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Surroundings {
  readonly folder: string;
  readonly kubeconfig: string;
  readonly server: FirstRequest;
  readonly signal: AbortSignal;
}

async function measureStart(
  program: string,
  command: Starts["command"],
  { folder, kubeconfig, server, signal }: Surroundings,
): Promise<Start> {
  const words = command === "version" ? ["--version"] : ["rollback", "--namespace", "atom-bench", "--service", "atom"];
  const file = path.join(folder, "usage.json");
  const hook = pathToFileURL(path.join(folder, "probe.mjs")).href;
  const { PATH } = process.env;
  const env = {
    PATH,
    HOME: folder,
    XDG_CACHE_HOME: folder,
    KUBECONFIG: kubeconfig,
    ATOM_SOURCE: "1",
    PROBE_FILE: file,
  };
  const requested = server.next();
  const begin = performance.now();
  const child = spawn(process.execPath, ["--import", hook, program, ...words], {
    cwd: folder,
    env,
    stdio: "ignore",
    signal,
    timeout: patience,
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => {
      resolve();
    });
  });
  const wall = await (command === "version" ? ended.then(() => performance.now()) : requested).then((at) => at - begin);
  await ended;
  return { wall, ...usageSchema.parse(JSON.parse(await readFile(file, "utf8"))) };
}

/** A played API server, which has nothing and says when it is asked first. */
class FirstRequest {
  readonly #server = http.createServer((_request, response) => {
    this.#asked?.(performance.now());
    this.#asked = undefined;
    response.writeHead(404, { "content-type": "application/json" }).end('{"kind":"Status","message":"not found"}');
  });
  #asked: ((at: number) => void) | undefined;

  next(): Promise<number> {
    return new Promise((resolve) => (this.#asked = resolve));
  }

  /** Listens, and writes the kubeconfig that leads to it, as YAML and with a token. */
  async kubeconfig(folder: string): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const { port } = this.#server.address() as AddressInfo;
    const file = path.join(folder, "kubeconfig");
    await writeFile(
      file,
      `apiVersion: v1\nkind: Config\ncurrent-context: bench\nclusters:\n- name: bench\n  cluster:\n    server: http://127.0.0.1:${port}\n` +
        "users:\n- name: bench\n  user:\n    token: bench\ncontexts:\n- name: bench\n  context:\n    cluster: bench\n    user: bench\n",
    );
    return file;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
