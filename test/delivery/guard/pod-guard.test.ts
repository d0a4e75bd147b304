import assert from "node:assert/strict";
import { PodGuard, type PodGuardOptions } from "../../../delivery/guard/pod-guard.ts";
import { PodSilentError } from "../../../delivery/guard/pod-source.ts";
import type { WatchedSnapshot } from "../../../delivery/guard/watcher.ts";
import type { GuardWatch } from "../../../delivery/release/ports.ts";
import { SkippingClock } from "../support/clocks.ts";
import { FakePod, FakePods, templates } from "../support/fake-pods.ts";

const watch: GuardWatch = {
  candidate: { slot: "green", template: templates.green, version: "2", image: "atom:2" },
  active: "blue",
  slowAbove: 0.2,
};

/** Takes `rounds` snapshots; `before` changes the world ahead of each but the first. */
async function watched(
  source: FakePods,
  rounds: number,
  before: (round: number, snapshot: WatchedSnapshot) => void = () => undefined,
  options: Partial<PodGuardOptions> = {},
): Promise<WatchedSnapshot[]> {
  const guard = new PodGuard({ source, clock: new SkippingClock(), ...options });
  const abort = new AbortController();
  const snapshots: WatchedSnapshot[] = [];
  for await (const snapshot of guard.watch(watch, abort.signal)) {
    snapshots.push(snapshot);
    if (snapshots.length === rounds) abort.abort();
    else before(snapshots.length, snapshot);
  }
  return snapshots;
}

