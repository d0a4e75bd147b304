import type { Ledger } from "../../../components/ledger/ledger.ts";
import type { PastRelease, Phase, ReleaseUnderWay } from "../../../components/ledger/release-record.ts";
import type { SlotName } from "../../../components/names/slot-name.ts";
import type { Faults } from "../../../service/src/faults.ts";
import { eventually } from "../../support/eventually.ts";
import { Load, type LoadOptions } from "../../support/load.ts";
import { AtomProcess, type AtomEnd } from "./atom-process.ts";
import { atom, TestStack, type Outcome, type Setting } from "./test-stack.ts";

/** What a stack's configuration says of releases; see infra/config/release-schema.ts. */
export type ReleaseSettings = Readonly<Record<string, unknown>>;

/** Production's thresholds and policies, and times that a test can wait for. */
export const quickRelease = {
  thresholds: {
    errorRate: { max: "0.1%", onBreach: "rollback" },
    p95Latency: { max: "500ms", onBreach: "rollback" },
  },
  steps: [
    { weight: 10, wait: "2s" },
    { weight: 50, wait: "2s" },
    { weight: 100, wait: "2s" },
  ],
  minRequests: 50,
  soak: "3s",
  noData: { policy: "rollback", deadline: "60s" },
  metricsUnavailable: { policy: "rollback", deadline: "60s" },
  deadlines: { ready: "120s", smoke: "60s", confirm: "60s", approval: "60s", rollback: "60s" },
} as const satisfies ReleaseSettings;

/** The same where breaches are only told, as in staging. */
export const warningThresholds = {
  errorRate: { ...quickRelease.thresholds.errorRate, onBreach: "warn" },
  p95Latency: { ...quickRelease.thresholds.p95Latency, onBreach: "warn" },
} as const;

/** Two short steps, and limits that no busy machine reaches: for tests of what happens, and not of how fast it happens. */
export const calmRelease = {
  ...quickRelease,
  thresholds: { ...quickRelease.thresholds, p95Latency: { max: "10s", onBreach: "rollback" } },
  steps: [
    { weight: 50, wait: "2s" },
    { weight: 100, wait: "2s" },
  ],
  soak: "1s",
  deadlines: { ...quickRelease.deadlines, ready: "5m", confirm: "2m", rollback: "2m" },
} as const satisfies ReleaseSettings;

/** What a test changes of a stack, on top of {@link quickRelease}. */
export interface Change {
  /** Variables of the service. Each set of them is another pod template. */
  readonly env?: Readonly<Record<string, string>>;
  readonly faults?: Partial<Faults>;
  readonly release?: ReleaseSettings;
  readonly settings?: readonly Setting[];
}

/** How an `atom` command that releases ended. */
export interface Released extends AtomEnd {
  readonly ledger: Ledger;
  /** Of the release under way, else of the last one. */
  readonly record: PastRelease | ReleaseUnderWay;
}

/** A stack for tests of releases: a stack of a test's own, and releases that are quick. */
export class ReleaseStack implements AsyncDisposable {
  readonly stack: TestStack;
  readonly #base: readonly Setting[];
  #versions = 0;

  private constructor(stack: TestStack, base: readonly Setting[]) {
    this.stack = stack;
    this.#base = base;
  }

