import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { projectAt } from "../../../platform/commands/project.ts";
import { projectFolder } from "../../../platform/local/local-stack.ts";

const execute = promisify(execFile);
const script = path.join(projectFolder, "platform", "commands", "stack.ts");

interface Failure {
  readonly code: number;
  readonly stderr: string;
}

/** Runs a stack command that must not get so far as to need a tool. */
async function refused(cwd: string, ...args: string[]): Promise<Failure> {
  // An empty PATH: whatever would be started next is not there.
  const env = { ...process.env, PATH: "", HOME: cwd };
  const failure = await execute(process.execPath, [script, ...args], { cwd, env }).then(
    () => assert.fail("it was accepted"),
    (error: unknown) => error as Failure,
  );
  return failure;
}

describe("a stack command", function () {
  this.timeout(120_000);
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "project-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it("is about the project in the current directory, and else about its own", async () => {
    assert.equal(await projectAt(folder), projectFolder);
    for (const other of ["name: molecule\nruntime: go\n", "name: [", ""]) {
      await writeFile(path.join(folder, "Pulumi.yaml"), other);
      assert.equal(await projectAt(folder), projectFolder);
    }
    await cp(path.join(projectFolder, "Pulumi.yaml"), path.join(folder, "Pulumi.yaml"));
    assert.equal(await projectAt(folder), folder);
  });

  it("finds the stacks of the project in the current directory", async () => {
    await cp(path.join(projectFolder, "Pulumi.yaml"), path.join(folder, "Pulumi.yaml"));
    await cp(path.join(projectFolder, "Pulumi.staging.yaml"), path.join(folder, "Pulumi.mine.yaml"));
    const { code, stderr } = await refused(folder, "preview", "--stack", "staging");
    assert.deepEqual(
      [code, stderr],
      [12, 'There is no stack "staging": Pulumi.staging.yaml does not exist. Stacks: mine.\n'],
    );
  });

  it("is refused an image that cannot be staged, before anything runs", async () => {
    const cases: readonly (readonly [command: string, image: string, why: RegExp])[] = [
      ["up", "molecule=registry.test/molecule:1", /the stack has no service "molecule"; it has atom/],
      ["preview", "atom=registry.test/atom:latest", /is not an image with a fixed tag/],
      ["destroy", "atom=registry.test/atom:1", /destroy stages nothing/],
    ];
    for (const [command, image, why] of cases) {
      const { code, stderr } = await refused(projectFolder, command, "--stack", "staging", "--yes", "--image", image);
      assert.equal(code, 12, stderr);
      assert.match(stderr, why);
    }
  });
});
