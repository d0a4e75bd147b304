import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { localSmokeUser } from "../../../platform/local/engine-environment.ts";
import { sharedCluster } from "../../support/cluster.ts";
import { checkOutScripts, PlayedActions } from "../../support/workflows/played-actions.ts";
import { Repository, type ActionCall, type Environment } from "../../support/workflows/repository.ts";
import { projectRoot } from "../../support/workflows/workflow-file.ts";
import { PushedImages, type Digests } from "./pushed-images.ts";
import { quickRelease, ReleaseStack, type ReleaseSettings } from "./release-stack.ts";
import { atom, type Setting } from "./test-stack.ts";

const registry = "atom.local";
const folders = ["bin", "infra", "stacks", "components", "delivery", "platform", "policies", "sdks", "service"];

/** One step is enough to be taken back at, or to be released by; without users' requests a release stays there. */
const release: ReleaseSettings = {
  ...quickRelease,
  noData: { policy: "rollback", deadline: "10m" },
  steps: [
    { weight: 50, wait: "2s" },
    { weight: 100, wait: "2s" },
  ],
  inCluster: { image: "atom.local/atom-delivery:0.1.0" },
};

/** As in Pulumi.staging.yaml: the releaser takes STAGING_URL for the way in. */
const stagingSettings: readonly Setting[] = [
  [["atom:environment"], "staging"],
  [atom("imagePullPolicy"), "IfNotPresent"],
];

type Stack = "staging" | "production";

/** The stand-in of the Kubernetes plugin refuses stacks that are named as those of users. */
const stackOf = { staging: "as-staging", production: "as-production" } as const;

/**
 * Two stacks in the embedded cluster, and a repository whose workflows take them for `staging` and `production`, and reach them as GitHub's would:
 * by nothing but the secrets and variables of its environments. Commands that have tests of their own (`npm ci`, `npm run check`,
 * `npm test`, by `sudo`, and `cosign`) do nothing here.
 */
export class WorkflowWorld implements AsyncDisposable {
  readonly staging: ReleaseStack;
  readonly production: ReleaseStack;
  readonly repository: Repository;
  readonly #images: PushedImages;
  readonly #commands: string;
  /** What the next build pushes. */
  #digests: Digests = { service: "", delivery: "" };

  private constructor(parts: Parts) {
    this.staging = parts.staging;
    this.production = parts.production;
    this.#images = parts.images;
    this.#commands = parts.commands;
    const actions = new PlayedActions({
      checkOut: (call) => this.#checkOut(call),
      digestOf: ({ target }) => (target === "service" ? this.#digests.service : this.#digests.delivery),
    });
    this.repository = new Repository({
      name: "example/atom",
      machine: { path: [parts.commands, this.staging.stack.env.PATH ?? ""].join(path.delimiter), home: homedir() },
      variables: { REGISTRY: registry },
      environments: parts.environments,
      actions: actions.byName,
    });
  }

  static async create(): Promise<WorkflowWorld> {
    await using undo = new AsyncDisposableStack();
    const images = undo.use(await PushedImages.create(await sharedCluster(), registry));
    const commands = await mkdtemp(path.join(tmpdir(), "atom-workflow-commands-"));
    undo.defer(() => rm(commands, { recursive: true }));
    await writeCommands(commands);
    const staging = undo.use(await createStack("staging"));
    const production = undo.use(await createStack("production"));
    const environments = {
      staging: await environmentOf("staging", staging),
      production: { ...(await environmentOf("production", production)), reviewed: true },
    };
    const world = new WorkflowWorld({ staging, production, images, commands, environments });
    undo.move();
    return world;
  }

  /** Has the next run build a version that was never there before; resolves to its digest. @param faults what it does to users */
  async nextVersion(faults: object = {}): Promise<string> {
    this.#digests = await this.#images.push(faults);
    return this.#digests.service;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      [this.staging, this.production].map(async (stack) => {
        // The state still leads to the cluster by the last job's kubeconfig.
        await stack.stack.run("up");
        await stack[Symbol.asyncDispose]();
      }),
    );
    await rm(this.#commands, { recursive: true });
    await this.#images[Symbol.asyncDispose]();
  }

  /** The project as the environment's stack has it configured. */
  async #checkOut({ workspace, environment }: ActionCall): Promise<void> {
    await checkOutScripts({ workspace });
    for (const part of [...folders, "node_modules", "package.json"])
      await symlink(path.join(projectRoot, part), path.join(workspace, part));
    const stack = environment === "production" ? this.production : this.staging;
    for (const file of ["Pulumi.yaml", `Pulumi.${stack.stack.name}.yaml`])
      await cp(path.join(stack.stack.folder, file), path.join(workspace, file));
  }
}

interface Parts {
  readonly staging: ReleaseStack;
  readonly production: ReleaseStack;
  readonly images: PushedImages;
  /** The folder of the commands that are played. */
  readonly commands: string;
  readonly environments: Readonly<Record<Stack, Environment>>;
}

async function createStack(name: Stack): Promise<ReleaseStack> {
  const { context } = (await sharedCluster()).cluster;
  return ReleaseStack.create(
    stackOf[name],
    // Only a kubeconfig that a workflow writes leads to the cluster.
    [["atom:cluster"], { context }],
    // A policy lets nothing be production that has no reviewers in GitHub.
    ...(name === "staging" ? stagingSettings : []),
    [["atom:release"], release],
  );
}

async function environmentOf(environment: Stack, { stack }: ReleaseStack): Promise<Environment> {
  const { cluster } = stack.shared;
  const name = environment.toUpperCase();
  return {
    secrets: {
      [`KUBECONFIG_${name}`]: await readFile(cluster.kubeconfig, "utf8"),
      [`${name}_URL`]: cluster.gatewayUrl,
      PROMETHEUS_URL: cluster.prometheusUrl,
      PULUMI_CONFIG_PASSPHRASE: stack.env.PULUMI_CONFIG_PASSPHRASE ?? "",
      ...{ SMOKE_TEST_USERNAME: localSmokeUser.username, SMOKE_TEST_PASSWORD: localSmokeUser.password },
      ...{ REGISTRY_USERNAME: "robot", REGISTRY_PASSWORD: "a password" },
    },
    variables: { PULUMI_BACKEND_URL: stack.env.PULUMI_BACKEND_URL ?? "" },
  };
}

/** `npm run --silent atom` is what it is on every machine, for the embedded stacks; the other commands do nothing. */
async function writeCommands(folder: string): Promise<void> {
  const { stdout } = await promisify(execFile)("bash", ["-c", "type -P npm"]);
  const npm = `#!/usr/bin/env bash
[[ "$*" == "run --silent atom -- "* ]] || exit 0
words=()
for word in "$@"; do
  case "$word" in ${Object.entries(stackOf)
    .map(([name, stack]) => `${name}) word=${stack} ;;`)
    .join(" ")} esac
  words+=("$word")
done
exec ${stdout.trim()} "\${words[@]}"
`;
  await writeFile(path.join(folder, "npm"), npm, { mode: 0o755 });
  for (const idle of ["cosign", "sudo"])
    await writeFile(path.join(folder, idle), "#!/usr/bin/env bash\n", { mode: 0o755 });
}
