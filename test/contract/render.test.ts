import assert from "node:assert/strict";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { renderStack } from "../../infra/render-stack.ts";
import { silentReporter } from "../../platform/progress.ts";
import { ensureTools } from "../../platform/toolchain/ensure.ts";
import { controlPlane, FIRST_START_MS } from "../support/control-plane.ts";
import "../infra/pulumi-globals.ts";

const root = path.join(import.meta.dirname, "..", "..");

describe("the rendered manifests", function () {
  this.timeout(60_000);

  before(async function () {
    this.timeout(FIRST_START_MS);
    const plane = await controlPlane();
    const operator = await ensureTools(["prometheus-operator-crds"], { reporter: silentReporter });
    await plane.kubectl.run(["apply", "--server-side", "-f", operator.file("prometheus-operator-crds")]);
  });

  for (const stack of ["staging", "production", "local"]) {
    it(`of ${stack} are accepted by the API server, down to the last field`, async () => {
      const { kubectl, folder } = await controlPlane();
      const out = await mkdtemp(path.join(folder, "render-"));
      const files = await renderStack({ root, stack, out });
      // Objects cannot be tried out in a namespace that does not exist; this one has another name than that of the tests beside it.
      const namespace = `rendered-${stack}`;
      await kubectl.run(["create", "namespace", namespace]);
      const rest = files
        .filter((name) => !name.includes("-namespace-"))
        .flatMap((name) => ["-f", path.join(out, name)]);
      const inNamespace = (text: string) => text.replaceAll(`namespace: atom-${stack}`, `namespace: ${namespace}`);
      await rewrite(out, files, inNamespace);
      const accepted = await kubectl.run([
        "apply",
        "--dry-run=server",
        "--validate=strict",
        "--output",
        "name",
        ...rest,
      ]);
      assert.equal(accepted.trim().split("\n").length, files.length - 1);
    });
  }
});

async function rewrite(folder: string, files: readonly string[], change: (text: string) => string): Promise<void> {
  for (const name of files) {
    const file = path.join(folder, name);
    await writeFile(file, change(await readFile(file, "utf8")));
  }
}
