import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { core, helm } from "@pulumi/kubernetes";
import { controlPlane, FIRST_START_MS } from "../support/control-plane.ts";
import { Engine, ENGINE_MS, isOfficial, type Program } from "./engine.ts";

const PLUGIN = path.resolve(import.meta.dirname, "../../platform/kubernetes-provider/bin/pulumi-resource-kubernetes");

const settings: Program = (provider, namespace) => {
  new core.v1.ConfigMap("settings", { metadata: { name: "settings", namespace } }, { provider });
};

interface Plugin {
  readonly port: string;
  /** The processors' time that it has taken so far, in milliseconds. */
  readonly workMs: () => number;
  readonly stop: () => Promise<void>;
}

/** Starts the plugin as Pulumi would, and reads the port that it prints. */
async function startPlugin(): Promise<Plugin> {
  const child = spawn(PLUGIN, ["127.0.0.1:1"], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const stop = async (): Promise<void> => {
    child.kill();
    await exited;
  };
  return { port: line.toString().trim(), workMs: () => workOf(child.pid ?? 0), stop };
}

/** Linux counts it in hundredths of a second: proc_pid_stat(5), utime and stime. */
function workOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

/** With the official plugin there is no stand-in to describe. */
const describeStandIn = isOfficial ? () => undefined : describe;

describeStandIn("the stand-in for the Kubernetes provider plugin", function (this: Mocha.Suite) {
  this.timeout(ENGINE_MS);

  before(async function () {
    this.timeout(FIRST_START_MS);
    await controlPlane();
  });

  it("says in the output that it is one", async () => {
    await using engine = await Engine.create({ asProcess: true });
    assert.match((await engine.preview(settings)).output, /stand-in for the Kubernetes provider plugin/);
  });

  for (const stackName of ["staging", "production", "production-eu"]) {
    it(`refuses the stack ${stackName} before anything changes`, async () => {
      await using engine = await Engine.create({ stackName, asProcess: true });
      await assert.rejects(engine.up(settings), new RegExp(`refuses the stack "${stackName}"`));
      assert.equal(await engine.plane.kubectl.has(engine.namespace, "configmap/settings"), false);
    });
  }

  it("refuses settings that it does not offer, and says what to do", async () => {
    await using engine = await Engine.create({ provider: { enableServerSideApply: false } });
    await assert.rejects(engine.preview(settings), /only knows server-side apply; set enableServerSideApply to true/);
  });

  it("refuses resource types that it does not offer", async () => {
    await using engine = await Engine.create();
    const chart: Program = (provider) => {
      new helm.v3.Release("chart", { chart: "atom" }, { provider });
    };
    await assert.rejects(engine.preview(chart), /does not offer resources of type kubernetes:helm\.sh\/v3:Release/);
  });

  it("listens in less than two seconds, on two busy cores", async () => {
    const took: number[] = [];
    for (let count = 0; count < 3; count += 1) {
      const { port, workMs, stop } = await startPlugin();
      // Its own work, which other tests beside it lengthen least; the first start may compile what the others find compiled.
      took.push(workMs());
      await stop();
      assert.match(port, /^\d+$/);
    }
    const least = Math.min(...took);
    assert.ok(least > 0 && least < 2000, `took ${took.join(", ")} ms of the processors' time`);
  });

  it("serves an engine that it is attached to", async () => {
    const { port, stop } = await startPlugin();
    try {
      await using engine = await Engine.create({ env: { PULUMI_DEBUG_PROVIDERS: `kubernetes:${port}` } });
      await engine.up(settings);
      assert.equal(await engine.plane.kubectl.has(engine.namespace, "configmap/settings"), true);
    } finally {
      await stop();
    }
  });
});
