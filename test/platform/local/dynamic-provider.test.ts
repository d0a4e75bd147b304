import assert from "node:assert/strict";
import { access, constants, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { dynamicProviderFolders } from "../../../platform/local/dynamic-provider.ts";

const LAUNCHER = "pulumi-resource-pulumi-nodejs";

describe("the host of dynamic providers", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "dynamic-provider-"));
    for (const name of ["cli", "linked"]) await mkdir(path.join(folder, name));
    await writeFile(path.join(folder, "cli/pulumi"), "", { mode: 0o755 });
    await symlink(path.join(folder, "cli/pulumi"), path.join(folder, "linked/pulumi"));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it("is ours where the CLI came without one", async () => {
    const [ours = "", ...others] = await dynamicProviderFolders(path.join(folder, "cli/pulumi"));
    assert.deepEqual(others, []);
    await access(path.join(ours, LAUNCHER), constants.X_OK);
  });

  it("is the CLI's own where it is beside it, also when the CLI is reached by a link", async () => {
    await writeFile(path.join(folder, "cli", LAUNCHER), "", { mode: 0o755 });
    assert.deepEqual(await dynamicProviderFolders(path.join(folder, "linked/pulumi")), []);
  });
});
