import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { requiredSecrets } from "../../components/service/contract.ts";
import { atom } from "../../stacks/atom.ts";
import { catalogue, serviceDefinition } from "../../stacks/catalogue.ts";

const service = path.join(import.meta.dirname, "..", "..", "service", "src");

describe("the definition of Atom", () => {
  it("probes after R1: 2 s for the process, 5 s for its dependencies, each every 10 s", () => {
    const { liveness, readiness } = atom.probes;
    assert.deepEqual([liveness.path, liveness.timeoutSeconds, liveness.periodSeconds], ["/health/live", 2, 10]);
    assert.deepEqual([readiness.path, readiness.timeoutSeconds, readiness.periodSeconds], ["/health/ready", 5, 10]);
  });

  it("has the smoke steps of R2, in order", () => {
    assert.deepEqual(
      atom.smoke.map(({ method, path: url }) => `${method} ${url}`),
      [
        "POST /api/auth/login",
        "GET /health/live",
        "GET /health/ready",
        "GET /health/db",
        "POST /api/agents/execute",
        "POST /api/canvas/present",
        "GET /api/skills",
      ],
    );
    assert.deepEqual(
      atom.smoke.map(({ take }) => take?.token),
      ["access_token", ...Array<undefined>(6).fill(undefined)],
    );
  });

  it("knows the edges of the latency histogram that the service really has", async () => {
    const source = await readFile(path.join(service, "metrics.ts"), "utf8");
    const [, edges = ""] = /durationBuckets = \[([^\]]+)\]/.exec(source) ?? [];
    assert.deepEqual(
      atom.metrics.latencyEdges,
      edges.split(",").map((edge) => Math.round(Number(edge) * 1000)),
    );
  });

  it("gives every variable that the service requires", async () => {
    const source = await readFile(path.join(service, "config.ts"), "utf8");
    const { values, secrets, labels } = atom.environment;
    for (const variable of Object.keys({ ...values, ...secrets, ...labels }))
      assert.match(source, new RegExp(`^  ${variable}: `, "m"), variable);
  });

  it("kills a pod only after it had the time to drain, to finish and to let go of its stores", () => {
    const serviceSeconds = 5 + 20 + 2;
    assert.ok(atom.shutdown.graceSeconds > atom.shutdown.drainSeconds + serviceSeconds);
  });

  it("needs these secrets, each once", () => {
    assert.deepEqual(requiredSecrets(atom), ["databaseUrl", "redisUrl", "smokeTestPassword", "tokenSecret"]);
  });
});

describe("the catalogue of services", () => {
  it("finds a definition by its name, and none by a name of JavaScript's own", () => {
    assert.equal(serviceDefinition("atom"), catalogue.atom);
    assert.equal(serviceDefinition("toString"), undefined);
  });
});
