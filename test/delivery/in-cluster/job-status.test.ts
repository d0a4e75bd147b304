import assert from "node:assert/strict";
import { endOf, hasStarted, lastWordsOf, troubleOf } from "../../../delivery/in-cluster/job-status.ts";
import { complete, ended, failed, job, pod, refusedCreation, running, waiting } from "./objects.ts";

describe("the end of a releaser's Job", () => {
  it("is not there while another pod may come", () => {
    assert.equal(endOf(job(), [pod(1, ended(130))]), undefined);
    assert.equal(endOf(job([{ type: "FailureTarget", status: "True" }]), [pod(1, ended(10))]), undefined);
    assert.equal(endOf(job([{ type: "Failed", status: "False" }]), []), undefined);
    assert.equal(endOf({ metadata: job().metadata }, []), undefined);
  });

  it("is 0 when the release is out, whatever became of earlier pods", () => {
    assert.deepEqual(endOf(job([complete]), [pod(1, ended(130)), pod(2, ended(0))]), { exitCode: 0 });
  });

  it("is the exit code of the last pod, with Kubernetes' reason", () => {
    const over = job([failed("PodFailurePolicy", "Container releaser failed with exit code 10 matching FailJob rule")]);
    const end = {
      exitCode: 10,
      detail: "PodFailurePolicy: Container releaser failed with exit code 10 matching FailJob rule",
    };
    assert.deepEqual(endOf(over, [pod(2, ended(10)), pod(1, ended(130))]), end);
    assert.deepEqual(endOf(over, []), end);
  });

  it("is without an exit code where nobody knows it", () => {
    assert.deepEqual(endOf(job([failed("DeadlineExceeded")]), []), { exitCode: undefined, detail: "DeadlineExceeded" });
  });
});

describe("a releaser's pods", () => {
  it("have started once one of them runs, or ran", () => {
    assert.equal(hasStarted([]), false);
    assert.equal(hasStarted([pod(1), pod(2, waiting("ContainerCreating"))]), false);
    assert.equal(hasStarted([pod(1), pod(2, running)]), true);
    assert.equal(hasStarted([pod(1, ended(137)), pod(2)]), true);
  });

  it("say how they ended", () => {
    assert.equal(lastWordsOf(pod(1, running)), undefined);
    assert.equal(lastWordsOf(pod(1, ended(130))), "exit code 130");
    assert.equal(
      lastWordsOf(pod(1, { terminated: { exitCode: 137, reason: "OOMKilled" } })),
      "exit code 137, OOMKilled",
    );
    const evicted = { phase: "Failed", reason: "Evicted", message: "The node was low on memory." };
    assert.equal(lastWordsOf(pod(1, undefined, evicted)), "Evicted, The node was low on memory.");
  });
});

describe("the reason why a releaser does not start", () => {
  const cases = [
    [
      waiting("ImagePullBackOff", 'Back-off pulling image "a:1"'),
      'its image cannot be had (ImagePullBackOff: Back-off pulling image "a:1")',
    ],
    [waiting("ErrImageNeverPull"), "its image cannot be had (ErrImageNeverPull)"],
    [
      waiting("CreateContainerConfigError", 'secret "atom-secrets" not found'),
      'what it should be told is missing (CreateContainerConfigError: secret "atom-secrets" not found)',
    ],
    [waiting("RunContainerError", "no such file"), "its container cannot start (RunContainerError: no such file)"],
    [waiting("ContainerCreating"), undefined],
    [running, undefined],
  ] as const;
  for (const [state, words] of cases)
    it(`is told of a container that ${state.waiting === undefined ? "runs" : `waits with ${state.waiting.reason ?? ""}`}`, () => {
      assert.equal(troubleOf([pod(1, ended(130)), pod(2, state)], [refusedCreation("of long ago")]), words);
    });

  it("is told of a pod that no node takes", () => {
    const conditions = [{ type: "PodScheduled", status: "False", message: "0/1 nodes: insufficient memory" }];
    assert.equal(
      troubleOf([pod(1, undefined, { conditions })], []),
      "no node takes it (0/1 nodes: insufficient memory)",
    );
  });

  const refusals = [
    [
      'pods "a" is forbidden: exceeded quota: quota, requested: pods=1',
      "the quota of the namespace leaves no room for it",
    ],
    [
      'pods "a" is forbidden: failed quota: quota: must specify limits.memory',
      "the quota of the namespace does not let it",
    ],
    ['pods "a" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot', "Pod Security forbids it"],
    [
      'pods "a" is forbidden: error looking up service account ns/atom-deployer: serviceaccount "atom-deployer" not found',
      "its ServiceAccount is not there",
    ],
    ['admission webhook "w" denied the request: no', "an admission webhook of the cluster forbids it"],
    ['pods "a" is forbidden: because', "the cluster forbids it"],
    ["etcdserver: request timed out", "its pod cannot be created"],
  ] as const;
  for (const [message, meaning] of refusals)
    it(`is told of a pod that may not be created: ${meaning}`, () => {
      const newest = refusedCreation(message, 2);
      assert.equal(troubleOf([], [newest, refusedCreation("earlier", 1)]), `${meaning} (${message})`);
      assert.equal(troubleOf([pod(1, ended(130))], [newest]), `${meaning} (${message})`);
    });

  it("is not made up", () => {
    assert.equal(troubleOf([], []), undefined);
    assert.equal(troubleOf([pod(1)], []), undefined);
    assert.equal(troubleOf([], [{ ...refusedCreation("none"), reason: "SuccessfulCreate" }]), undefined);
  });
});
