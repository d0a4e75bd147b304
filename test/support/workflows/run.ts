import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { holds, textOf, valueOf, type Value } from "./expressions.ts";
import { combinations, environmentOf, minutesOf } from "./job-settings.ts";
import { Job, type Conclusion, type JobResult } from "./job.ts";
import type { Repository, WorkflowEvent } from "./repository.ts";
import { readWorkflow, type JobPart, type WorkflowFile } from "./workflow-file.ts";

type Contexts = Readonly<Record<string, Value>>;

export interface RunResult {
  readonly conclusion: Conclusion;
  /** By id; those of a matrix as `id (value)`. */
  readonly jobs: Readonly<Record<string, JobResult>>;
}

interface Approval {
  readonly asked: PromiseWithResolvers<undefined>;
  readonly answer: PromiseWithResolvers<boolean>;
}

/** The longest time that a test waits for a job, whatever its workflow allows, in milliseconds. */
const jobDeadlineMs = 20 * 60_000;

const notRun = { outputs: {}, summary: "", steps: [], log: "" } as const;

/** A run of a workflow: its jobs are executed, each when those that it needs are over. */
export class WorkflowRun implements AsyncDisposable {
  /** Everything that happened; it never rejects for a job that failed. */
  readonly finished: Promise<RunResult>;
  readonly #repository: Repository;
  readonly #workflow: WorkflowFile;
  readonly #event: WorkflowEvent;
  readonly #folder: string;
  readonly #id: number;
  readonly #cancelled = new AbortController();
  readonly #dead = new Map<string, AbortController>();
  readonly #approvals = new Map<string, Approval>();
  readonly #jobs = new Map<string, Promise<JobResult>>();
  readonly #instances: Record<string, JobResult> = {};
  readonly #logs = new Map<string, string>();
  readonly #planned = Promise.withResolvers<undefined>();

  private constructor(repository: Repository, workflow: WorkflowFile, event: WorkflowEvent, folder: string) {
    this.#repository = repository;
    this.#workflow = workflow;
    this.#event = event;
    this.#folder = folder;
    this.#id = repository.nextRun();
    this.finished = this.#run();
  }

  /** @param workflow a file's name, such as `deploy.yml`, or what was read of one */
  static async start(
    repository: Repository,
    workflow: string | WorkflowFile,
    event: WorkflowEvent,
  ): Promise<WorkflowRun> {
    const file = typeof workflow === "string" ? await readWorkflow(workflow) : workflow;
    if (file.events[event.name] === undefined) throw new Error(`${file.path} does not run on ${event.name}`);
    return new WorkflowRun(repository, file, event, await mkdtemp(path.join(tmpdir(), "atom-workflow-")));
  }

  /** A person cancels the run. */
  cancel(): void {
    this.#cancelled.abort();
  }

  /** The machine of a job dies. */
  killRunner(job: string): void {
    this.#deathOf(job).abort();
  }

  /** Resolves once a job waits for somebody to approve it for this environment. */
  async waitsFor(environment: string): Promise<void> {
    await this.#approval(environment).asked.promise;
  }

  /** A person lets the job that is for this environment go on, or not. */
  review(environment: string, approved: boolean): void {
    this.#approval(environment).answer.resolve(approved);
  }

  /** Resolves when a job is over. */
  async job(id: string): Promise<JobResult> {
    await this.#planned.promise;
    const job = this.#jobs.get(id);
    if (job === undefined) throw new Error(`${this.#workflow.path} has no job ${id}`);
    return job;
  }

