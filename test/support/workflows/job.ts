import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import path from "node:path";
import { CommandFiles } from "./command-files.ts";
import { holds, textOf, valueOf, type Scope, type Value } from "./expressions.ts";
import type { Environment, Repository, WorkflowEvent } from "./repository.ts";
import { runShell } from "./shell.ts";
import type { JobPart, Part, WorkflowFile } from "./workflow-file.ts";

type Texts = Readonly<Record<string, string>>;
type Contexts = Readonly<Record<string, Value>>;

export type Conclusion = "success" | "failure" | "cancelled" | "skipped";

export interface StepResult {
  readonly name: string;
  readonly conclusion: Conclusion;
  /** Of a step that ran a shell; `null` where a signal ended it. */
  readonly exitCode?: number | null;
}

export interface JobResult {
  readonly conclusion: Conclusion;
  readonly outputs: Texts;
  /** Markdown. */
  readonly summary: string;
  readonly steps: readonly StepResult[];
  /** What its steps printed, with secrets masked as GitHub does. */
  readonly log: string;
}

export interface JobOptions {
  readonly repository: Repository;
  readonly workflow: WorkflowFile;
  readonly job: JobPart;
  readonly event: WorkflowEvent;
  /** github, vars, needs, inputs, matrix, strategy. */
  readonly contexts: Contexts;
  readonly environment: string | undefined;
  /** For the job's own files. */
  readonly folder: string;
  readonly cancelled: AbortSignal;
  readonly dead: AbortSignal;
  readonly onLog: (text: string) => void;
}

/** A job on a machine of its own, from its first step to its last. */
export class Job {
  readonly #options: JobOptions;
  readonly #settings: Environment;
  readonly #secrets: Texts;
  readonly #steps: Record<string, Value> = {};
  readonly #results: StepResult[] = [];
  readonly #env: Record<string, string> = {};
  readonly #folders: string[] = [];
  readonly #place: { readonly workspace: string; readonly temp: string; readonly event: string };
  #failed = false;
  #summary = "";
  #log = "";

