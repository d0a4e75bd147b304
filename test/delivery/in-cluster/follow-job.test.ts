import assert from "node:assert/strict";
import type { ClusterApi, LogTail, ObjectName, PodLogs } from "../../../delivery/cluster/api.ts";
import { ForbiddenError, UnreachableError } from "../../../delivery/cluster/errors.ts";
import { events, jobs, pods, type Pod } from "../../../delivery/cluster/resources.ts";
import { followJob, type FollowedEnd, type FollowOptions } from "../../../delivery/in-cluster/follow-job.ts";
import { SkippingClock } from "../support/clocks.ts";
import { MemoryCluster } from "../support/memory-cluster.ts";
import { complete, ended, failed, job, jobName, namespace, pod, refusedCreation, running, waiting } from "./objects.ts";

describe("following a releaser's Job", () => {
  let cluster: MemoryCluster;
  let clock: SkippingClock;
  let said: string[];
  let logs: (ObjectName & LogTail)[];
  /** What happens before the nth look, counted from 0. */
  let story: (() => void)[];

  beforeEach(() => {
    cluster = new MemoryCluster();
    clock = new SkippingClock();
    said = [];
    logs = [];
    story = [];
    cluster.put(jobs, job());
    cluster.before = ({ verb, plural }) => {
      if (verb === "get" && plural === "jobs") story.shift()?.();
    };
  });

  function client(): ClusterApi & PodLogs {
    return Object.assign(cluster.client(), {
      readLog: (name: ObjectName, tail: LogTail) => {
        logs.push({ ...name, ...tail });
        return Promise.resolve(["the last line"]);
      },
    });
  }

  function follow(changes: Partial<FollowOptions> = {}): Promise<FollowedEnd> {
    return followJob({
      cluster: client(),
      clock,
      job: { namespace, name: jobName, uid: "uid-1" },
      say: (line) => said.push(line),
      signal: new AbortController().signal,
      ...changes,
    });
  }

  function put(...all: readonly Pod[]): void {
    for (const each of all) cluster.put(pods, each);
  }

  it("ends with the release, and reads no log of one that is out", async () => {
    story = [
      () => undefined,
      () => {
        put(pod(1, running));
      },
      () => {
        put(pod(1, ended(0)));
        cluster.put(jobs, job([complete]));
      },
    ];
    assert.deepEqual(await follow(), { exitCode: 0, log: [] });
    assert.deepEqual([said, logs, clock.monotonic()], [[], [], 2_000]);
  });

  it("tells of each pod that ended before it is all over, once, and brings the last words of the last one", async () => {
    story = [
      () => {
        put(pod(1, ended(130)));
      },
      () => undefined,
      () => {
        put(pod(2, { terminated: { exitCode: 137, reason: "OOMKilled" } }));
      },
      () => {
        put(pod(3, ended(10)));
      },
      () => {
        cluster.put(jobs, job([failed("PodFailurePolicy", "why")]));
      },
    ];
    assert.deepEqual(await follow(), { exitCode: 10, detail: "PodFailurePolicy: why", log: ["the last line"] });
    assert.deepEqual(said, [
      "atom-release-x1y2z3-1 ended (exit code 130); another pod takes the release up",
      "atom-release-x1y2z3-2 ended (exit code 137, OOMKilled); another pod takes the release up",
    ]);
    assert.deepEqual(logs, [{ namespace, name: `${jobName}-3`, lines: 20, bytes: 16_384 }]);
  });

  it("goes on without the log that it cannot read", async () => {
    put(pod(1, ended(13)));
    cluster.put(jobs, job([failed("BackoffLimitExceeded")]));
    const call = { verb: "get", target: "pods a/b/log", status: 403 } as const;
    const readLog = () => Promise.reject(new ForbiddenError(call, "403: no"));
    const end = await follow({ cluster: Object.assign(cluster.client(), { readLog }) });
    assert.deepEqual(end, {
      exitCode: 13,
      detail: "BackoffLimitExceeded",
      log: ["(its log cannot be read: get pods a/b/log: 403: no)"],
    });
  });

  it("names what keeps the pod from starting, and takes away a Job that began nothing in time", async () => {
    put(pod(1, waiting("ErrImagePull", "not found")));
    await assert.rejects(follow({ startWithin: 5_000 }), {
      name: "ReleaserNotStartedError",
      message:
        "The releaser did not start within 5 s: its image cannot be had (ErrImagePull: not found)\n" +
        "Nothing was begun, and the Job atom-release-x1y2z3 is deleted.",
    });
    assert.deepEqual(said, ["the releaser does not start: its image cannot be had (ErrImagePull: not found)"]);
    assert.throws(() => cluster.peek(jobs, { namespace, name: jobName }));
    assert.equal(clock.monotonic(), 5_000);
  });

  it("asks the events where there is no pod at all", async () => {
    cluster.put(events, refusedCreation('pods "a" is forbidden: exceeded quota: quota'));
    await assert.rejects(follow({ startWithin: 1_000 }), /the quota of the namespace leaves no room for it/);
  });

  it("asks them as well where the next pod may not be created", async () => {
    put(pod(1, ended(130)));
    cluster.put(events, refusedCreation('pods "a" is forbidden: exceeded quota: quota'));
    story = [
      () => undefined,
      () => {
        cluster.put(jobs, job([complete]));
      },
    ];
    await follow();
    assert.match(said[1] ?? "", /^the releaser does not start: the quota of the namespace leaves no room for it/);
  });

  it("leaves a Job alone whose pod ran, however long the next one takes", async () => {
    put(pod(1, ended(130)), pod(2, waiting("ImagePullBackOff")));
    story = Array.from({ length: 300 }, () => () => undefined);
    story.push(() => {
      cluster.put(jobs, job([complete]));
    });
    assert.deepEqual(await follow({ startWithin: 5_000 }), { exitCode: 0, log: [] });
    assert.deepEqual(said, [
      "atom-release-x1y2z3-1 ended (exit code 130); another pod takes the release up",
      "the releaser does not start: its image cannot be had (ImagePullBackOff)",
    ]);
  });

  it("says so when somebody deletes the Job, or puts another one in its place", async () => {
    const gone = {
      exitCode: undefined,
      detail: "the Job atom-release-x1y2z3 was deleted; what it left is resumed by atom release",
      log: [],
    };
    cluster.put(jobs, job([], "uid-2"));
    assert.deepEqual(await follow(), gone);
    const name = { namespace, name: jobName };
    cluster.remove({ by: "ben", verb: "delete", plural: "jobs", name: jobName }, jobs, name);
    assert.deepEqual(await follow(), gone);
  });

  it("waits for an API server that is away, and not for ever", async () => {
    const call = { verb: "get", target: "jobs" } as const;
    const away = (): never => {
      throw new UnreachableError(call, "no answer");
    };
    const over = (): void => {
      cluster.put(jobs, job([complete]));
    };
    story = [away, away, over];
    assert.deepEqual(await follow(), { exitCode: 0, log: [] });
    assert.deepEqual(said, ["the API server does not answer; the Job goes on without being followed"]);
    story = Array.from({ length: 100 }, () => away);
    await assert.rejects(follow({ patience: 10_000 }), { name: "UnreachableError" });
  });

  it("ends when it is told to, and lets the Job go on", async () => {
    const stop = new AbortController();
    story = [
      () => undefined,
      () => {
        stop.abort(new Error("enough"));
      },
    ];
    await assert.rejects(follow({ signal: stop.signal }), { message: "enough" });
    assert.equal(cluster.peek(jobs, { namespace, name: jobName }).metadata.uid, "uid-1");
  });
});
