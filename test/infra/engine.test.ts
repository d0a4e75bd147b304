import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { ClusterContextError } from "../../infra/cluster/errors.ts";
import { ConfigError } from "../../infra/config/error.ts";
import {
  StackAbsentError,
  StackCommandError,
  StackInterruptedError,
  StackLockedError,
} from "../../infra/engine-errors.ts";
import { stackCommand, type StackCommandOptions, type StackCommandResult } from "../../infra/engine.ts";
import { silentReporter } from "../../platform/progress.ts";
import { ensureTools } from "../../platform/toolchain/ensure.ts";
import { committed, root } from "./config/stacks.ts";
import "./pulumi-globals.ts";

/** The real engine on a project folder, state and home of one test's own; the program needs no plugin. */
class Project implements AsyncDisposable {
  readonly folder: string;
  readonly #pulumi: string;

  private constructor(folder: string, executable: string) {
    this.folder = folder;
    this.#pulumi = executable;
  }

  static async create(executable: string): Promise<Project> {
    const folder = await mkdtemp(path.join(tmpdir(), "engine-"));
    for (const file of ["Pulumi.yaml", "Pulumi.local.yaml", "Pulumi.staging.yaml"])
      await cp(path.join(root, file), path.join(folder, file));
    await cp(path.join(root, "infra", "index.ts"), path.join(folder, "infra", "index.ts"));
    return new Project(folder, executable);
  }

