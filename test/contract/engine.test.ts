import assert from "node:assert/strict";
import { core } from "@pulumi/kubernetes";
import * as runtime from "@pulumi/pulumi/runtime/settings.js";
import { controlPlane, FIRST_START_MS } from "../support/control-plane.ts";
import { Engine, ENGINE_MS, type Program } from "./engine.ts";

/** The part of the SDK's connection to the engine by which a program declares its resources. */
interface Monitor {
  registerResource(request: { getName(): string }, answer: (error: Error | null, response?: unknown) => void): unknown;
}

const unavailable = 14;

const declare: Program = (provider, namespace) => {
  new core.v1.ConfigMap("settings", { metadata: { name: "settings", namespace } }, { provider });
};

/** From here on the engine is out of reach for what has this name. */
function loseTheEngineFor(name: string): void {
  const monitor = (runtime as unknown as { getMonitor(): Monitor }).getMonitor();
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, answer) => {
    if (request.getName() !== name) return register(request, answer);
    setImmediate(() => {
      answer(Object.assign(new Error("gone"), { code: unavailable }));
    });
    return undefined;
  };
}

describe("the contract tests' engine", function () {
  this.timeout(ENGINE_MS);

  before(async function () {
    this.timeout(FIRST_START_MS);
    await controlPlane();
  });

  it("runs an operation again whose program lost the engine, which takes that for the program's end and deletes", async () => {
    await using engine = await Engine.create();
    await engine.up(declare);
    let runs = 0;
    const { changes } = await engine.up((provider, namespace) => {
      runs += 1;
      if (runs === 1) loseTheEngineFor("settings");
      declare(provider, namespace);
    });
    assert.equal(runs, 2);
    assert.deepEqual(changes, { create: 1 });
  });

  it("fails with what the engine said when that happens again", async () => {
    await using engine = await Engine.create();
    const up = engine.up((provider, namespace) => {
      loseTheEngineFor("settings");
      declare(provider, namespace);
    });
    await assert.rejects(up, /the engine did not hear of settings:\n[^]*Resources:/);
  });
});
