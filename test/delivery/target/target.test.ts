import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { findTarget } from "../../../delivery/target/target.ts";

describe("what a command is about", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "atom-target-"));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  async function stack(name: string, ...lines: string[]): Promise<void> {
    await writeFile(
      path.join(folder, `Pulumi.${name}.yaml`),
      ["config:", ...lines.map((line) => `  ${line}`)].join("\n"),
    );
  }

  const cluster = "atom:cluster: { context: production-eu, kubeconfig: /etc/kube/config }";

  it("is found in the stack's file: the cluster, the namespace and the only service", async () => {
    await stack("production", cluster, "atom:services: { atom: {} }");
    assert.deepEqual(await findTarget({ stack: "production" }, folder), {
      stack: "production",
      namespace: "atom-production",
      service: "atom",
      source: { context: "production-eu", kubeconfig: "/etc/kube/config" },
      stacksHere: ["production"],
    });
  });

  it("is what the command line says where it says something else", async () => {
    await stack("production", cluster, "atom:services: { atom: {}, web: {} }");
    const options = { stack: "production", service: "web", namespace: "elsewhere", context: "kind", kubeconfig: "k" };
    const { namespace, service, source } = await findTarget(options, folder);
    assert.deepEqual([namespace, service, source], ["elsewhere", "web", { context: "kind", kubeconfig: "k" }]);
  });

  it("needs no stack's file where the namespace and the service are named, as in a pod", async () => {
    assert.deepEqual(await findTarget({ namespace: "atom-staging", service: "atom" }, folder), {
      stack: undefined,
      namespace: "atom-staging",
      service: "atom",
      source: { context: undefined, kubeconfig: undefined },
      stacksHere: [],
    });
  });

  it("needs no file for a stack: the cluster of the kubeconfig is asked for its environment", async () => {
    await stack("production", cluster, "atom:services: { atom: {} }");
    const { namespace, service, source } = await findTarget({ stack: "prod" }, folder);
    assert.deepEqual(
      [namespace, service, source],
      ["atom-prod", undefined, { context: undefined, kubeconfig: undefined }],
    );
  });

  it("may be left to the cluster, where the command line names one or there are no stacks here", async () => {
    await stack("production", cluster, "atom:services: { atom: {} }");
    for (const options of [{ context: "kind" }, { kubeconfig: "k" }]) {
      const { namespace, service } = await findTarget(options, folder);
      assert.deepEqual([namespace, service], [undefined, undefined]);
    }
    assert.equal((await findTarget({}, path.join(folder, "elsewhere"))).namespace, undefined);
  });

  const mistakes: readonly (readonly [what: string, options: Parameters<typeof findTarget>[0], told: RegExp])[] = [
    ["neither a stack nor a namespace", {}, /Name its stack with --stack \(stacks here: broken, production, two\)/],
    [
      "a service that the stack does not have",
      { stack: "production", service: "web" },
      /no service "web" \(it has: atom\)/,
    ],
    ["no service where there are two", { stack: "two" }, /Name it with --service \(atom, web\)/],
    ["a file that says nothing of a cluster", { stack: "broken" }, /Pulumi\.broken\.yaml does not say which cluster/],
  ];

  it("is in this folder: a stack's name that leads elsewhere is refused, and no file is read", async () => {
    for (const name of ["a/../../t/x", "..", "-x", ""])
      await assert.rejects(findTarget({ stack: name }, folder), { name: "StackNameError" });
  });

  for (const [what, options, told] of mistakes)
    it(`is refused with what to do next: ${what}`, async () => {
      await stack("production", cluster, "atom:services: { atom: {} }");
      await stack("two", cluster, "atom:services: { atom: {}, web: {} }");
      await stack("broken", "atom:services: { atom: {} }");
      await assert.rejects(findTarget(options, folder), { name: "TargetError", message: told });
    });
});