  run(
    command: StackCommandOptions["command"],
    options: Partial<StackCommandOptions> = {},
  ): Promise<StackCommandResult> {
    return stackCommand({
      command,
      stack: "local",
      workDir: this.folder,
      pulumi: this.#pulumi,
      program: component,
      ...options,
      env: {
        PULUMI_BACKEND_URL: `file://${this.folder}`,
        PULUMI_HOME: path.join(this.folder, "home"),
        PULUMI_CONFIG_PASSPHRASE: "atom-local",
        KUBECONFIG: path.join(this.folder, "no-kubeconfig"),
        ...options.env,
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A program with one component, that has something to say. */
const component: NonNullable<StackCommandOptions["program"]> = () => () => {
  new pulumi.ComponentResource("test:index:Component", "component");
  return Promise.resolve({ notes: ["a note"], token: pulumi.secret("hidden") });
};

describe("a stack command", function () {
  this.timeout(180_000);
  let executable: string;

  before(async function () {
    // On a bare machine the CLI is built first.
    this.timeout(20 * 60_000);
    executable = (await ensureTools(["pulumi"], { reporter: silentReporter })).path("pulumi");
  });

  it("previews, makes, refreshes and removes a stack, and says what changes", async () => {
    await using project = await Project.create(executable);
    let output = "";
    const onOutput = (text: string) => {
      output += text;
    };

    const preview = await project.run("preview", { onOutput });
    assert.deepEqual(preview, {
      command: "preview",
      stack: "local",
      changes: { create: 2 },
      changed: true,
      outputs: {},
      notes: ["a note"],
    });
    assert.match(output, /Previewing update \(local\)/);

    const made = await project.run("up");
    assert.deepEqual(made.changes, { create: 2 });
    assert.deepEqual(made.outputs, { notes: ["a note"], token: "[secret]" });

    const again = await project.run("up", { refresh: true, diff: true, color: "always" });
    assert.deepEqual([again.changes, again.changed], [{ same: 2 }, false]);
    assert.equal((await project.run("refresh", { previewOnly: true })).changed, false);
    assert.equal((await project.run("refresh")).changed, false);

    assert.deepEqual((await project.run("destroy")).changes, { delete: 2 });
  });

  it("passes on the engine's events, in which what is secret is not told", async () => {
    await using project = await Project.create(executable);
    const events: EngineEvent[] = [];
    await project.run("preview", { onEvent: (event) => events.push(event) });
    const made = events.flatMap(({ resourcePreEvent }) => resourcePreEvent?.metadata.urn.split("::").at(-1) ?? []);
    assert.deepEqual(made, ["atom-local", "component"]);
    assert.deepEqual(events.findLast(({ summaryEvent }) => summaryEvent)?.summaryEvent?.resourceChanges, { create: 2 });
    assert.doesNotMatch(JSON.stringify(events), /hidden/);
  });

  it("has nothing to destroy, and nothing to refresh, where there is no stack", async () => {
    await using project = await Project.create(executable);
    assert.deepEqual((await project.run("destroy")).changes, {});
    await assert.rejects(project.run("refresh"), StackAbsentError);
  });

  it("runs the real program by default, which tells the user's mistake without a stack", async () => {
    await using project = await Project.create(executable);
    // The file names the kubeconfig of a cluster that may well run on this machine.
    const file = path.join(project.folder, "Pulumi.local.yaml");
    await writeFile(file, (await readFile(file, "utf8")).replace(/^ +kubeconfig: .*\n/m, ""));
    let output = "";
    const options: StackCommandOptions = {
      command: "preview",
      stack: "local",
      workDir: project.folder,
      pulumi: executable,
      env: {
        PULUMI_BACKEND_URL: `file://${project.folder}`,
        PULUMI_HOME: path.join(project.folder, "home"),
        PULUMI_CONFIG_PASSPHRASE: "atom-local",
        KUBECONFIG: path.join(project.folder, "no-kubeconfig"),
      },
      onOutput: (text) => {
        output += text;
      },
    };
    await assert.rejects(stackCommand(options), ClusterContextError);
    assert.match(output, /no-kubeconfig/);
    assert.doesNotMatch(output, /\n\s+at |infra\/cluster\/api-server\.ts/);

    const unset = { ...options, stack: "staging" };
    const { secrets } = await committed("staging");
    await assert.rejects(
      stackCommand(unset),
      (error: unknown) => error instanceof ConfigError && error.problems.length === secrets.length,
    );
  });

  it("changes no file of the project", async () => {
    await using project = await Project.create(executable);
    await project.run("up");
    for (const file of ["Pulumi.yaml", "Pulumi.local.yaml"])
      assert.equal(
        await readFile(path.join(project.folder, file), "utf8"),
        await readFile(path.join(root, file), "utf8"),
      );
  });

  it("passes on what is no mistake of the user's as a failure of the command", async () => {
    await using project = await Project.create(executable);
    const failing = () => () => Promise.reject(new TypeError("a mistake in the program"));
    await assert.rejects(
      project.run("preview", { program: failing }),
      (error: unknown) => error instanceof StackCommandError && error.message.includes("a mistake in the program"),
    );
  });

  it("says what to do where something is gone that the state has", () => {
    const gone = new Error(
      'error: kubernetes:apps/v1:Deployment resource "atom-blue": deployments.apps "atom-blue" not found',
    );
    assert.match(new StackCommandError("staging", "up", gone).message, /not found\n.*`up --refresh` makes it again/);
    assert.doesNotMatch(new StackCommandError("staging", "up", new Error("error: no")).message, /refresh/);
  });

  it("asks the policies, and names the one that refuses, and what to do", async () => {
    await using project = await Project.create(executable);
    await assert.rejects(project.run("preview", { stack: "production" }), {
      name: "StackCommandError",
      message:
        '`preview` of the stack "production" failed:\n' +
        "  policy production-reviewers (pulumi:pulumi:Stack: atom-production): The stack has no GitHub environment. " +
        "Name its reviewers in atom:github.",
    });
  });

  it("says that the stack is locked while another command is at work on it", async () => {
    await using project = await Project.create(executable);
    const entered = Promise.withResolvers<undefined>();
    const leave = Promise.withResolvers<undefined>();
    const waiting = () => async () => {
      entered.resolve(undefined);
      await leave.promise;
      return {};
    };
    const first = project.run("up", { program: waiting });
    await entered.promise;
    try {
      await assert.rejects(project.run("up"), StackLockedError);
    } finally {
      leave.resolve(undefined);
      await first;
    }
  });

  it("removes the lock of a process that was killed, and says so", async () => {
    await using project = await Project.create(executable);
    const locks = path.join(project.folder, ".pulumi", "locks", "organization", "atom", "local");
    await mkdir(locks, { recursive: true });
    const killed = { pid: 4_194_304, username: "anna", hostname: hostname(), timestamp: "2026-11-30T05:00:00Z" };
    await writeFile(path.join(locks, "0b6e.json"), JSON.stringify(killed));
    let output = "";
    const { notes } = await project.run("up", {
      onOutput: (text) => {
        output += text;
      },
    });
    assert.deepEqual(notes, [
      "The stack was locked by process 4194304, which was killed; its lock is removed.",
      "a note",
    ]);
    assert.match(output, /^The stack was locked by process 4194304/m);
    assert.deepEqual(await readdir(locks), []);

    await writeFile(path.join(locks, "0b6e.json"), JSON.stringify({ ...killed, hostname: "another" }));
    await assert.rejects(project.run("up"), StackLockedError);
  });

  it("ends when it is interrupted, before and in the middle", async () => {
    await using project = await Project.create(executable);
    await assert.rejects(project.run("up", { signal: AbortSignal.abort() }), StackInterruptedError);

    const controller = new AbortController();
    const endless = () => () => {
      controller.abort();
      return new Promise<Record<string, unknown>>(() => undefined);
    };
    await assert.rejects(project.run("up", { program: endless, signal: controller.signal }), StackInterruptedError);
  });

  it("says where the Pulumi CLI has to be", async () => {
    await using project = await Project.create(executable);
    await assert.rejects(
      project.run("preview", { pulumi: "/opt/pulumi" }),
      /\/opt\/pulumi is not in a folder named bin/,
    );
  });
});
