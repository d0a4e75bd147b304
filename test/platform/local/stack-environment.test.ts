import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { readStackFile, StackFileMissingError } from "../../../infra/config/stack-file.ts";
import { defaultClusterName, instanceOf } from "../../../platform/cluster/instance.ts";
import { projectFolder } from "../../../platform/local/local-stack.ts";
import { stackEnvironment } from "../../../platform/local/stack-environment.ts";
import { silentReporter } from "../../../platform/progress.ts";

describe("the environment of a stack command", () => {
  it("is refused to a stack that has no file, and names those that have one", async () => {
    const { signal } = new AbortController();
    await assert.rejects(
      stackEnvironment({ folder: projectFolder, stack: "stagin", reporter: silentReporter, signal }),
      (error: Error) => {
        assert.ok(error instanceof StackFileMissingError);
        assert.match(error.message, /local, production, staging/);
        return true;
      },
    );
  });

  it("has the releaser's image that `npm start` makes in the file of local", async () => {
    const { values } = await readStackFile(projectFolder, "local");
    const { version } = JSON.parse(await readFile(path.join(projectFolder, "package.json"), "utf8")) as {
      readonly version: string;
    };
    const { inCluster } = values.release as { readonly inCluster: unknown };
    assert.deepEqual(inCluster, { image: `atom.local/atom-delivery:${version}` });
  });

  it("has the default instance's kubeconfig and context in the file of local, so that no variable is needed", async () => {
    const { values } = await readStackFile(projectFolder, "local");
    const { context, files } = instanceOf(defaultClusterName);
    assert.deepEqual(values.cluster, { context, kubeconfig: files.kubeconfig });
  });
});
