import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import {
  clusterStatus,
  startCluster,
  stopCluster,
  type Cluster,
  type ClusterImage,
  type StartClusterOptions,
} from "../../platform/cluster/cluster.ts";
import { instanceOf } from "../../platform/cluster/instance.ts";
import { initProcess, instanceProcesses } from "../../platform/cluster/processes.ts";
import { remainsOf } from "../../platform/cluster/remains.ts";
import { ensureImages } from "../../platform/images/images.ts";
import { silentReporter, type Reporter } from "../../platform/progress.ts";
import { clusterDeadlineMs, sharedCluster, type SharedCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";

/** A second instance beside the shared one: these tests end it in all kinds of ways. */
const name = `test-${process.pid}-life`;
const instance = instanceOf(name);

describe("The life of an embedded cluster", function () {
  this.timeout(240_000);
  let shared: SharedCluster;
  let images: readonly ClusterImage[];

  before(async function () {
    this.timeout(clusterDeadlineMs);
    shared = await sharedCluster();
    const all = await ensureImages(shared.toolchain);
    // No stack is brought up here: without the images of the service and its releaser, which are most of the work.
    images = all.filter(({ reference }) => !/\/atom(-delivery)?:/.test(reference));
  });

  after(async () => {
    await stopCluster(name);
  });

  function start(options: Partial<StartClusterOptions> = {}): Promise<Cluster> {
    return startCluster({ name, images, toolchain: shared.toolchain, reporter: silentReporter, ...options });
  }

  const componentOf = async (component: string) =>
    (await clusterStatus(name)).components.find((one) => one.name === component);

  it("gives two starts at once the same instance, beside the one that is there", async () => {
    const notes: string[] = [];
    const reporter: Reporter = { ...silentReporter, note: (text) => notes.push(text) };
    const [first, second] = await Promise.all([start({ reporter }), start({ reporter })]);
    assert.deepEqual(first, second);
    assert.notEqual(first.apiServerUrl, shared.cluster.apiServerUrl);
    assert.ok(
      notes.some((note) => note.includes("is running already")),
      notes.join("\n"),
    );
    assert.equal((await clusterStatus(shared.cluster.name)).nodeReady, true);
  });

  it("is not used for want of another by a start that asks for metrics-server, where it has none", async () => {
    await start();
    await assert.rejects(start({ parts: ["metrics-server"] }), {
      name: "ClusterError",
      message:
        `the cluster "${name}" has no metrics-server: it is running already, and was started without.\n` +
        `Way out: stop it first: npm stop -- --name ${name}.`,
    });
  });

  it("starts a component again that was killed", async () => {
    await start();
    const before = await componentOf("kube-apiserver");
    assert.ok(before?.pid !== undefined);
    process.kill(before.pid, "SIGKILL");
    const after = await eventually("the API server is back", async () => {
      const status = await clusterStatus(name);
      const component = status.components.find((one) => one.name === "kube-apiserver");
      return component?.pid !== before.pid && component?.pid !== undefined && status.nodeReady ? component : undefined;
    });
    assert.equal(after.restarts, before.restarts + 1);
    assert.equal(after.message, "ended by SIGKILL");
  });

  it("removes what a crash left before it starts anew", async () => {
    await start();
    const init = initProcess(instanceProcesses(name));
    assert.ok(init !== undefined);
    process.kill(init.pid, "SIGKILL");
    const crashed = await eventually("all its processes are gone", async () => {
      const status = await clusterStatus(name);
      return status.phase === "crashed" && instanceProcesses(name).length === 0 ? status : undefined;
    });
    assert.ok(crashed.remains.includes(`folder ${instance.folder}`), crashed.remains.join("\n"));
    const titles: string[] = [];
    const reporter: Reporter = {
      ...silentReporter,
      task: (title, _options, work) => {
        titles.push(title);
        return work(() => undefined);
      },
    };
    await start({ reporter });
    assert.deepEqual(titles, [`Removing what an earlier cluster "${name}" left`, `Starting the cluster "${name}"`]);
    assert.equal((await clusterStatus(name)).nodeReady, true);
  });

  it("leaves no process, mount, interface, iptables rule, control group or folder when it is stopped", async () => {
    await start();
    assert.ok(remainsOf(instance).length > 0);
    assert.equal(await stopCluster(name), true);
    assert.deepEqual(remainsOf(instance), []);
    const { stdout: rules } = await promisify(execFile)(shared.toolchain.path("iptables-save"), []);
    assert.doesNotMatch(rules, /10\.(213|244|96)\./);
    assert.deepEqual(await clusterStatus(name), {
      name,
      phase: "absent",
      nodeReady: false,
      components: [],
      remains: [],
    });
    assert.equal(await stopCluster(name), false);
  });

  it("leaves nothing of a start that is given up, and says why it was", async () => {
    await stopCluster(name);
    const giveUp = new AbortController();
    const reason = new Error("the user pressed Ctrl-C");
    const reporter: Reporter = {
      ...silentReporter,
      task: (_title, _options, work) =>
        work((text) => {
          if (text.includes("kube-apiserver")) giveUp.abort(reason);
        }),
    };
    await assert.rejects(start({ reporter, signal: giveUp.signal }), reason);
    assert.deepEqual(remainsOf(instance), []);
  });
});