  /** Brings a stack up and waits until Envoy routes to it. @param base settings that every change keeps */
  static async create(name: string, ...base: Setting[]): Promise<ReleaseStack> {
    const made = await ReleaseStack.createUp(name, ...base);
    try {
      await made.answers();
      return made;
    } catch (error) {
      await made[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Brings a stack up. @param base settings that every change keeps */
  static async createUp(name: string, ...base: Setting[]): Promise<ReleaseStack> {
    const made = new ReleaseStack(await TestStack.create(name), base);
    try {
      await made.stage({});
      return made;
    } catch (error) {
      await made[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Writes the configuration; nothing in the cluster changes. */
  async configure(change: Change): Promise<void> {
    const { env = {}, faults, release = {}, settings = [] } = change;
    const variables = { ...env, ...(faults === undefined ? {} : { ATOM_FAULTS: JSON.stringify(faults) }) };
    await this.stack.configure(
      ...quickBase,
      [["atom:release"], { ...quickRelease, ...release }],
      ...this.#base,
      [atom("env"), variables],
      ...settings,
    );
  }

  /** Writes the configuration and runs `up`, which stages what differs from what serves. */
  async stage(change: Change): Promise<Outcome> {
    await this.configure(change);
    return this.stack.run("up");
  }

  /** Stages a version that was never there before. */
  async stageNext({ env, ...change }: Change = {}): Promise<Outcome> {
    this.#versions += 1;
    return await this.stage({ env: { FEATURE: `version ${this.#versions}`, ...env }, ...change });
  }

  /** Starts an `atom` command; kill or await it. */
  start(words: readonly string[], env: Readonly<Record<string, string>> = {}): AtomProcess {
    return new AtomProcess(this.stack, words, env);
  }

  /** Runs an `atom` command to its end, and reads what it left behind. */
  async atom(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Released> {
    await using process = this.start(words, env);
    return await this.outcome(process);
  }

  /** Releases what is staged. */
  releaseStaged(words: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Released> {
    return this.atom(["release", "--staged", ...words], env);
  }

  /** Brings the stack up and releases, in one command, as people do. */
  release(words: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Released> {
    return this.atom(["release", ...words], env);
  }

  /** Runs kubectl in the stack's namespace, and resolves to what it prints. */
  kubectl(...words: readonly string[]): Promise<string> {
    return this.stack.kubectl.run([...words, "--namespace", this.stack.namespace]);
  }

  /** Waits for a process to end. */
  async outcome(process: AtomProcess): Promise<Released> {
    const end = await process.ended;
    const ledger = await this.stack.ledger();
    return { ...end, ledger, record: newest(ledger, end) };
  }

  /** Waits until the release that a process runs is in one of these phases, and resolves with its record. */
  async reaches(process: AtomProcess, phases: readonly Phase[], deadlineMs = 180_000): Promise<ReleaseUnderWay> {
    const ended = process.ended.then(() => true);
    const wanted = `the release is ${phases.join(" or ")}`;
    const seen = await eventually(
      wanted,
      async () => {
        const isOver = await Promise.race([ended, Promise.resolve(false)]);
        const { current } = await this.stack.ledger();
        if (current !== null && phases.includes(current.state.phase)) return current;
        return isOver ? "over" : undefined;
      },
      deadlineMs,
    ).catch((cause: unknown) => {
      throw new Error(`${(cause as Error).message}:\n${process.output}`, { cause });
    });
    if (seen === "over") throw new Error(`the process ended before ${wanted}:\n${process.output}`);
    return seen;
  }

  /** Users' requests through Envoy, for as long as it is not stopped. */
  load(options: Partial<LoadOptions> & { readonly path?: string } = {}): Load {
    const { path = "/api/skills", headers = {}, ...rest } = options;
    return new Load({
      url: `${this.stack.shared.cluster.gatewayUrl}${path}`,
      headers: { host: this.stack.host, ...headers },
      clients: 4,
      ...rest,
    });
  }

  /** What a slot's Deployment is asked for and has. */
  async replicas(
    slot: SlotName,
  ): Promise<{ readonly desired: number; readonly ready: number; readonly exist: number }> {
    const { spec, status } = await this.stack.get(`deployment/atom-${slot}`);
    const { replicas: exist = 0, readyReplicas: ready = 0 } = (status ?? {}) as Record<string, number | undefined>;
    return { desired: Number(spec.replicas ?? 1), ready, exist };
  }

  /** Waits until all pods of a slot are of its template and ready. */
  async rolledOut(slot: SlotName): Promise<void> {
    await eventually(
      `${slot} is rolled out`,
      async () => {
        const { metadata, spec, status = {} } = await this.stack.get(`deployment/atom-${slot}`);
        const { generation } = metadata as { readonly generation?: number };
        const counts = [status.replicas ?? 0, status.updatedReplicas ?? 0, status.readyReplicas ?? 0];
        const isSeen = status.observedGeneration === generation;
        return isSeen && counts.every((count) => count === spec.replicas) ? true : undefined;
      },
      180_000,
    );
  }

  /** Changes of the route since it was made: every patch of its spec counts one. */
  async routeGeneration(): Promise<number> {
    const { metadata } = await this.stack.get("virtualservice/atom");
    return (metadata as { readonly generation?: number }).generation ?? 0;
  }

  /** Requests that a slot's pods answered with 5xx, by their own count. */
  async serverErrors(slot: SlotName): Promise<number> {
    const { kubectl, namespace } = this.stack;
    const names = await kubectl.run(["get", "pods", "-n", namespace, "-l", `atom.dev/slot=${slot}`, "-o", "name"]);
    const pages = await Promise.all(
      names
        .trim()
        .split("\n")
        .map((name) =>
          kubectl.run([
            "get",
            "--raw",
            `/api/v1/namespaces/${namespace}/${name.replace("pod/", "pods/")}:8000/proxy/metrics`,
          ]),
        ),
    );
    return pages
      .flatMap((page) => page.split("\n"))
      .filter(
        (line) =>
          line.startsWith("http_requests_total{") && line.includes('route="/api/') && line.includes('status="5'),
      )
      .reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  }

  /** Resolves once users get an answer of the service's own. */
  async answers(): Promise<void> {
    const { gatewayUrl } = this.stack.shared.cluster;
    await eventually("Envoy routes to Atom", async () => {
      await using load = new Load({
        url: `${gatewayUrl}/health/live`,
        headers: { host: this.stack.host },
        clients: 1,
        maxRequests: 1,
      });
      return (await load.finished()).statuses[200] === 1 ? true : undefined;
    });
  }

  /** Destroys the stack. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stack[Symbol.asyncDispose]();
  }
}

/** A step lasts at least four scrapes. */
const quickBase: readonly Setting[] = [[["atom:monitoring", "scrapeInterval"], "500ms"]];

function newest({ current, releases }: Ledger, { code, stderr }: AtomEnd): PastRelease | ReleaseUnderWay {
  const record = current ?? releases[0];
  if (record === undefined) throw new Error(`there was no release (exit code ${code ?? "none"}):\n${stderr}`);
  return record;
}
