import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import type { ClusterStatus } from "../../platform/cluster/cluster.ts";
import { instanceOf } from "../../platform/cluster/instance.ts";
import { remainsOf } from "../../platform/cluster/remains.ts";
import { clusterDeadlineMs } from "../support/cluster.ts";

const execute = promisify(execFile);
const name = `commands-${process.pid}`;

/** Runs a command of the `local` environment as npm does, on an instance of this test's own. */
async function command(script: string, ...args: string[]): Promise<string> {
  const file = path.join("platform", "commands", `${script}.ts`);
  const { stdout } = await execute(process.execPath, [file, "--name", name, ...args], {
    cwd: path.join(import.meta.dirname, "..", ".."),
    timeout: clusterDeadlineMs,
  });
  return stdout;
}

describe("npm start, status and stop", function () {
  this.timeout(clusterDeadlineMs);

  after(async () => {
    await command("stop");
  });

  it("bring Atom up, print its smoke test as curl lines that work, release a good and a bad version, say what runs, and leave nothing behind", async () => {
    const started = await command("start");
    assert.match(started, /Atom answers at http:\/\/10\.213\.\d+\.2:8080/);
    const lines = started.split("\n").filter((line) => /^ {2}(curl|TOKEN=)/.test(line));
    assert.equal(lines.length, 7);
    await execute("bash", ["-euo", "pipefail", "-c", lines.join("\n")], { timeout: 30_000 });

    assert.match(started, /✓ r1: Released$/m);
    assert.match(started, /✗ r2: Rolled back at \d+ %: it failed too many requests$/m);
    const reports = [...started.matchAll(/^ {2}file:\/\/(\/.*\.html)$/gm)].map(([, file = ""]) => file);
    const pages = await Promise.all(reports.map((file) => readFile(file, "utf8")));
    const [good = "", bad = "", ...others] = pages.map((page) => /<title>(.*?)<\/title>/.exec(page)?.[1] ?? "");
    assert.equal(good, "atom r1: Released");
    assert.match(bad, /^atom r2: Rolled back at \d+ %: it failed too many requests$/);
    assert.deepEqual(others, []);

    const status = JSON.parse(await command("status", "--json")) as ClusterStatus;
    assert.equal(status.phase, "ready");
    assert.ok(status.nodeReady);
    assert.match(await command("status"), /Logs {10}\/.*\n/);

    assert.match(await command("stop"), /is gone, with all its data/);
    assert.deepEqual(remainsOf(instanceOf(name)), []);
    assert.match(await command("stop"), /There is no cluster/);
    await assert.rejects(command("status"), /There is no cluster|Command failed/);
  });
});
