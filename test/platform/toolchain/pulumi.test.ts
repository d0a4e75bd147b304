import assert from "node:assert/strict";
import { join } from "node:path";
import { downloadPulumi, type PulumiOrigin } from "../../../platform/toolchain/pulumi.ts";
import { Bench } from "./bench.ts";

describe("the official download of Pulumi", () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
  });

  afterEach(() => {
    bench.clear();
  });

  const reachable: PulumiOrigin = {
    isReachable: () => Promise.resolve(true),
    install: () => Promise.resolve("3.270.0"),
  };

  it("puts the CLI into our cache and tells its version", async () => {
    const workshop = bench.workshop();
    const roots: string[] = [];
    const files = await downloadPulumi(workshop, {
      ...reachable,
      install: (root) => {
        roots.push(root);
        return Promise.resolve("3.270.0");
      },
    });
    assert.deepEqual(files, { version: "3.270.0", executables: { pulumi: join("bin", "pulumi") } });
    assert.deepEqual(roots, [workshop.folder]);
  });

  it("is not begun where the origin cannot be reached", async () => {
    const unreachable: PulumiOrigin = {
      isReachable: () => Promise.resolve(false),
      install: () => Promise.reject(new Error("begun")),
    };
    await assert.rejects(downloadPulumi(bench.workshop(), unreachable), /get\.pulumi\.com\S* cannot be reached/);
  });

  it("fails when the installer does", async () => {
    const broken: PulumiOrigin = { ...reachable, install: () => Promise.reject(new Error("half a file")) };
    await assert.rejects(downloadPulumi(bench.workshop(), broken), /half a file/);
  });

  it("ends with an abort, though the installer goes on", async () => {
    const abort = new AbortController();
    const endless: PulumiOrigin = {
      ...reachable,
      install: () => {
        abort.abort(new Error("enough"));
        return new Promise(() => undefined);
      },
    };
    await assert.rejects(downloadPulumi(bench.workshop({ signal: abort.signal }), endless), /enough/);
  });
});