describe("the guard", () => {
  it("counts what each slot served since it began to watch", async () => {
    const green = new FakePod("green-1", "green");
    const blue = new FakePod("blue-1", "blue");
    green.served = [{ count: 7, status: 500 }];
    const snapshots = await watched(new FakePods(green, blue), 3, (round) => {
      green.served.push({ count: 10 }, { count: round, status: 500, seconds: 3 });
      blue.served.push({ count: 100 });
    });
    const seen = snapshots.map(({ candidate, active }) =>
      [candidate, active].map(({ requests, errors, slow }) => [requests, errors, slow]),
    );
    assert.deepEqual(seen, [
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
      [
        [11, 1, 1],
        [100, 0, 0],
      ],
      [
        [23, 3, 3],
        [200, 0, 0],
      ],
    ]);
    assert.deepEqual(snapshots.at(-1)?.problems, []);
    assert.ok((snapshots.at(-1)?.candidate.p95?.seconds ?? 0) > 0);
  });

  it("looks four times a second, and once a second for pods", async () => {
    const source = new FakePods(new FakePod("green-1", "green"), new FakePod("blue-1", "blue"));
    const snapshots = await watched(source, 41);
    assert.equal(snapshots.at(-1)!.at - snapshots[0]!.at, 10_000);
    assert.equal(source.reads, 82);
    assert.ok(source.lists === 10 || source.lists === 11, String(source.lists));
  });

  it("stays within 20 requests a second with many pods, and says how often it reads", async () => {
    const pods = Array.from({ length: 60 }, (_, index) => new FakePod(`p${index}`, index % 2 === 0 ? "green" : "blue"));
    const source = new FakePods(...pods);
    const guard = new PodGuard({ source, clock: new SkippingClock() });
    const abort = new AbortController();
    let first: number | undefined;
    let rounds = 0;
    for await (const { at } of guard.watch(watch, abort.signal)) {
      first ??= at;
      rounds += 1;
      if (rounds < 11) continue;
      assert.ok((source.reads + source.lists) / ((at - first) / 1000 + guard.schedule.intervalMs / 1000) <= 20);
      abort.abort();
    }
    assert.equal(guard.schedule.intervalMs, 3_158);
  });

  it("leaves out pods of an earlier candidate in the same slot", async () => {
    const old = new FakePod("old", "green");
    old.template = "cccccccccccc";
    const snapshots = await watched(new FakePods(old), 2, () => {
      old.served = [{ count: 5, status: 500 }];
    });
    assert.equal(snapshots[1]?.candidate.requests, 0);
    assert.equal(snapshots[1].candidate.pods, 0);
  });

  it("counts all of a pod that comes later, and keeps what a pod had counted that is gone", async () => {
    const first = new FakePod("green-1", "green");
    const source = new FakePods(first, new FakePod("blue-1", "blue"));
    const snapshots = await watched(source, 12, (round) => {
      if (round === 1) first.served = [{ count: 4, status: 500 }];
      if (round === 2) {
        const second = new FakePod("green-2", "green");
        second.served = [{ count: 6 }];
        source.pods = [...source.pods.slice(1), second];
      }
    });
    assert.equal(snapshots.at(-1)?.candidate.requests, 10);
    assert.equal(snapshots.at(-1)?.candidate.errors, 4);
    assert.equal(snapshots.at(-1)?.candidate.pods, 1);
  });

  it("says how many pods answered, and counts on with those that did", async () => {
    const deaf = new FakePod("green-2", "green");
    const source = new FakePods(new FakePod("green-1", "green"), deaf, new FakePod("blue-1", "blue"));
    const snapshots = await watched(source, 3, (round) => {
      if (round === 1) deaf.failure = new Error("the way to it is broken");
    });
    assert.deepEqual(
      snapshots.map(({ candidate }) => [candidate.read, candidate.pods]),
      [
        [2, 2],
        [1, 2],
        [1, 2],
      ],
    );
    assert.match(snapshots[2]?.problems[0] ?? "", /^green-2: the way to it is broken$/);
    assert.deepEqual(snapshots[2]?.candidate.signals, []);
  });

  it("yields snapshots that say so while the pods cannot be listed", async () => {
    const source = new FakePods(new FakePod("green-1", "green"));
    source.listFailure = new Error("connection refused");
    const snapshots = await watched(source, 9, (round) => {
      if (round === 6) source.listFailure = undefined;
    });
    assert.deepEqual([snapshots[0]?.candidate.read, snapshots[0]?.candidate.pods], [0, 0]);
    assert.match(snapshots[0]?.problems[0] ?? "", /cannot be listed: connection refused/);
    assert.deepEqual(snapshots.at(-1)?.problems, []);
    assert.equal(snapshots.at(-1)?.candidate.read, 1);
  });

  it("keeps reading the pods that it knows when the list fails later", async () => {
    const green = new FakePod("green-1", "green");
    const source = new FakePods(green);
    const snapshots = await watched(source, 10, (round) => {
      if (round === 1) source.listFailure = new Error("away");
      green.served.push({ count: 1, status: 500 });
    });
    assert.equal(snapshots.at(-1)?.candidate.errors, 9);
  });

  it("tells of a crash and of a kill for memory, and counts restarts since it began", async () => {
    const green = new FakePod("green-1", "green");
    const blue = new FakePod("blue-1", "blue");
    green.container = { restartCount: 3, state: { running: {} } };
    const snapshots = await watched(new FakePods(green, blue), 14, (round) => {
      const lastState = { terminated: { reason: round > 6 ? "OOMKilled" : "Error", exitCode: round > 6 ? 137 : 1 } };
      if (round === 2 || round === 7)
        green.container = { restartCount: round === 2 ? 4 : 5, state: { running: {} }, lastState };
    });
    const last = snapshots.at(-1);
    assert.deepEqual(
      last?.candidate.signals.map(({ kind }) => kind),
      ["crashed", "oom_killed"],
    );
    assert.equal(last.candidate.restarts, 2);
    assert.deepEqual([last.active.signals, last.active.restarts], [[], 0]);
  });

  it("takes the end of a pod that is told to end for no crash", async () => {
    const leaving = new FakePod("green-1", "green");
    const snapshots = await watched(new FakePods(leaving, new FakePod("green-2", "green")), 20, (round) => {
      if (round === 3) leaving.leaving = true;
      if (round === 9) leaving.container = { state: { terminated: { reason: "Completed", exitCode: 0 } } };
      if (round === 12) leaving.phase = "Succeeded";
    });
    const last = snapshots.at(-1)?.candidate;
    assert.deepEqual([last?.signals, last?.restarts, last?.down, last?.pods], [[], 0, [], 1]);
  });

  it("tells of a pod that refuses connections for over three seconds, once, and for as long as it does", async () => {
    const green = new FakePod("green-1", "green");
    green.failure = new PodSilentError("connection refused", true);
    const snapshots = await watched(new FakePods(green), 40, (round) => {
      if (round === 30) green.failure = undefined;
    });
    const refused = { kind: "unreachable", pod: "green-1", detail: "connection refused" };
    assert.deepEqual([snapshots[11]?.candidate.signals, snapshots[11]?.candidate.down], [[], []]);
    assert.deepEqual([snapshots[20]?.candidate.signals, snapshots[20]?.candidate.down], [[refused], [refused]]);
    assert.deepEqual([snapshots.at(-1)?.candidate.signals, snapshots.at(-1)?.candidate.down], [[refused], []]);
  });

  it("tells of a pod whose metrics cannot be read", async () => {
    const green = new FakePod("green-1", "green");
    green.pageOptions = { extra: "http_requests_total{ 1\n" };
    const snapshots = await watched(new FakePods(green), 16);
    assert.equal(snapshots.at(-1)?.candidate.down[0]?.kind, "unreadable");
    assert.equal(snapshots.at(-1)?.candidate.read, 0);
  });

  it("tells of a pod that is not ready any more, by what the cluster said for over three seconds", async () => {
    const green = new FakePod("green-1", "green");
    const source = new FakePods(green, new FakePod("green-2", "green"), new FakePod("blue-1", "blue"));
    const snapshots = await watched(source, 32, (round) => {
      if (round === 3) green.conditions = [{ type: "Ready", status: "False", message: "probe failed" }];
      // While the cluster cannot be asked, nothing new is known.
      if (round === 5) source.listFailure = new Error("away");
      if (round === 20) source.listFailure = undefined;
    });
    assert.deepEqual([snapshots[8]?.candidate.ready, snapshots[8]?.candidate.down], [1, []]);
    assert.deepEqual(snapshots[18]?.candidate.down, []);
    const unready = { kind: "unready", pod: "green-1", detail: "it is not ready any more: probe failed" };
    assert.deepEqual(snapshots.at(-1)?.candidate.down, [unready]);
    assert.deepEqual(snapshots.at(-1)?.active.down, []);
  });

  it("takes no pod that starts for one that is not ready any more, but tells of a slot where none is", async () => {
    const starting = new FakePod("green-2", "green");
    starting.conditions = [{ type: "Ready", status: "False" }];
    const source = new FakePods(new FakePod("green-1", "green"), starting);
    const snapshots = await watched(source, 40, (round) => {
      if (round === 20) source.pods = [starting];
      if (round === 36) source.pods = [];
    });
    assert.deepEqual([snapshots[19]?.candidate.down, snapshots[19]?.candidate.signals], [[], []]);
    assert.deepEqual(snapshots[35]?.candidate.down, [
      { kind: "unready", pod: "", detail: "none of its 1 pods is ready", platform: true },
    ]);
    const none = { kind: "unready", pod: "", detail: "it has no pods", platform: true };
    assert.deepEqual(snapshots.at(-1)?.candidate.down, [none]);
  });

  it("takes no pod that has yet to listen for one that does not answer any more", async () => {
    const starting = new FakePod("green-2", "green");
    starting.conditions = [{ type: "Ready", status: "False" }];
    starting.failure = new PodSilentError("connection refused", true);
    const source = new FakePods(new FakePod("green-1", "green"), starting);
    const snapshots = await watched(source, 40, (round) => {
      if (round === 20) starting.conditions = [{ type: "Ready", status: "True" }];
    });
    assert.deepEqual([snapshots[19]?.candidate.down, snapshots[19]?.candidate.signals], [[], []]);
    const refused = { kind: "unreachable", pod: "green-2", detail: "connection refused" };
    assert.deepEqual(snapshots.at(-1)?.candidate.down, [refused]);
  });

  it("tells of a pod that was ended from outside once, and takes it for no restart", async () => {
    const green = new FakePod("green-1", "green");
    const snapshots = await watched(new FakePods(green, new FakePod("green-2", "green")), 20, (round) => {
      if (round === 3) green.phase = "Failed";
    });
    assert.deepEqual(
      snapshots.at(-1)?.candidate.signals.map(({ kind }) => kind),
      ["disrupted"],
    );
    assert.deepEqual([snapshots.at(-1)?.candidate.restarts, snapshots.at(-1)?.candidate.pods], [0, 1]);
  });

  it("takes a pod that somebody else ends for none that serves, before it is gone", async () => {
    const green = new FakePod("green-1", "green");
    const snapshots = await watched(new FakePods(green, new FakePod("green-2", "green")), 12, (round) => {
      if (round === 3)
        green.conditions = [{ type: "DisruptionTarget", status: "True", reason: "EvictionByEvictionAPI" }];
      if (round === 6) green.leaving = true;
    });
    const last = snapshots.at(-1)?.candidate;
    assert.deepEqual([last?.pods, last?.ready, last?.restarts, last?.down], [1, 1, 0, []]);
    assert.deepEqual(
      last?.signals.map(({ kind, detail }) => [kind, detail]),
      [["disrupted", "the pod was ended from outside: EvictionByEvictionAPI"]],
    );
  });

  it("does not blame a pod that its node no longer reports, or that does not answer while its kubelet calls it ready", async () => {
    const lost = new FakePod("green-1", "green");
    const silent = new FakePod("green-2", "green");
    lost.container = { restartCount: 0, ready: true, state: { running: {} } };
    const snapshots = await watched(new FakePods(lost, silent), 32, (round) => {
      if (round !== 3) return;
      lost.conditions = [{ type: "Ready", status: "False" }];
      silent.failure = new PodSilentError("no answer within 2 s", true);
    });
    assert.deepEqual(
      snapshots.at(-1)?.candidate.down.map(({ kind, pod, platform }) => [kind, pod, platform]),
      [
        ["unready", "green-1", true],
        ["unreachable", "green-2", true],
      ],
    );
  });

  it("says for how long a pod has given no page, whoever is to blame, and counts a restart with its node for nobody's", async () => {
    for (const failure of [new PodSilentError("its metrics page answered 403", false), new Error("no way to it")]) {
      const green = new FakePod("green-1", "green");
      const blue = new FakePod("blue-1", "blue");
      const snapshots = await watched(new FakePods(green, blue, new FakePod("green-2", "green")), 34, (round) => {
        if (round !== 3) return;
        green.failure = failure;
        blue.container = {
          restartCount: 1,
          state: { running: {} },
          lastState: { terminated: { reason: "Unknown", exitCode: 255 } },
        };
      });
      const { candidate, active } = snapshots.at(-1) ?? {};
      assert.ok((candidate?.silentMs ?? 0) >= 6_000, `${candidate?.silentMs ?? 0} ms`);
      assert.deepEqual([active?.silentMs, active?.restarts, active?.signals[0]?.platform], [0, 0, true]);
    }
  });

  it("does not blame a pod that is told to end, but counts what it still serves", async () => {
    const green = new FakePod("green-1", "green");
    const snapshots = await watched(new FakePods(green), 24, (round) => {
      if (round === 1) {
        green.leaving = true;
        green.served = [{ count: 3, status: 500 }];
      }
      if (round === 7) green.failure = new PodSilentError("connection refused", true);
    });
    assert.equal(snapshots.at(-1)?.candidate.errors, 3);
    assert.deepEqual([snapshots.at(-1)?.candidate.pods, snapshots[10]?.candidate.signals], [0, []]);
  });

  it("reads no pod that has ended", async () => {
    const green = new FakePod("green-1", "green");
    green.phase = "Failed";
    const source = new FakePods(green);
    const snapshots = await watched(source, 3);
    assert.equal(source.reads, 0);
    assert.equal(snapshots.at(-1)?.candidate.pods, 0);
  });

  it("says that latency is not guarded where no bucket ends at the threshold", async () => {
    const green = new FakePod("green-1", "green");
    green.pageOptions = { edges: ["0.1", "0.25", "+Inf"] };
    const snapshots = await watched(new FakePods(green), 2, () => {
      green.served = [{ count: 5, seconds: 3 }];
    });
    assert.deepEqual([snapshots.at(-1)?.candidate.slow, snapshots.at(-1)?.candidate.slowKnown], [0, false]);
    assert.match(snapshots.at(-1)?.problems[0] ?? "", /no histogram bucket of the candidate pods ends at 0\.2 s/);
  });

  it("does not wait for a pod that hangs, does not ask it twice, and counts its answer when it comes", async () => {
    const hanging = new FakePod("green-2", "green");
    const source = new FakePods(new FakePod("green-1", "green"), hanging);
    const read = source.read.bind(source);
    let asked = 0;
    const answer = Promise.withResolvers<undefined>();
    source.read = (pod) => {
      if (pod.metadata.name !== "green-2") return read(pod);
      asked += 1;
      return asked === 2 ? answer.promise.then(() => read(pod)) : read(pod);
    };
    const snapshots = await watched(source, 8, (round) => {
      hanging.served = [{ count: round, status: 500 }];
      if (round === 5) answer.resolve(undefined);
    });
    assert.deepEqual(
      snapshots.slice(1, 5).map(({ candidate }) => candidate.read),
      [1, 1, 1, 1],
    );
    assert.equal(snapshots.at(-1)?.candidate.errors, 7);
    assert.equal(snapshots.at(-1)?.candidate.read, 2);
  });

  it("ends without an error when its signal fires, also before it began and while it waits", async () => {
    const guard = new PodGuard({ source: new FakePods(), clock: new SkippingClock() });
    for await (const _ of guard.watch(watch, AbortSignal.abort(new Error("over")))) assert.fail(JSON.stringify(_));
    const abort = new AbortController();
    const source = new FakePods(new FakePod("green-1", "green"));
    source.list = () => {
      abort.abort(new Error("over"));
      return Promise.reject(new Error("over"));
    };
    for await (const _ of new PodGuard({ source, clock: new SkippingClock() }).watch(watch, abort.signal))
      assert.fail(JSON.stringify(_));
  });
});

