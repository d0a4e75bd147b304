// The policy pack as the real engine runs it, in the stack command of this repository: what violates a policy is refused, by its name.
import assert from "node:assert/strict";
import { cp, mkdtemp } from "node:fs/promises";
import path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { StackCommandError } from "../../infra/engine-errors.ts";
import { stackCommand, type StackCommandName } from "../../infra/engine.ts";
import { CONTEXT, controlPlane, FIRST_START_MS, type ControlPlane } from "../support/control-plane.ts";
import { ENGINE_MS, pluginFolder } from "./engine.ts";

const root = path.join(import.meta.dirname, "..", "..");

/** What a program declares, in a cluster if it asks for one. */
type Declare = (cluster: () => pulumi.CustomResourceOptions) => void;

/** A stack with nothing in it but what a test declares, in a project folder of its own. */
class PolicedStack {
  readonly #plane: ControlPlane;
  readonly #folder: string;
  readonly #stack: string;

  private constructor(plane: ControlPlane, folder: string, stack: string) {
    this.#plane = plane;
    this.#folder = folder;
    this.#stack = stack;
  }

  static async create(stack = "local"): Promise<PolicedStack> {
    const plane = await controlPlane();
    const folder = await mkdtemp(path.join(plane.folder, "policed-"));
    for (const file of ["Pulumi.yaml", "infra/index.ts"]) await cp(path.join(root, file), path.join(folder, file));
    return new PolicedStack(plane, folder, stack);
  }

  /** Resolves with what a person saw. */
  async run(command: StackCommandName, declare: Declare): Promise<string> {
    let output = "";
    const access = { kubeconfig: this.#plane.kubeconfig, context: CONTEXT };
    await stackCommand({
      command,
      stack: this.#stack,
      workDir: this.#folder,
      pulumi: this.#plane.toolchain.path("pulumi"),
      onOutput: (text) => (output += text),
      program: () => () => {
        declare(() => ({ provider: new k8s.Provider("cluster", access) }));
        return Promise.resolve({});
      },
      env: {
        PATH: `${pluginFolder(this.#plane.folder)}${path.delimiter}${process.env.PATH ?? ""}`,
        PULUMI_BACKEND_URL: `file://${this.#folder}`,
        PULUMI_HOME: path.join(this.#folder, "home"),
        PULUMI_CONFIG_PASSPHRASE: "policies",
        KUBECONFIG: "/dev/null",
      },
    });
    return output;
  }

  /** What the command is refused with. */
  async refused(command: StackCommandName, declare: Declare): Promise<string> {
    const error = await this.run(command, declare).then(
      () => undefined,
      (error: unknown) => error,
    );
    assert.ok(error instanceof StackCommandError, String(error));
    return error.message;
  }

  async exists(resource: string): Promise<boolean> {
    const words = ["get", resource, "--namespace", "default", "--ignore-not-found", "--output", "name"];
    return (await this.#plane.kubectl.run(words)).trim() !== "";
  }
}

const restricted = { "pod-security.kubernetes.io/enforce": "restricted" };

function namespace(name: string, labels: Readonly<Record<string, string>>): Declare {
  return (cluster) => new k8s.core.v1.Namespace(name, { metadata: { name, labels } }, cluster());
}

function configMap(name: string, data: Readonly<Record<string, pulumi.Input<string>>>): Declare {
  return (cluster) => new k8s.core.v1.ConfigMap(name, { metadata: { name, namespace: "default" }, data }, cluster());
}

describe("the policy pack", function () {
  this.timeout(ENGINE_MS);

  before(async function () {
    this.timeout(FIRST_START_MS);
    await controlPlane();
  });

  for (const command of ["preview", "up"] as const)
    it(`makes ${command} refuse what violates a policy, by the policy's name, and nothing is made of it`, async () => {
      const stack = await PolicedStack.create();
      const name = `policed-${command}`;
      assert.equal(
        await stack.refused(command, namespace(name, {})),
        `\`${command}\` of the stack "local" failed:\n  policy restricted-namespaces (kubernetes:core/v1:Namespace: ${name}): ` +
          "It must have the label pod-security.kubernetes.io/enforce: restricted, and has none.",
      );
      assert.equal(await stack.exists(`namespace/${name}`), false);
    });

  it("lets through what violates none, and says that it was asked", async () => {
    const stack = await PolicedStack.create();
    const output = await stack.run("up", namespace("policed", restricted));
    assert.match(output, /Policies:\n +✅ atom@v/);
    assert.equal(await stack.exists("namespace/policed"), true);
  });

  it("sees secrets through the engine's marks, and what is repeated elsewhere, but never prints them", async () => {
    const stack = await PolicedStack.create();
    const held = "correct-horse-battery-staple";
    const said = await stack.refused("preview", configMap("policed-secret", { password: pulumi.secret(held) }));
    assert.match(
      said,
      /policy plain-secrets \(kubernetes:core\/v1:ConfigMap: policed-secret\): data\.password, called password, /,
    );
    const repeated = await stack.refused("preview", (cluster) => {
      const options = cluster();
      const metadata = { name: "policed-holder", namespace: "default" };
      new k8s.core.v1.Secret("policed-holder", { metadata, stringData: { word: pulumi.secret(held) } }, options);
      configMap("policed-repeated", { notes: pulumi.secret(`it is ${held}`) })(() => options);
    });
    assert.match(
      repeated,
      /policy repeated-secrets \(kubernetes:core\/v1:ConfigMap: policed-repeated\): data\.notes shows /,
    );
    assert.doesNotMatch(`${said}${repeated}`, new RegExp(held));
  });

  it("reads what the program ignores, and what a preview cannot know yet", async () => {
    const stack = await PolicedStack.create();
    const ledger = (ignoreChanges: string[]): Declare => {
      return (cluster) => {
        const options = cluster();
        const first = new k8s.core.v1.ConfigMap("policed-first", { metadata: { namespace: "default" } }, options);
        configMap("policed-ledger", { "ledger.json": "{}", later: first.metadata.uid })(() => ({
          ...options,
          ignoreChanges,
        }));
      };
    };
    assert.match(await stack.refused("preview", ledger([])), /policy releaser-fields .*data belongs to the releaser/);
    const output = await stack.run("preview", ledger(["data"]));
    assert.doesNotMatch(output, /can't run policy/);
  });

  it("refuses a production that GitHub's reviewers do not guard", async () => {
    const stack = await PolicedStack.create("production");
    const nothing: Declare = () => undefined;
    assert.equal(
      await stack.refused("preview", nothing),
      '`preview` of the stack "production" failed:\n  policy production-reviewers (pulumi:pulumi:Stack: atom-production): ' +
        "The stack has no GitHub environment. Name its reviewers in atom:github.",
    );
  });
});
