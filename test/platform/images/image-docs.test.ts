import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";

const root = path.join(import.meta.dirname, "..", "..", "..");

interface Step {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
}

/** Steps of the page's YAML, in order. */
const documented = [...readFileSync(path.join(root, "docs", "image.md"), "utf8").matchAll(/^```yaml\n(.*?)^```$/gms)]
  .map(([, text = ""]) => parse(text) as unknown)
  .filter((block): block is readonly Step[] => Array.isArray(block))
  .flat();

function stepsOf(workflow: string): readonly Step[] {
  const { jobs } = parse(readFileSync(path.join(root, ".github", "workflows", workflow), "utf8")) as Workflow;
  return Object.values(jobs).flatMap(({ steps }) => steps);
}

const builds = (steps: readonly Step[]): readonly Step["with"][] =>
  steps.filter(({ uses }) => uses?.startsWith("docker/build-push-action@")).map((step) => step.with);

/** The inputs for the releaser's image, made from those for Atom's as the page says. */
function ofReleaser(inputs: Step["with"]): Step["with"] {
  const text = JSON.stringify(inputs)
    .replaceAll("service/Dockerfile", "delivery/Dockerfile")
    .replaceAll('"target":"service"', '"target":"delivery"')
    .replaceAll("scope=atom", "scope=atom-delivery")
    .replaceAll("env.IMAGE", "env.RELEASER_IMAGE");
  return JSON.parse(text) as Step["with"];
}

describe("docs/image.md", () => {
  const [pushed, unpushed] = builds(documented);

  it("has the inputs with which main's images are built", () => {
    assert.deepEqual(builds(stepsOf("deploy.yml")), [pushed, ofReleaser(pushed)]);
  });

  it("has the inputs with which a pull request's images are built", () => {
    assert.deepEqual(builds(stepsOf("ci.yml")), [unpushed, ofReleaser(unpushed)]);
  });

  it("has the steps that sign Atom's image and check its signature, before each of the two releases", () => {
    const ofAtom = (step: Step): boolean =>
      step.run?.startsWith("cosign ") === true && step.env?.SIGNED?.includes("env.IMAGE") === true;
    const [signing, checking] = documented.filter(ofAtom);
    assert.deepEqual(stepsOf("deploy.yml").filter(ofAtom), [signing, checking, checking]);
  });

  it("asks for a cache of all stages wherever that can be had", () => {
    const caches = (inputs: Step["with"]): readonly string[] => String(inputs?.["cache-to"]).trim().split("\n");
    for (const inputs of [...builds(stepsOf("deploy.yml")), ...builds(stepsOf("ci.yml"))])
      for (const cache of caches(inputs)) assert.ok(cache === "type=inline" || cache.includes(",mode=max"), cache);
    assert.deepEqual(
      caches(pushed).map((cache) => cache.split(",")[0]),
      ["type=gha", "type=registry", "type=inline"],
    );
  });
});