  /** What a job has printed so far. */
  logOf(id: string): string {
    return this.#logs.get(id) ?? "";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cancel();
    for (const { id } of this.#workflow.jobs) this.killRunner(id);
    await this.finished;
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #run(): Promise<RunResult> {
    const contexts = { github: this.#github(), inputs: this.#event.inputs ?? {} };
    using place = await this.#enter(this.#workflow.keys.find("concurrency"), contexts);
    if (place === undefined) this.cancel();
    for (const job of this.#workflow.jobs) this.#jobs.set(job.id, this.#whenNeeded(job, contexts));
    this.#planned.resolve(undefined);
    const results = await Promise.all(this.#jobs.values());
    const conclusion = (["failure", "cancelled"] as const).find((each) =>
      results.some((result) => result.conclusion === each),
    );
    return { conclusion: conclusion ?? "success", jobs: this.#instances };
  }

  async #whenNeeded(job: JobPart, base: Contexts): Promise<JobResult> {
    const needed = await Promise.all(job.needs.map(async (id) => [id, await this.job(id)] as const));
    const needs = Object.fromEntries(
      needed.map(([id, { conclusion, outputs }]) => [id, { result: conclusion, outputs }]),
    );
    const contexts = { ...base, needs, vars: { ...this.#repository.options.variables } };
    const conclusions = needed.map(([, { conclusion }]) => conclusion);
    const status = {
      succeeded: conclusions.every((each) => each === "success"),
      failed: conclusions.includes("failure"),
      cancelled: this.#cancelled.signal.aborted,
    };
    if (!holds(job.condition, { contexts, status }))
      return this.#keep(job.id, { ...notRun, conclusion: status.cancelled ? "cancelled" : "skipped" });
    const results = await Promise.all(
      combinations(job, contexts).map((matrix) => this.#instance(job, { ...contexts, matrix })),
    );
    const worst = results.find(({ conclusion }) => conclusion !== "success") ?? results[0];
    if (worst === undefined) throw new Error(`the matrix of ${job.id} is empty`);
    return worst;
  }

  async #instance(job: JobPart, contexts: Contexts): Promise<JobResult> {
    const values = Object.values(contexts.matrix as Contexts).map(textOf);
    const name = values.length === 0 ? job.id : `${job.id} (${values.join(", ")})`;
    const environment = environmentOf(job, contexts);
    const dead = this.#deathOf(job.id).signal;
    const own = new AbortController();
    const overdue = AbortSignal.timeout(Math.min(jobDeadlineMs, minutesOf(job, contexts) * 60_000));
    const cancelled = AbortSignal.any([this.#cancelled.signal, own.signal, overdue]);
    using place = await this.#enter(job.keys.find("concurrency"), contexts, own);
    if (place === undefined || !(await this.#approved(environment, cancelled)) || cancelled.aborted)
      return this.#keep(name, {
        ...notRun,
        conclusion: place !== undefined && !cancelled.aborted ? "failure" : "cancelled",
      });
    const result = await new Job({
      repository: this.#repository,
      workflow: this.#workflow,
      job,
      event: this.#event,
      contexts: { ...contexts, github: { ...(contexts.github as Contexts), job: job.id } },
      environment,
      folder: await mkdtemp(path.join(this.#folder, "job-")),
      cancelled,
      dead,
      onLog: (text) => this.#logs.set(name, this.logOf(name) + text),
    }).run();
    return this.#keep(name, result);
  }

  #keep(name: string, result: JobResult): JobResult {
    this.#instances[name] = result;
    return result;
  }

  /** A place in a concurrency group, where the workflow or job has one. */
  async #enter(
    token: Parameters<typeof valueOf>[0],
    contexts: Contexts,
    own: AbortController = this.#cancelled,
  ): Promise<Disposable | undefined> {
    const setting = valueOf(token, { contexts }) as string | Contexts | null;
    if (setting === null) return { [Symbol.dispose]: () => undefined };
    const { group, "cancel-in-progress": cancelInProgress = false } =
      typeof setting === "string" ? { group: setting } : setting;
    return this.#repository.concurrency.enter(textOf(group), {
      cancelInProgress: cancelInProgress === true,
      cancel: () => {
        own.abort();
      },
    });
  }

  async #approved(environment: string | undefined, cancelled: AbortSignal): Promise<boolean> {
    if (environment === undefined || this.#repository.environment(environment).reviewed !== true) return true;
    const { asked, answer } = this.#approval(environment);
    asked.resolve(undefined);
    cancelled.addEventListener("abort", () => {
      answer.resolve(false);
    });
    if (cancelled.aborted) return false;
    return answer.promise;
  }

  #approval(environment: string): Approval {
    const known = this.#approvals.get(environment);
    if (known !== undefined) return known;
    const made = { asked: Promise.withResolvers<undefined>(), answer: Promise.withResolvers<boolean>() };
    this.#approvals.set(environment, made);
    return made;
  }

  #deathOf(job: string): AbortController {
    const controller = this.#dead.get(job) ?? new AbortController();
    this.#dead.set(job, controller);
    return controller;
  }

  #github(): Contexts {
    const { name, payload = {}, sha = "0".repeat(40), ref = "refs/heads/main" } = this.#event;
    return {
      actor: "ann",
      event: payload,
      event_name: name,
      ref,
      repository: this.#repository.options.name,
      run_id: String(this.#id),
      sha,
      token: this.#repository.token,
      workflow: textOf(valueOf(this.#workflow.keys.find("name"), { contexts: {} })),
    };
  }
}
