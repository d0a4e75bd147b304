import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { contextOf, ignoreFileOf, trackedFilesOf } from "../../../platform/images/build-context.ts";
import { ruleTool, type RunTool } from "../../support/rule-tools.ts";
import { layersOf, rebuilt, stagesOf, type Layer } from "./dockerfile.ts";

const root = path.join(import.meta.dirname, "..", "..", "..");

/** What says which packages there are. */
const manifests = ["package.json", "package-lock.json", ".npmrc", "service/package.json"];

const images = [
  {
    dockerfile: "service/Dockerfile",
    stage: "service",
    sources: ["service: COPY service/src src"],
  },
  {
    dockerfile: "delivery/Dockerfile",
    stage: "delivery",
    sources: ["delivery: COPY components components", "delivery: COPY delivery delivery"],
  },
];

for (const { dockerfile, stage, sources } of images)
  describe(dockerfile, () => {
    const stages = stagesOf(readFileSync(path.join(root, dockerfile), "utf8"));
    const files = contextOf(trackedFilesOf(root), ignoreFileOf(root, dockerfile)).map(({ file }) => file);
    const context = new Map(files.map((file) => [file, "as it was"]));
    const before = layersOf(stages, context);
    const after = (file: string): readonly Layer[] => layersOf(stages, new Map([...context, [file, "changed"]]));

    it("has a stage for the packages, and one that takes them from it before any source", () => {
      assert.deepEqual(
        stages.map(({ name }) => name),
        ["dependencies", stage],
      );
      const steps = before.filter((layer) => layer.stage === stage).map(({ text }) => text);
      assert.ok(steps.indexOf("COPY --from=dependencies /build/node_modules node_modules") === 1, steps.join("\n"));
    });

    it("rebuilds no layer of packages for any changed source file, and nothing but copies of sources", () => {
      const sourceFiles = files.filter((file) => !manifests.includes(file));
      assert.ok(sourceFiles.length > 20);
      for (const file of sourceFiles) {
        const steps = rebuilt(before, after(file));
        assert.ok(steps.length > 0, `${file} is sent and in no image`);
        assert.deepEqual(steps, sources.slice(-steps.length), file);
      }
    });

    it("rebuilds no layer of packages for a source file that is new or gone", () => {
      const file = files.findLast((each) => !manifests.includes(each))!;
      const without = new Map([...context].filter(([name]) => name !== file));
      for (const steps of [
        rebuilt(before, layersOf(stages, without)),
        rebuilt(before, after(file.replace(".ts", "-new.ts"))),
      ])
        assert.deepEqual(steps, sources.slice(-steps.length));
    });

    it("rebuilds all layers of packages, and what stands on them, when the lock file changes", () => {
      const [base, ...others] = before.map((layer) => `${layer.stage}: ${layer.text}`);
      assert.equal(base, "dependencies: WORKDIR /build");
      assert.deepEqual(
        rebuilt(before, after("package-lock.json")),
        others.filter((step) => !step.endsWith("WORKDIR /app")),
      );
    });

    it("does so for each file that says which packages there are", () => {
      for (const file of manifests) {
        const steps = rebuilt(before, after(file));
        assert.ok(
          steps.some((step) => step.includes("npm ci")),
          file,
        );
      }
    });

    it("rebuilds nothing for another version or revision", () => {
      assert.deepEqual(rebuilt(before, layersOf(stages, context, { VERSION: "2.0.0", REVISION: "abc" })), []);
    });

    it("is sent each file that it copies, and none that it does not", () => {
      for (const file of files) assert.notDeepEqual(rebuilt(before, after(file)), [], `${file} is sent and not copied`);
      assert.throws(() => layersOf(stages, new Map()), /the build context has no/);
    });

    it("runs as nobody in particular, from an image without a shell", () => {
      const final = stages.at(-1)!;
      assert.match(final.base, /^gcr\.io\/distroless\//);
      assert.deepEqual(
        final.instructions.filter(({ name }) => name === "USER").map(({ text }) => text),
        ["USER 10001:10001"],
      );
    });
  });

describe("The model of BuildKit's cache", () => {
  const dockerfile = `FROM node AS packages
WORKDIR /build
ARG SET
COPY lock ./
RUN install \\
    --quiet
FROM small AS final
LABEL version=1
COPY --from=packages /build/modules modules
COPY src src`;
  const context = new Map([
    ["lock", "1"],
    ["src/main", "1"],
  ]);
  const steps = (text: string, files = context, args = {}): readonly string[] =>
    rebuilt(layersOf(stagesOf(dockerfile), context), layersOf(stagesOf(text), files, args));

  it("keeps everything where nothing changed, and where only a label or a comment did", () => {
    assert.deepEqual(steps(dockerfile), []);
    assert.deepEqual(steps(`# A comment.\n${dockerfile.replace("version=1", "version=2")}`), []);
  });

  it("does anew what follows a changed step, in its stage and in those that copy from it", () => {
    assert.deepEqual(steps(dockerfile.replace("--quiet", "--loud")), [
      "packages: RUN install --loud",
      "final: COPY --from=packages /build/modules modules",
      "final: COPY src src",
    ]);
  });

  it("does anew what runs with a changed argument", () => {
    assert.deepEqual(steps(dockerfile, context, { SET: "2" })[0], "packages: RUN install --quiet");
  });

  it("would see packages that are copied together with sources", () => {
    const careless = dockerfile.replace("COPY lock ./", "COPY . ./");
    const layers = (source: string): readonly Layer[] =>
      layersOf(
        stagesOf(careless.replace("COPY . ./", "COPY lock src ./")),
        new Map([...context, ["src/main", source]]),
      );
    assert.ok(rebuilt(layers("1"), layers("2")).includes("packages: RUN install --quiet"));
  });

  it("does anew all that stands on another base image", () => {
    assert.equal(steps(dockerfile.replace("FROM node", "FROM node:next")).length, 5);
  });
});

describe("hadolint", () => {
  let hadolint: RunTool;

  before(async function () {
    this.timeout(300_000);
    hadolint = await ruleTool("hadolint");
  });

  it("finds nothing in the Dockerfiles, and nothing in them tells it to look away", async () => {
    const files = images.map(({ dockerfile }) => path.join(root, dockerfile));
    assert.deepEqual(
      await hadolint("--no-color", "--disable-ignore-pragma", "--failure-threshold", "style", ...files),
      {
        code: 0,
        output: "",
      },
    );
  });

  it("would find what is wrong with one", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "hadolint-"));
    try {
      const file = path.join(folder, "Dockerfile");
      writeFileSync(file, "FROM debian\nRUN cd /tmp && apt-get install curl\n");
      const { code, output } = await hadolint("--no-color", file);
      assert.equal(code, 1);
      for (const rule of ["DL3006", "DL3008", "DL3014"]) assert.match(output, new RegExp(rule));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
