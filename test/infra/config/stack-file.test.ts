import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { stackFileName, StackNameError } from "../../../components/names/stack-name.ts";
import { ConfigError } from "../../../infra/config/error.ts";
import { stackFileSchema } from "../../../infra/config/json-schema.ts";
import { parseStackConfig } from "../../../infra/config/parse.ts";
import {
  parseStackFile,
  readStackFile,
  StackFileMissingError,
  toProgramConfig,
} from "../../../infra/config/stack-file.ts";
import { stackNames } from "../../../infra/render-stack.ts";
import { root } from "./stacks.ts";

describe("the stack files", () => {
  it("are those of staging, production and local", async () => {
    assert.deepEqual(await stackNames(root), ["local", "production", "staging"]);
  });

  for (const stack of ["staging", "production", "local"]) {
    it(`of ${stack} is valid and names the schema for editors`, async () => {
      const raw = await readStackFile(root, stack);
      assert.equal(parseStackConfig(stack, raw, { requireSecrets: false }).environment, stack);
      const text = await readFile(path.join(root, `Pulumi.${stack}.yaml`), "utf8");
      assert.match(text, /^# yaml-language-server: \$schema=\.\/infra\/stack-config\.schema\.json\n/);
    });
  }

  it("of local has all of its secrets", async () => {
    assert.ok(parseStackConfig("local", await readStackFile(root, "local")));
  });

  it("have the thresholds of R7 and the steps of R12", async () => {
    const read = async (stack: string) =>
      parseStackConfig(stack, await readStackFile(root, stack), { requireSecrets: false }).release;
    const [staging, production] = await Promise.all([read("staging"), read("production")]);
    assert.deepEqual(staging.thresholds, {
      errorRate: { max: 0.01, onBreach: "warn" },
      p95Latency: { max: 500, onBreach: "warn" },
      metrics: [],
    });
    assert.deepEqual(production.thresholds, {
      errorRate: { max: 0.001, onBreach: "rollback" },
      p95Latency: { max: 200, onBreach: "rollback" },
      metrics: [],
    });
    const steps = [10, 50, 100].map((weight) => ({ weight, wait: 300_000 }));
    assert.deepEqual(staging.steps, steps);
    assert.deepEqual(
      production.steps.filter((step) => "weight" in step),
      steps,
    );
  });

  it("have a schema for editors that is fresh (npm run schema)", async () => {
    const text = await readFile(path.join(root, "infra", "stack-config.schema.json"), "utf8");
    assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(stackFileSchema())));
  });
});

describe("reading a stack's file", () => {
  it("says which stacks there are when there is none of that name", async () => {
    await assert.rejects(
      readStackFile(root, "prod", ["local", "production"]),
      (error: unknown) =>
        error instanceof StackFileMissingError &&
        error.message === 'There is no stack "prod": Pulumi.prod.yaml does not exist. Stacks: local, production.',
    );
  });

  for (const name of ["a/../../t/x", "../staging", "", ".", "..", "-x", "--yes", "a b", "a\0b", "ä", "a".repeat(101)]) {
    it(`refuses what no stack can be called, before any file is read: ${JSON.stringify(name).slice(0, 20)}`, async () => {
      await assert.rejects(readStackFile("/nowhere", name), (error: unknown) => {
        assert.ok(error instanceof StackNameError);
        assert.match(error.message, /is not the name of a stack: .* as in Pulumi\.<name>\.yaml\.$/);
        return true;
      });
    });
  }

  it("takes every name that Pulumi takes", () => {
    for (const name of ["staging", "eu-west-1", "dev.2", "_", "9", "a".repeat(100)])
      assert.equal(stackFileName(name), `Pulumi.${name}.yaml`);
  });

  it("tells plain values from encrypted ones, and leaves other namespaces alone", () => {
    const text =
      "config:\n  atom:environment: local\n  atom:a: { secure: v1:x }\n  atom:b: { c: [{ secure: v1:y }] }\n  aws:region: x\n";
    assert.deepEqual(parseStackFile("local", text), { values: { environment: "local" }, secrets: ["a", "b"] });
  });

  for (const [what, text] of Object.entries({
    "no YAML": "config: [",
    "no mapping": "- 1",
    "a config that is none": "config: 1",
  })) {
    it(`refuses a file with ${what}`, () => {
      assert.throws(() => parseStackFile("local", text), ConfigError);
    });
  }

  it("hands the program text alone, as Pulumi does", () => {
    const raw = { values: { environment: "local", cluster: { context: "x" } }, secrets: ["databaseUrl", "cluster"] };
    assert.deepEqual(toProgramConfig(raw, "hidden"), {
      "atom:environment": "local",
      "atom:cluster": '{"context":"x"}',
      "atom:databaseUrl": "hidden",
    });
  });
});
