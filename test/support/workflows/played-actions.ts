import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import path from "node:path";
import type { ActionCall, PlayedAction } from "./repository.ts";
import { projectRoot } from "./workflow-file.ts";

/** How an image was built. */
export type Build = Readonly<Record<string, string>>;

/** The actions that the project's workflows use, played. */
export class PlayedActions {
  readonly builds: Build[] = [];
  readonly logins: Build[] = [];
  readonly #checkOut: (call: ActionCall) => Promise<void>;
  readonly #digestOf: (build: Build) => string;

  /**
   * @param options.checkOut puts the source into a workspace @default the workflows' scripts alone
   * @param options.digestOf the digest of what a build pushes
   */
  constructor({
    checkOut = checkOutScripts,
    digestOf,
  }: {
    readonly checkOut?: (call: ActionCall) => Promise<void>;
    readonly digestOf: (build: Build) => string;
  }) {
    this.#checkOut = checkOut;
    this.#digestOf = digestOf;
  }

  get byName(): Readonly<Record<string, PlayedAction>> {
    return {
      "actions/checkout": async (call) => {
        assert.equal(call.inputs["persist-credentials"], "false");
        await this.#checkOut(call);
        return {};
      },
      "actions/setup-node": ({ inputs }) => {
        assert.equal(inputs["node-version"], "24");
        return {};
      },
      "actions/setup-go": ({ inputs }) => {
        assert.match(inputs["go-version"] ?? "", /^1\./);
        return {};
      },
      "docker/setup-buildx-action": () => ({}),
      "docker/login-action": ({ inputs }) => {
        this.logins.push(inputs);
        return {};
      },
      "sigstore/cosign-installer": () => ({}),
      "docker/build-push-action": ({ inputs }) => {
        this.builds.push(inputs);
        return inputs.push === "true" ? { digest: this.#digestOf(inputs) } : {};
      },
    };
  }
}

/** What the steps' shells need of the repository. */
export async function checkOutScripts({ workspace }: Pick<ActionCall, "workspace">): Promise<void> {
  await cp(path.join(projectRoot, ".github"), path.join(workspace, ".github"), { recursive: true });
}
