// A single executable: Node with the bundle inside (https://nodejs.org/api/single-executable-applications.html).
import { execFile } from "node:child_process";
import { chmod, copyFile, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { inject } from "postject";
import { bundleAtom, type Bundle } from "./bundle.ts";

const run = promisify(execFile);
const preparesWithin = 120_000;

/** By it Node knows that something was put into it. */
const fuse = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

/**
 * Makes an executable for this machine's kind, of the Node that runs this.
 *
 * @param outfile absolute path of the executable
 */
export async function buildExecutable(outfile: string): Promise<Bundle> {
  const folder = await mkdtemp(path.join(tmpdir(), "atom-executable-"));
  const draft = `${outfile}.draft`;
  try {
    const main = path.join(folder, "atom.cjs");
    const output = path.join(folder, "atom.blob");
    const config = path.join(folder, "config.json");
    await bundleAtom({ outfile: main, form: "script" });
    await writeFile(config, JSON.stringify({ main, output, disableExperimentalSEAWarning: true, useCodeCache: true }));
    await run(process.execPath, ["--experimental-sea-config", config], { timeout: preparesWithin });
    await copyFile(process.execPath, draft);
    await chmod(draft, 0o755);
    await inject(draft, "NODE_SEA_BLOB", await readFile(output), { sentinelFuse: fuse });
    await rename(draft, outfile);
  } finally {
    await rm(draft, { force: true });
    await rm(folder, { recursive: true, force: true });
  }
  return { file: outfile, bytes: (await stat(outfile)).size };
}
