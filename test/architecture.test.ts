import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

const root = path.join(import.meta.dirname, "..");

/** Folder → the folders that its modules may import. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  components: ["components"],
  stacks: ["stacks", "components"],
  infra: ["infra", "stacks", "components"],
  // What the policies hold production to is in staging's configuration.
  policies: ["policies", "infra", "components"],
  delivery: ["delivery", "components"],
  service: ["service"],
  sdks: ["sdks"],
};

/** The contract that the releaser shares with the program; it must load where Pulumi is not. */
const contract = [
  "names",
  "errors",
  "duration",
  "workload",
  "ledger/ledger.ts",
  "slots/plan.ts",
  "slots/live-release.ts",
  "routes/traffic.ts",
  "routes/http-routes.ts",
  "routes/service-selector.ts",
  "smoke-steps",
  "release-plan",
  "slo/",
];

const statement = /^\s*(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"/gm;

interface Import {
  readonly file: string;
  readonly from: string;
  readonly typeOnly: boolean;
}

async function imports(folder: string): Promise<Import[]> {
  const entries = await readdir(path.join(root, folder), { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.parentPath.includes("node_modules"))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
  const found = files.map(async (file) =>
    [...(await readFile(path.join(root, file), "utf8")).matchAll(statement)].map(([, type, from = ""]) => ({
      file,
      from: from.startsWith(".") ? path.join(path.dirname(file), from) : from,
      typeOnly: type !== undefined,
    })),
  );
  return (await Promise.all(found)).flat();
}

const folderOf = (file: string) => file.split(path.sep)[0] ?? "";
const isLocal = (from: string) => from.endsWith(".ts");

describe("the architecture", () => {
  for (const [folder, targets] of Object.entries(allowed)) {
    it(`lets ${folder}/ import from ${targets.join(", ")} alone`, async () => {
      const wrong = (await imports(folder)).filter(({ from }) => isLocal(from) && !targets.includes(folderOf(from)));
      assert.deepEqual(
        wrong.map(({ file, from }) => `${file} imports ${from}`),
        [],
      );
    });
  }

  it("keeps the contract between program and releaser free of Pulumi", async () => {
    const pulumi = (await imports("components")).filter(
      ({ file, from, typeOnly }) =>
        contract.some((part) => file.startsWith(path.join("components", part))) &&
        from.startsWith("@pulumi/") &&
        !typeOnly,
    );
    assert.deepEqual(pulumi, []);
  });

  it("lets the releaser import nothing of components/ that needs Pulumi", async () => {
    const all = await imports("components");
    const needsPulumi = (file: string, seen = new Set<string>()): boolean => {
      if (seen.has(file)) return false;
      seen.add(file);
      return all.some(
        (each) =>
          each.file === file &&
          !each.typeOnly &&
          (each.from.startsWith("@pulumi/") || (isLocal(each.from) && needsPulumi(each.from, seen))),
      );
    };
    const wrong = (await imports("delivery")).filter(
      ({ from, typeOnly }) => !typeOnly && from.startsWith("components") && needsPulumi(from),
    );
    assert.deepEqual(
      wrong.map(({ file, from }) => `${file} imports ${from}`),
      [],
    );
  });

  it("has an entry of at most 30 lines, and modules whose import does nothing", async () => {
    const entry = await readFile(path.join(root, "infra", "index.ts"), "utf8");
    assert.ok(entry.split("\n").length <= 30);
    const script = `await import(${JSON.stringify(path.join(root, "infra", "index.ts"))});`;
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
      env: {},
    });
    assert.deepEqual({ stdout, stderr }, { stdout: "", stderr: "" });
  });

  it("keeps Atom's paths in its definition and its service", async () => {
    const elsewhere = ["components", "infra", "delivery", "platform"];
    const texts = await Promise.all(
      elsewhere.map(async (folder) => {
        const entries = await readdir(path.join(root, folder), { recursive: true, withFileTypes: true });
        const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith(".ts"));
        return Promise.all(
          files.map(async (entry) => {
            const file = path.join(entry.parentPath, entry.name);
            return { file: path.relative(root, file), text: await readFile(file, "utf8") };
          }),
        );
      }),
    );
    const knowing = texts
      .flat()
      .filter(({ text }) => /"\/(health\/(live|ready|db)|api\/(auth|agents|canvas|skills))/.test(text));
    assert.deepEqual(
      knowing.map(({ file }) => file),
      [],
    );
  });
});
