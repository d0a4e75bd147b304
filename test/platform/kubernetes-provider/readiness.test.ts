import assert from "node:assert/strict";
import { rollout } from "../../../platform/kubernetes-provider/await/deployment.ts";
import { jobOutcome } from "../../../platform/kubernetes-provider/await/job.ts";
import { timeoutFor } from "../../../platform/kubernetes-provider/await/kinds.ts";
import { isHopeless, podProblems } from "../../../platform/kubernetes-provider/await/pod.ts";
import { crdReadiness } from "../../../platform/kubernetes-provider/await/small-kinds.ts";
import type { JsonObject } from "../../../platform/kubernetes-provider/json.ts";

function deployment(status: JsonObject, spec: JsonObject = {}): JsonObject {
  return { metadata: { generation: 2 }, spec: { replicas: 2, ...spec }, status: { observedGeneration: 2, ...status } };
}

describe("a Deployment", () => {
  const done = { replicas: 2, updatedReplicas: 2, availableReplicas: 2 };

  it("is rolled out when all its replicas are new and available", () => {
    assert.equal(rollout(deployment(done)).state, "ready");
  });

  it("is not while the controller has not seen the change", () => {
    assert.equal(rollout(deployment({ ...done, observedGeneration: 1 })).state, "waiting");
  });

  it("is not judged by pods of an older template before the controller has seen the change", () => {
    assert.equal(rollout(deployment({ observedGeneration: 1 })).wantsPods, false);
    assert.equal(rollout(deployment({})).wantsPods, true);
    assert.equal(rollout(deployment({}, { replicas: 0 })).wantsPods, false);
  });

  it("is not while an old replica is left, and says how many", () => {
    const { state, message } = rollout(deployment({ replicas: 3, updatedReplicas: 2, availableReplicas: 2 }));
    assert.deepEqual([state, message], ["waiting", "2 of 2 replicas available, 1 old to go"]);
  });

  it("of no replicas is rolled out without a pod", () => {
    assert.equal(rollout(deployment({}, { replicas: 0 })).state, "ready");
  });

  it("has failed when its progress deadline has passed", () => {
    const conditions = [
      { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: "timed out" },
    ];
    const { state, message } = rollout(deployment({ conditions }));
    assert.deepEqual([state, message], ["failed", "[ProgressDeadlineExceeded] timed out"]);
  });

  it("passes on why its pods are refused", () => {
    const conditions = [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: "exceeded quota" }];
    assert.deepEqual(rollout(deployment({ conditions })).complaints, ["[FailedCreate] exceeded quota"]);
  });

  it("is given up when its pods have been refused for ten seconds, and not while one may make room for them", () => {
    const since = "2026-11-30T05:00:00Z";
    const refusal = { type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: "exceeded quota" };
    const after = (milliseconds: number) =>
      rollout(deployment({ conditions: [{ ...refusal, lastTransitionTime: since }] }), Date.parse(since) + milliseconds)
        .refused;
    assert.deepEqual([after(9_999), after(10_000)], [false, true]);
    assert.equal(rollout(deployment({ conditions: [refusal] })).refused, false);
    assert.equal(
      rollout(deployment({ ...done, conditions: [{ ...refusal, lastTransitionTime: since }] })).refused,
      false,
    );
  });
});

describe("a Job", () => {
  it("is complete, failed for a reason, or still running", () => {
    const job = (type: string) => ({ status: { conditions: [{ type, status: "True", reason: "R", message: "m" }] } });
    assert.equal(jobOutcome(job("Complete")).state, "ready");
    assert.deepEqual(jobOutcome(job("Failed")), { state: "failed", message: "[R] m" });
    assert.deepEqual(jobOutcome({ status: { active: 1 } }), {
      state: "waiting",
      message: "the Job runs: 1 active, 0 succeeded, 0 failed",
    });
  });
});

describe("a pod's problems", () => {
  const pod = (container: JsonObject) => ({
    metadata: { name: "p" },
    status: { containerStatuses: [{ name: "c", ready: false, ...container }] },
  });

  it("are none while it starts as usual", () => {
    assert.deepEqual(podProblems(pod({ state: { waiting: { reason: "ContainerCreating" } } })), []);
  });

  it("tell how a crashing container ended", () => {
    const state = { waiting: { reason: "CrashLoopBackOff", message: "back-off" } };
    const lastState = { terminated: { exitCode: 7, reason: "Error" } };
    assert.deepEqual(podProblems(pod({ state, lastState })), [
      "pod p: container c: CrashLoopBackOff: back-off; last ended with exit code 7 (Error)",
    ]);
  });

  it("tell that a running container is not ready", () => {
    assert.deepEqual(podProblems(pod({ state: { running: {} } })), [
      "pod p: container c runs, but its readiness probe fails",
    ]);
  });
});

describe("a pod that will not start", () => {
  const waits = (reason: string, restartCount = 0) => ({
    status: { containerStatuses: [{ name: "c", restartCount, state: { waiting: { reason } } }] },
  });

  it("has crashed twice, or has an image that is not there", () => {
    assert.equal(isHopeless(waits("CrashLoopBackOff", 1)), true);
    for (const reason of ["ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"])
      assert.equal(isHopeless(waits(reason)), true, reason);
    const init = { status: { initContainerStatuses: waits("CrashLoopBackOff", 4).status.containerStatuses } };
    assert.equal(isHopeless(init), true);
  });

  it("is none that has crashed once, is pulling for the first time, waits for its Secret, is starting, runs, or waits for a node", () => {
    assert.equal(isHopeless(waits("CrashLoopBackOff", 0)), false);
    for (const reason of ["ErrImagePull", "CreateContainerConfigError", "ContainerCreating", "PodInitializing"])
      assert.equal(isHopeless(waits(reason, 3)), false, reason);
    assert.equal(isHopeless({ status: { containerStatuses: [{ name: "c", state: { running: {} } }] } }), false);
    assert.equal(isHopeless({ status: { phase: "Pending" } }), false);
  });
});

describe("a custom resource definition", () => {
  it("is ready when it is served, and has failed when its names are taken", () => {
    const crd = (type: string, status: string) => ({ status: { conditions: [{ type, status, message: "taken" }] } });
    assert.equal(crdReadiness(crd("Established", "True")).state, "ready");
    assert.equal(crdReadiness({}).state, "waiting");
    assert.equal(crdReadiness(crd("NamesAccepted", "False")).state, "failed");
  });
});

describe("the time to wait", () => {
  it("is the resource's, else its annotation's, else ten minutes", () => {
    const annotated = { metadata: { annotations: { "pulumi.com/timeoutSeconds": "5" } } };
    assert.equal(timeoutFor(annotated, 3), 3_000);
    assert.equal(timeoutFor(annotated, 0), 5_000);
    assert.equal(timeoutFor({}, 0), 600_000);
  });
});