  constructor(options: JobOptions) {
    const { repository, environment, folder } = options;
    this.#options = options;
    this.#settings = repository.environment(environment);
    this.#secrets = { ...repository.options.secrets, ...this.#settings.secrets, GITHUB_TOKEN: repository.token };
    this.#place = {
      workspace: path.join(folder, "work"),
      temp: path.join(folder, "temp"),
      event: path.join(folder, "event.json"),
    };
  }

  async run(): Promise<JobResult> {
    const { workflow, job, event, dead, cancelled } = this.#options;
    const { workspace, temp } = this.#place;
    await Promise.all([workspace, temp].map((each) => mkdir(each, { recursive: true })));
    await writeFile(this.#place.event, JSON.stringify(event.payload ?? {}));
    for (const keys of [workflow.keys, job.keys])
      Object.assign(this.#env, texts(valueOf(keys.find("env"), this.#scope())));
    for (const step of job.steps) {
      if (dead.aborted) break;
      await this.#step(step);
    }
    const ended = this.#failed ? "failure" : "success";
    return {
      conclusion: dead.aborted ? "failure" : cancelled.aborted ? "cancelled" : ended,
      outputs: this.#outputs(),
      summary: this.#summary,
      steps: this.#results,
      log: this.#log,
    };
  }

  async #step({ keys, condition }: Part): Promise<void> {
    const { cancelled } = this.#options;
    const id = textOf(valueOf(keys.find("id"), this.#scope()));
    const name = textOf(valueOf(keys.find("name") ?? keys.find("uses") ?? keys.find("run"), this.#scope()));
    const status = { succeeded: !this.#failed, failed: this.#failed, cancelled: cancelled.aborted };
    if (!holds(condition, { ...this.#scope(), status })) {
      this.#record(id, { name, conclusion: "skipped" }, {});
      return;
    }
    const env = { ...this.#env, ...texts(valueOf(keys.find("env"), this.#scope())) };
    const scope = this.#scope(env);
    this.#print(`== ${name}\n`);
    try {
      if (keys.find("uses") !== undefined)
        this.#record(id, { name, conclusion: "success" }, await this.#use(keys, scope, env));
      else await this.#shell({ keys, id, name, scope, env });
    } catch (error) {
      this.#print(`${(error as Error).message}\n`);
      this.#record(id, { name, conclusion: "failure" }, {});
    }
  }

  async #shell(step: {
    readonly keys: Part["keys"];
    readonly id: string;
    readonly name: string;
    readonly scope: Scope;
    readonly env: Texts;
  }): Promise<void> {
    const { keys, id, name, scope, env } = step;
    const { workflow, job, cancelled, dead } = this.#options;
    const files = await CommandFiles.create(this.#place.temp);
    const shell = [keys, job.keys, workflow.keys]
      .map((part) => (part === keys ? part.find("shell") : defaultShell(part)))
      .find((token) => token !== undefined);
    const exitCode = await runShell({
      script: textOf(valueOf(keys.find("run"), scope)),
      shell: shell === undefined ? undefined : textOf(valueOf(shell, scope)),
      env: { ...this.#machine(), ...env, ...files.variables },
      workspace: this.#place.workspace,
      folder: await mkdtemp(path.join(this.#place.temp, "script-")),
      // A step that runs although the run was cancelled is not cancelled again.
      cancelled: cancelled.aborted ? new AbortController().signal : cancelled,
      dead,
      onOutput: (text) => {
        this.#print(text);
      },
    });
    const words = await files.read();
    Object.assign(this.#env, words.env);
    this.#folders.unshift(...words.path);
    this.#summary += this.#masked(words.summary);
    this.#record(id, { name, conclusion: exitCode === 0 ? "success" : "failure", exitCode }, words.outputs);
  }

  async #use(keys: Part["keys"], scope: Scope, env: Texts): Promise<Texts> {
    const uses = textOf(valueOf(keys.find("uses"), scope));
    const [, name = "", commit = ""] = /^([^@]+)@([0-9a-f]{40})$/.exec(uses) ?? [];
    const play = this.#options.repository.options.actions[name];
    if (play === undefined || commit === "") throw new Error(`nobody plays the action ${uses}`);
    const inputs = texts(valueOf(keys.find("with"), scope));
    return play({ inputs, env, environment: this.#options.environment, workspace: this.#place.workspace });
  }

  #record(id: string, result: StepResult, outputs: Texts): void {
    this.#results.push(result);
    if (result.conclusion === "failure") this.#failed = true;
    if (id !== "") this.#steps[id] = { outputs, conclusion: result.conclusion, outcome: result.conclusion };
  }

  #scope(env: Texts = this.#env): Scope {
    const { contexts, repository } = this.#options;
    return {
      contexts: {
        ...contexts,
        vars: { ...repository.options.variables, ...this.#settings.variables },
        secrets: this.#secrets,
        env,
        steps: this.#steps,
        job: { status: this.#failed ? "failure" : "success" },
        runner: { os: "Linux", temp: this.#place.temp },
      },
    };
  }

  /** What every process of the job gets; nothing of this process's own. */
  #machine(): Texts {
    const { repository, job, contexts } = this.#options;
    const { machine, apiUrl = "https://api.github.invalid", identityUrl } = repository.options;
    const github = texts(contexts.github ?? null);
    const permissions = texts(valueOf(job.keys.find("permissions"), this.#scope()));
    return {
      PATH: [...this.#folders, machine.path].join(path.delimiter),
      HOME: machine.home,
      CI: "true",
      GITHUB_ACTIONS: "true",
      GITHUB_API_URL: apiUrl,
      GITHUB_SERVER_URL: "https://github.com",
      GITHUB_EVENT_PATH: this.#place.event,
      GITHUB_WORKSPACE: this.#place.workspace,
      RUNNER_TEMP: this.#place.temp,
      RUNNER_OS: "Linux",
      ...Object.fromEntries(
        ["actor", "event_name", "job", "ref", "repository", "run_id", "sha", "workflow"].map((name) => [
          `GITHUB_${name.toUpperCase()}`,
          github[name] ?? "",
        ]),
      ),
      ...(permissions["id-token"] === "write" && identityUrl !== undefined
        ? { ACTIONS_ID_TOKEN_REQUEST_URL: identityUrl, ACTIONS_ID_TOKEN_REQUEST_TOKEN: "an-identity-request" }
        : {}),
    };
  }

  /** GitHub leaves an output out that holds a secret's value. */
  #outputs(): Texts {
    const all = Object.entries(texts(valueOf(this.#options.job.keys.find("outputs"), this.#scope())));
    return Object.fromEntries(all.filter(([, value]) => this.#masked(value) === value));
  }

  #masked(text: string): string {
    return Object.values(this.#secrets)
      .filter((secret) => secret !== "")
      .reduce((masked, secret) => masked.replaceAll(secret, "***"), text);
  }

  #print(text: string): void {
    const masked = this.#masked(text);
    this.#log += masked;
    this.#options.onLog(masked);
  }
}

function defaultShell(keys: Part["keys"]): ReturnType<Part["keys"]["find"]> {
  return keys.find("defaults")?.assertMapping("defaults").find("run")?.assertMapping("run").find("shell");
}

/** A mapping whose values are written as texts. */
function texts(value: Value): Record<string, string> {
  if (value === null) return {};
  return Object.fromEntries(
    Object.entries(value as Readonly<Record<string, Value>>).map(([key, each]) => [key, textOf(each)]),
  );
}
