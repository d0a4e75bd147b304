import assert from "node:assert/strict";
import { logName } from "../../../platform/cluster/state.ts";
import { progressOf } from "../../../platform/cluster/until-ready.ts";

describe("The progress of a start", () => {
  it("counts what is ready and names what is being waited for, not what has yet to begin", () => {
    const text = progressOf({
      components: {
        etcd: { phase: "running", restarts: 0, readyAfterMs: 120 },
        kubelet: { phase: "starting", restarts: 0 },
        istiod: { phase: "waiting", restarts: 2, message: "exit code 1" },
        envoy: { phase: "pending", restarts: 0 },
      },
    });
    assert.equal(text, "1 of 4, waiting for kubelet, istiod");
  });

  it("names nothing when nothing has begun", () => {
    assert.equal(progressOf({ components: { a: { phase: "pending", restarts: 0 } } }), "0 of 1");
  });
});

describe("The log of a component", () => {
  it("has a file name without spaces and slashes", () => {
    assert.equal(logName("import atom.local/prometheus:3.15.0"), "import-atom.local-prometheus-3.15.0.log");
    assert.equal(logName("apply the operator's CRDs"), "apply-the-operator-s-CRDs.log");
  });
});
