import { PlayedActions, type Build } from "../support/workflows/played-actions.ts";
import { RecordedCommands } from "../support/workflows/recorded-commands.ts";
import { Repository, type Environment } from "../support/workflows/repository.ts";

/** Where bash and what scripts call are, without anything of the project's. */
const machinePath = "/usr/bin:/bin";

export const digests = { atom: `sha256:${"a".repeat(64)}`, "atom-delivery": `sha256:${"d".repeat(64)}` } as const;

/** The line that runs a group of tests. */
export function tests(group: string): string {
  return `sudo --preserve-env=CI,GITHUB_ACTIONS env npm test -- --only ${group}`;
}

function environment(name: string, values: Environment = {}): Environment {
  const upper = name.toUpperCase();
  return {
    ...values,
    secrets: {
      [`KUBECONFIG_${upper}`]: `kubeconfig of ${name}`,
      [`${upper}_URL`]: `https://${name}.test`,
      ...{ REGISTRY_USERNAME: "robot", REGISTRY_PASSWORD: `registry password of ${name}` },
      ...{ SLACK_WEBHOOK_URL: `https://hooks.test/${name}`, PULUMI_CONFIG_PASSPHRASE: `passphrase of ${name}` },
      ...values.secrets,
    },
    variables: { PULUMI_BACKEND_URL: `s3://state-${name}`, ...values.variables },
  };
}

/** A repository as .github/workflows/README.md sets one up, on a machine where the project's commands are recorded and not run. */
export class World implements AsyncDisposable {
  readonly commands: RecordedCommands;
  readonly actions = new PlayedActions({ digestOf: digestOf });
  readonly repository: Repository;

  private constructor(commands: RecordedCommands, environments: Readonly<Record<string, Environment>>) {
    this.commands = commands;
    this.repository = new Repository({
      name: "example/atom",
      machine: { path: `${commands.folder}:${machinePath}`, home: "/nonexistent" },
      variables: { REGISTRY: "registry.test" },
      environments: {
        staging: environment("staging"),
        production: environment("production", { reviewed: true }),
        preview: environment("preview", {
          secrets: { KUBECONFIG_STAGING: "kubeconfig of staging", KUBECONFIG_PRODUCTION: "kubeconfig of production" },
        }),
        ...environments,
      },
      actions: this.actions.byName,
    });
  }

  static async create(environments: Readonly<Record<string, Environment>> = {}): Promise<World> {
    return new World(await RecordedCommands.create("npm", "cosign", "sudo"), environments);
  }

  /** The lines of the commands that were run, in order, without what root is told of this machine. */
  async lines(): Promise<readonly string[]> {
    return (await this.commands.all()).map(({ line }) => line.replace(/ PATH=\S+ HOME=\S+/, ""));
  }

  /** The variables of the command whose line begins so. */
  async envOf(start: string): Promise<Readonly<Record<string, string>>> {
    const found = (await this.commands.all()).find(({ line }) => line.startsWith(start));
    if (found === undefined) throw new Error(`no step ran "${start}"`);
    return found.env;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.commands[Symbol.asyncDispose]();
  }
}

function digestOf({ file = "" }: Build): string {
  return file.startsWith("service/") ? digests.atom : digests["atom-delivery"];
}
