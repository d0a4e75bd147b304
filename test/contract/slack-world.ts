import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { LocalWorkspace, type EngineEvent, type Stack } from "@pulumi/pulumi/automation/index.js";
import { Provider } from "@pulumi/slack";
import { connectAnew } from "../../infra/engine-connections.ts";
import { leaveOutReport, pulumiCommandAt } from "../../infra/pulumi-cli.ts";
import { dynamicProviderFolders } from "../../platform/local/dynamic-provider.ts";
import { silentReporter } from "../../platform/progress.ts";
import { ensureTools, type Toolchain } from "../../platform/toolchain/ensure.ts";
import { SlackStandIn } from "../support/slack/stand-in.ts";

const root = path.join(import.meta.dirname, "..", "..");
const PROJECT = "slack-contract";

/** What an operation did, and what a person saw of it. */
export interface Outcome {
  /** How many resources of each operation; those that stayed as they are do not count. */
  readonly changes: Readonly<Record<string, number>>;
  readonly output: string;
}

/** A program as a test writes it: what it declares gets the given provider. */
export type Program = (provider: Provider) => void;

type Operation = (options: {
  onEvent: (event: EngineEvent) => void;
  onOutput: (text: string) => void;
  onError: (text: string) => void;
}) => Promise<unknown>;

/** One stack that the real engine runs, against a Slack that is played. */
export class SlackWorld implements AsyncDisposable {
  readonly slack: SlackStandIn;
  /** Every token that the provider was given; the last one counts. */
  readonly tokens: string[];
  /** Everything that the engine and the provider have written so far. */
  transcript = "";
  readonly #stack: Stack;
  readonly #folder: string;

  private constructor(slack: SlackStandIn, stack: Stack, folder: string) {
    this.slack = slack;
    this.tokens = [slack.token];
    this.#stack = stack;
    this.#folder = folder;
  }

  /** Brings the engine, which takes minutes on a bare machine. */
  static prepare(): Promise<Toolchain> {
    return ensureTools(["pulumi"], { reporter: silentReporter });
  }

  static async create(): Promise<SlackWorld> {
    connectAnew();
    const pulumi = (await SlackWorld.prepare()).path("pulumi");
    const folder = mkdtempSync(path.join(tmpdir(), "atom-slack-"));
    // The provider's process starts in the project's folder, and imports what it needs from there.
    symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
    mkdirSync(path.join(folder, "state"));
    const stack = await LocalWorkspace.createStack(
      { stackName: "test", projectName: PROJECT, program: () => Promise.resolve() },
      {
        workDir: folder,
        pulumiCommand: await pulumiCommandAt(pulumi),
        projectSettings: { name: PROJECT, runtime: "nodejs", backend: { url: `file://${folder}/state` } },
        envVars: {
          PATH: [...(await dynamicProviderFolders(pulumi)), process.env.PATH ?? ""].join(path.delimiter),
          PULUMI_HOME: path.join(folder, "home"),
          PULUMI_CONFIG_PASSPHRASE: "contract",
          PULUMI_SKIP_UPDATE_CHECK: "true",
        },
      },
    );
    leaveOutReport(stack);
    return new SlackWorld(await SlackStandIn.start(), stack, folder);
  }

  /** Gives the provider another token from now on. */
  useToken(token: string): void {
    this.tokens.push(token);
  }

  up(program: Program): Promise<Outcome> {
    return this.#run(program, (options) => this.#stack.up(options));
  }

  preview(program: Program): Promise<Outcome> {
    return this.#run(program, (options) => this.#stack.preview(options));
  }

  refresh(): Promise<Outcome> {
    return this.#run(undefined, (options) => this.#stack.refresh(options));
  }

  destroy(): Promise<Outcome> {
    return this.#run(undefined, (options) => this.#stack.destroy(options));
  }

  /** The text of the state as it lies on disk. */
  state(): string {
    return readFileSync(path.join(this.#folder, "state/.pulumi/stacks", PROJECT, "test.json"), "utf8");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.slack[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #run(program: Program | undefined, operate: Operation): Promise<Outcome> {
    this.#stack.workspace.program = () => {
      program?.(new Provider("slack", { token: this.tokens.at(-1) ?? "", baseUrl: this.slack.apiUrl }));
      return Promise.resolve();
    };
    const events: EngineEvent[] = [];
    let output = "";
    const onOutput = (text: string) => {
      output += text;
      this.transcript += text;
    };
    await operate({ onEvent: (event) => events.push(event), onOutput, onError: onOutput });
    const summary = events.findLast(({ summaryEvent }) => summaryEvent !== undefined)?.summaryEvent?.resourceChanges;
    const changes = Object.entries(summary ?? {}).filter(([operation, count]) => operation !== "same" && count > 0);
    return { changes: Object.fromEntries(changes), output };
  }
}
