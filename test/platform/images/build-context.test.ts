import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { contextSize, filesOf, ignoreFileOf, trackedFilesOf } from "../../../platform/images/build-context.ts";

const root = path.join(import.meta.dirname, "..", "..", "..");
const checkout = trackedFilesOf(root);
const serviceRules = ignoreFileOf(root, "service/Dockerfile");
const deliveryRules = ignoreFileOf(root, "delivery/Dockerfile");

describe("The build contexts", () => {
  it("of both images are cut by 80 % and more, as this folder is", () => {
    const files = filesOf(root);
    for (const rules of [serviceRules, deliveryRules]) {
      const { cut, kept } = contextSize(files, rules);
      assert.ok(cut >= 0.8, `${(100 * cut).toFixed(2)} %`);
      assert.ok(kept.bytes < 5_000_000, `${kept.bytes} bytes`);
    }
  });

  it("of Atom's image is so even in a clean checkout, where nothing is installed and git's own folder is not counted", () => {
    const { cut } = contextSize(checkout, serviceRules);
    assert.ok(cut >= 0.8, `${(100 * cut).toFixed(2)} %`);
  });

  it("hold no test, no stack's configuration and nothing that begins with a dot but npm's settings", () => {
    for (const rules of [serviceRules, deliveryRules])
      for (const unwanted of [
        "test/run.ts",
        "Pulumi.production.yaml",
        ".git/config",
        ".env",
        "node_modules/a",
        "coverage/a",
      ])
        assert.equal(contextSize([{ file: unwanted, bytes: 1 }], rules).kept.files, 0, unwanted);
    assert.equal(contextSize([{ file: ".npmrc", bytes: 1 }], serviceRules).kept.files, 1);
  });

  it("are told by npm run image:context, in this folder and in a clean checkout", () => {
    const command = path.join(root, "platform", "commands", "image-context.ts");
    const print = (...parameters: string[]): string =>
      execFileSync(process.execPath, [command, ...parameters], { encoding: "utf8", timeout: 120_000 });
    const rows = JSON.parse(print("--json")) as readonly {
      readonly image: string;
      readonly place: string;
      readonly cut: number;
    }[];
    assert.deepEqual(
      rows.map(({ image, place }) => `${image}, ${place}`),
      ["atom, this folder", "atom, a clean checkout", "atom-delivery, this folder", "atom-delivery, a clean checkout"],
    );
    assert.ok(rows[1]!.cut > 0.8 && rows[1]!.cut < rows[0]!.cut);
    assert.match(
      print(),
      /^atom +a clean checkout +\d+ files, [\d.]+ MB without an ignore file, \d+ files, 0\.\d+ MB with it: 9\d\.\d\d % less$/m,
    );
  });
});

describe("A build context", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "context-"));
    mkdirSync(path.join(folder, "src", ".hidden"), { recursive: true });
    writeFileSync(path.join(folder, "src", ".hidden", ".deep"), "12345");
    writeFileSync(path.join(folder, "src", "main"), "123");
    symlinkSync("main", path.join(folder, "src", "link"));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("is every file of the folder, hidden ones too, and links as links", () => {
    assert.deepEqual(
      filesOf(folder).toSorted((one, other) => one.file.localeCompare(other.file)),
      [
        { file: "src/.hidden/.deep", bytes: 5 },
        { file: "src/link", bytes: 4 },
        { file: "src/main", bytes: 3 },
      ],
    );
  });

  it("is measured with its ignore file and without", () => {
    assert.deepEqual(contextSize(filesOf(folder), "src/.hidden\n"), {
      all: { files: 3, bytes: 12 },
      kept: { files: 2, bytes: 7 },
      cut: 1 - 7 / 12,
    });
  });

  it("takes the ignore file that bears the Dockerfile's name before the folder's own, and needs one of them", () => {
    assert.throws(
      () => ignoreFileOf(folder, "src/Dockerfile"),
      /src\/Dockerfile has no ignore file: neither .*src\/Dockerfile\.dockerignore nor /,
    );
    writeFileSync(path.join(folder, ".dockerignore"), "all");
    assert.equal(ignoreFileOf(folder, "src/Dockerfile"), "all");
    writeFileSync(path.join(folder, "src", "Dockerfile.dockerignore"), "own");
    assert.equal(ignoreFileOf(folder, "src/Dockerfile"), "own");
  });
});