describe("what was served since an instant", () => {
  const split = { active: "blue", candidate: "green", percent: 10 } as const;
  const never = new AbortController().signal;

  it("comes from the watch that is on", async () => {
    const green = new FakePod("green-1", "green");
    const source = new FakePods(green);
    const guard = new PodGuard({ source, clock: new SkippingClock() });
    const abort = new AbortController();
    let rounds = 0;
    for await (const { at } of guard.watch(watch, abort.signal)) {
      green.served.push({ count: 2 });
      rounds += 1;
      if (rounds < 4) continue;
      const reads = source.reads;
      assert.deepEqual(await guard.servedSince(split, at - 500, never), [
        { at: at - 500, candidate: 2, active: 0 },
        { at: at - 250, candidate: 4, active: 0 },
        { at, candidate: 6, active: 0 },
      ]);
      assert.equal(source.reads, reads);
      abort.abort();
    }
  });

  it("is looked for when no watch is on, or one of other slots", async () => {
    const green = new FakePod("green-1", "green");
    green.template = "cccccccccccc";
    const blue = new FakePod("blue-1", "blue");
    const clock = new SkippingClock();
    const guard = new PodGuard({ source: new FakePods(green, blue), clock });
    const since = clock.now();
    await guard.servedSince(split, since, never);
    green.served.push({ count: 3 });
    blue.served.push({ count: 30 });
    const readings = await guard.servedSince(split, since, never);
    assert.deepEqual(
      readings.map(({ candidate, active }) => [candidate, active]),
      [
        [0, 0],
        [3, 30],
      ],
    );
    assert.equal(clock.monotonic(), 500);
    const turned = await guard.servedSince({ active: "green", candidate: "blue", percent: 10 }, since, never);
    assert.deepEqual(
      turned.map(({ candidate, active }) => [candidate, active]),
      [[0, 0]],
    );
  });

  it("says where none of the candidate's pods answered", async () => {
    const clock = new SkippingClock();
    const guard = new PodGuard({ source: new FakePods(new FakePod("blue-1", "blue")), clock });
    const [reading] = await guard.servedSince(split, clock.now(), never);
    assert.deepEqual([reading?.candidate, reading?.candidateUnread], [0, true]);
  });

  it("is looked for within the bound on requests, however often it is asked for", async () => {
    const pods = Array.from({ length: 12 }, (_, index) => new FakePod(`p${index}`, index % 2 === 0 ? "green" : "blue"));
    const source = new FakePods(...pods);
    const clock = new SkippingClock();
    const guard = new PodGuard({ source, clock });
    for (let asked = 0; asked < 20; asked += 1) await guard.servedSince(split, 0, never);
    assert.ok((source.reads + source.lists) / (clock.monotonic() / 1000) <= 20);
  });
});
