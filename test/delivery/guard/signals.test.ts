import assert from "node:assert/strict";
import type { ContainerStatus, Pod } from "../../../delivery/cluster/resources.ts";
import { endsByNode } from "../../../delivery/guard/disruption.ts";
import { PodSilentError } from "../../../delivery/guard/pod-source.ts";
import { endsOf, signalsBetween } from "../../../delivery/guard/signals.ts";
import { WatchedPod } from "../../../delivery/guard/watched-pod.ts";

function pod(container: Partial<ContainerStatus>, status: Partial<NonNullable<Pod["status"]>> = {}): Pod {
  return {
    metadata: { name: "atom-1" },
    status: { phase: "Running", containerStatuses: [{ name: "atom", ...container }], ...status },
  };
}

const running = pod({ restartCount: 0, state: { running: {} } });
const ended = { terminated: { reason: "Error", exitCode: 1 } };
/** What the kubelet reports while a container crashes for the first time, and is started again. */
const crash = [
  running,
  pod({ restartCount: 0, state: ended }),
  pod({ restartCount: 0, state: { waiting: { reason: "CrashLoopBackOff" } }, lastState: ended }),
  pod({ restartCount: 1, state: { running: {} }, lastState: ended }),
];

describe("what happens to a pod", () => {
  it("is told once, however many of its phases are seen", () => {
    for (let seen = 1; seen < 8; seen += 1) {
      const looks = crash.filter((_, index) => index === 0 || (seen >> (index - 1)) & 1);
      const told = looks.flatMap((look, index) => (index === 0 ? [] : signalsBetween(looks[index - 1], look)));
      assert.deepEqual(told, [
        { kind: "crashed", pod: "atom-1", detail: "container atom ended with code 1 (Error), 1 in all" },
      ]);
      assert.equal(endsOf(looks.at(-1)!), 1);
    }
  });

  it("is nothing while it runs, or has not run yet", () => {
    assert.deepEqual(signalsBetween(running, running), []);
    const starting = pod({ restartCount: 0, state: { waiting: { reason: "ContainerCreating" } } });
    assert.deepEqual(signalsBetween(undefined, starting), []);
    assert.deepEqual(signalsBetween({ metadata: { name: "atom-1" } }, starting), []);
    assert.equal(endsOf({ metadata: { name: "atom-1" } }), 0);
  });

  it("tells a kill for memory from a crash", () => {
    const killed = pod({
      restartCount: 2,
      state: { running: {} },
      lastState: { terminated: { reason: "OOMKilled", exitCode: 137 } },
    });
    assert.deepEqual(signalsBetween(running, killed), [
      { kind: "oom_killed", pod: "atom-1", detail: "container atom ended with code 137 (OOMKilled), 2 in all" },
    ]);
  });

  it("takes a clean end for a crash, since a service does not end", () => {
    const left = pod({ restartCount: 0, state: { terminated: { reason: "Completed", exitCode: 0 } } });
    assert.equal(signalsBetween(running, left)[0]?.kind, "crashed");
  });

  it("tells the restarts of a pod that was born meanwhile", () => {
    assert.equal(signalsBetween(undefined, crash[3]!).length, 1);
    assert.deepEqual(signalsBetween(undefined, pod({ restartCount: 1, state: { running: {} } })), [
      { kind: "crashed", pod: "atom-1", detail: "container atom ended with code unknown (reason unknown), 1 in all" },
    ]);
  });

  const disruptionTarget = { type: "DisruptionTarget", status: "True", reason: "PreemptionByScheduler" };
  for (const [what, status, detail] of [
    [
      "evicted by its node",
      { phase: "Failed", reason: "Evicted", message: "The node was low on resource: memory." },
      "Evicted, The node was low on resource: memory.",
    ],
    ["on a node that shuts down", { phase: "Failed", reason: "Terminated" }, "Terminated"],
    ["whose node is lost", { phase: "Running", reason: "NodeLost" }, "NodeLost"],
    ["that is preempted, while it still runs", { conditions: [disruptionTarget] }, "PreemptionByScheduler"],
    ["that its node does not take", { phase: "Failed", reason: "OutOfcpu" }, "OutOfcpu"],
  ] as const)
    it(`tells of a pod ${what} once, and takes that for no end of its own`, () => {
      const ended = pod({ state: { terminated: { reason: "Error", exitCode: 137 } } }, status);
      const told = `the pod was ended from outside: ${detail}`;
      assert.deepEqual(signalsBetween(running, ended), [
        { kind: "disrupted", pod: "atom-1", detail: told, platform: true },
      ]);
      assert.deepEqual(signalsBetween(ended, ended), []);
      assert.equal(endsOf(ended), 0);
    });

  for (const message of [
    "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ",
    'Container atom exceeded its local ephemeral storage limit "1Gi". ',
    'Usage of EmptyDir volume "tmp" exceeds the limit "64Mi". ',
  ])
    it(`takes an eviction for the pod's own limits for its own end: ${message}`, () => {
      const evicted = pod({ state: { running: {} } }, { phase: "Failed", reason: "Evicted", message });
      assert.deepEqual(signalsBetween(running, evicted), [
        { kind: "failed", pod: "atom-1", detail: `the pod failed: Evicted, ${message}` },
      ]);
      assert.equal(endsOf(evicted), 1);
    });

  it("tells of the end of a container that others put into the pod, and takes that for no end of the version", () => {
    const injected = (proxy: Partial<ContainerStatus>): Pod => ({
      metadata: { name: "atom-1", labels: { "app.kubernetes.io/name": "atom" } },
      status: {
        phase: "Running",
        containerStatuses: [
          { name: "istio-proxy", ...proxy },
          { name: "atom", ready: true, restartCount: 0, state: { running: {} } },
        ],
      },
    });
    const before = injected({ ready: true, restartCount: 0, state: { running: {} } });
    const crashed = injected({
      ready: false,
      restartCount: 1,
      state: { waiting: { reason: "CrashLoopBackOff" } },
      lastState: { terminated: { reason: "Error", exitCode: 255 } },
    });
    const detail = "container istio-proxy, which is not the version's, ended with code 255 (Error)";
    assert.deepEqual(signalsBetween(before, crashed), [{ kind: "disrupted", pod: "atom-1", detail, platform: true }]);
    assert.equal(endsOf(crashed), 0);
    const watched = new WatchedPod(before);
    watched.see(before, 0);
    watched.see(crashed, 1_000);
    const gone = { ...crashed, status: { ...crashed.status, conditions: [{ type: "Ready", status: "False" }] } };
    for (const now of [2_000, 5_000]) watched.see(gone, now);
    const why = "container istio-proxy, which is not the version's, is not ready";
    assert.deepEqual(watched.down, { kind: "unready", pod: "atom-1", detail: why, platform: true });
    for (const now of [6_000, 9_000]) watched.fail(new PodSilentError("connection refused", true), now);
    assert.deepEqual(watched.down, {
      kind: "unreachable",
      pod: "atom-1",
      detail: `connection refused; ${why}`,
      platform: true,
    });
  });

  it("excuses a container that ended with its node, which starts again", () => {
    const rebooted = pod({
      restartCount: 1,
      state: { running: {} },
      lastState: { terminated: { reason: "Unknown", exitCode: 255 } },
    });
    assert.equal(signalsBetween(running, rebooted)[0]?.kind, "disrupted");
    assert.deepEqual([endsOf(rebooted), endsByNode(running, rebooted)], [1, 1]);
    assert.equal(endsByNode(running, crash[3]!), 0);
    assert.equal(endsByNode(rebooted, rebooted), 0);
  });
});
