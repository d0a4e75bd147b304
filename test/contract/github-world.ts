import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { LocalWorkspace, type EngineEvent, type Stack } from "@pulumi/pulumi/automation/index.js";
import { parseStackConfig } from "../../infra/config/parse.ts";
import { readStackFile } from "../../infra/config/stack-file.ts";
import { connectAnew } from "../../infra/engine-connections.ts";
import { leaveOutReport, pulumiCommandAt } from "../../infra/pulumi-cli.ts";
import { githubOfStack } from "../../infra/github.ts";
import { silentReporter } from "../../platform/progress.ts";
import { ensureTools, type Toolchain } from "../../platform/toolchain/ensure.ts";
import { declareGithub } from "../../stacks/github.ts";
import { GithubStandIn } from "../support/github/stand-in.ts";
import { serveGithubProvider } from "../support/github-provider/serve.ts";

const root = path.join(import.meta.dirname, "..", "..");
const PROJECT = "github-contract";
const STACK = "production";
/** Which plugin the contract is tested on: that of this path, or ours. */
const official = process.env.ATOM_GITHUB_PLUGIN ?? "";
/** The engine looks for a plugin that is installed, also where it attaches itself to one. */
const STAND_IN = path.join(root, "test/support/github-provider/bin/pulumi-resource-github");

/** What an operation did, and what a person saw of it. */
export interface Outcome {
  /** What was done to each resource that did not stay as it is: `update github-secret-GRAFANA_API_KEY`. Components and providers do not count. */
  readonly steps: readonly string[];
  /** How many resources of each operation, for a refresh: `{ update: 1 }`. */
  readonly changes: Readonly<Record<string, number>>;
  readonly notes: readonly string[];
}

/** The section for GitHub, as a stack's file has it. */
export type Section = Readonly<Record<string, unknown>>;

type Operation = (options: {
  onEvent: (event: EngineEvent) => void;
  onOutput: (text: string) => void;
  onError: (text: string) => void;
}) => Promise<unknown>;

/** The program's part at GitHub for the stack `production`, run by the real engine against a GitHub that is played. */
export class GithubWorld implements AsyncDisposable {
  readonly github: GithubStandIn;
  /** Values of the stack's secrets, by key of its configuration; a test may change them. */
  readonly secrets: Record<string, string>;
  /** Every value that a secret ever had. */
  readonly secretValues = new Set<string>();
  /** Everything that the engine and the provider have written so far. */
  transcript = "";
  readonly #stack: Stack;
  readonly #folder: string;

  private constructor(github: GithubStandIn, stack: Stack, folder: string) {
    this.github = github;
    this.#stack = stack;
    this.#folder = folder;
    this.secrets = {
      githubToken: github.token,
      kubeconfig: "kubeconfig-of-the-stack",
      registryUsername: "robot-of-the-registry",
      registryPassword: "password-of-the-registry",
      smokeTestPassword: "password-of-the-smoke-test",
      grafanaApiKey: "key-of-grafana",
      slackWebhookUrl: "https://hooks.slack.test/usual",
      slackWebhookCritical: "https://hooks.slack.test/critical",
    };
  }

  /** Brings the engine, which takes minutes on a bare machine. */
  static prepare(): Promise<Toolchain> {
    return ensureTools(["pulumi"], { reporter: silentReporter });
  }

  static async create(): Promise<GithubWorld> {
    connectAnew();
    const pulumi = (await GithubWorld.prepare()).path("pulumi");
    const folder = mkdtempSync(path.join(tmpdir(), "atom-github-"));
    for (const name of ["state", "plugin"]) mkdirSync(path.join(folder, name));
    symlinkSync(
      official === "" ? STAND_IN : path.resolve(official),
      path.join(folder, "plugin/pulumi-resource-github"),
    );
    const stack = await LocalWorkspace.createStack(
      { stackName: STACK, projectName: PROJECT, program: () => Promise.resolve() },
      {
        workDir: folder,
        pulumiCommand: await pulumiCommandAt(pulumi),
        projectSettings: { name: PROJECT, runtime: "nodejs", backend: { url: `file://${folder}/state` } },
        envVars: {
          PATH: [path.join(folder, "plugin"), process.env.PATH ?? ""].join(path.delimiter),
          PULUMI_HOME: path.join(folder, "home"),
          PULUMI_CONFIG_PASSPHRASE: "contract",
          PULUMI_SKIP_UPDATE_CHECK: "true",
        },
      },
    );
    leaveOutReport(stack);
    return new GithubWorld(await GithubStandIn.start(), stack, folder);
  }

  up(section: Section): Promise<Outcome> {
    return this.#run(section, (options) => this.#stack.up(options));
  }

  preview(section: Section): Promise<Outcome> {
    return this.#run(section, (options) => this.#stack.preview(options));
  }

  refresh(): Promise<Outcome> {
    return this.#run(undefined, (options) => this.#stack.refresh(options));
  }

  destroy(): Promise<Outcome> {
    return this.#run(undefined, (options) => this.#stack.destroy(options));
  }

  /** The text of the state as it lies on disk. */
  state(): string {
    return readFileSync(path.join(this.#folder, "state/.pulumi/stacks", PROJECT, `${STACK}.json`), "utf8");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.github[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #run(section: Section | undefined, operate: Operation): Promise<Outcome> {
    const notes: string[] = [];
    for (const value of Object.values(this.secrets)) this.secretValues.add(value);
    this.#stack.workspace.program = async () => {
      if (section !== undefined) notes.push(...(await this.#declare(section)));
    };
    const steps: string[] = [];
    let changes: Readonly<Record<string, number>> = {};
    const onOutput = (text: string) => {
      this.transcript += text;
    };
    const onEvent = ({ resourcePreEvent: event, summaryEvent }: EngineEvent) => {
      changes = summaryEvent?.resourceChanges ?? changes;
      const { op = "same", type = "", urn = "" } = event?.metadata ?? {};
      if (op === "same" || op === "refresh" || !type.startsWith("github:")) return;
      steps.push(`${op} ${urn.split("::").at(-1) ?? ""}`);
    };
    // The engine attaches itself to our double over the protocol of plugins: a process would have a second of work with its start.
    using provider = official === "" ? await serveGithubProvider() : undefined;
    if (provider !== undefined) this.#stack.workspace.envVars.PULUMI_DEBUG_PROVIDERS = `github:${provider.port}`;
    try {
      await operate({ onEvent, onOutput, onError: onOutput });
    } catch (error) {
      this.transcript += String(error);
      throw error;
    }
    const counted = Object.entries(changes).filter(([operation, count]) => operation !== "same" && count > 0);
    return { steps: steps.sort(), changes: Object.fromEntries(counted), notes };
  }

  /** What the program does with the section, and the rest of the stack's file as it is. */
  async #declare(section: Section): Promise<readonly string[]> {
    const file = await readStackFile(root, STACK);
    const values = { ...file.values, github: { ...section, apiUrl: this.github.apiUrl } };
    const config = parseStackConfig(STACK, { ...file, values }, { requireSecrets: false });
    const secrets = Object.fromEntries(
      Object.entries(this.secrets).map(([key, value]) => [key, pulumi.secret(value)] as const),
    );
    const github = await githubOfStack({ stack: STACK, config, secrets, env: {} });
    if (github === undefined) return [];
    declareGithub(github.args, { providers: [github.provider] });
    return github.notes;
  }
}
