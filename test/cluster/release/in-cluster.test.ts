import assert from "node:assert/strict";
import type { PastRelease } from "../../../components/ledger/release-record.ts";
import { releaserLabels } from "../../../components/workload/releaser.ts";
import { clusterDeadlineMs } from "../../support/cluster.ts";
import { eventually } from "../../support/eventually.ts";
import type { AtomEnd } from "../support/atom-process.ts";
import { ReleaseStack } from "../support/release-stack.ts";
import { ReleaseWatch } from "../support/release-watch.ts";
import { changePlan, failsItsUsers, quickPlan, stage } from "../support/staging.ts";

const selector = Object.entries(releaserLabels("atom"))
  .map(([key, value]) => `${key}=${value}`)
  .join(",");
const inCluster = ["release", "--staged", "--in-cluster"];

describe("A release by a Job in the cluster", function () {
  this.timeout(600_000);
  let stack: ReleaseStack;

  before(async function () {
    this.timeout(clusterDeadlineMs);
    stack = await ReleaseStack.create("in-cluster");
    await changePlan(stack.stack, (plan) => ({
      ...quickPlan(plan),
      inCluster: { image: "atom.local/atom-delivery:0.1.0" },
      steps: [
        { percent: 50, wait: 1_000 },
        { pause: "approval", deadline: 600_000 },
        { percent: 100, wait: 1_000 },
      ],
      // Longer than it takes to see a line of the journal, and to delete a pod for it.
      soak: 30_000,
    }));
  });

  after(async () => {
    await stack[Symbol.asyncDispose]();
  });

  /** Names of the releaser's pods that run. */
  async function releasers(): Promise<readonly string[]> {
    const names = await stack.kubectl(
      "get",
      "pods",
      "-l",
      selector,
      "--field-selector=status.phase=Running",
      "-o",
      "name",
    );
    return names.split("\n").filter((name) => name !== "");
  }

  it("ends well though its pod is deleted three times, without a failed request, and can be watched", async () => {
    const template = await stage(stack.stack);
    await using routes = await ReleaseWatch.start(stack.stack);
    await using load = stack.load({ clients: 2, pauseMs: 20 });
    await using release = stack.start(inCluster);
    const deleted: string[] = [];
    const deleteAt = async (event: string, nth: number, ...how: readonly string[]): Promise<void> => {
      const pod = await eventually(
        `"${event}" is journalled and another pod releases`,
        async () => {
          const { current } = await stack.stack.ledger();
          const [running] = await releasers();
          if (running === undefined || deleted.includes(running)) return undefined;
          return count(current, event) >= nth ? running : undefined;
        },
        180_000,
      );
      deleted.push(pod);
      await stack.kubectl("delete", pod, "--wait=false", ...how);
    };
    await stack.reaches(release, ["waiting-ready", "smoking", "shifting", "confirming", "measuring"]);
    await using watch = stack.start(["status", "--watch"]);
    await deleteAt("confirmed", 1);
    // As when its node is lost: nobody gives the lease back.
    await deleteAt("taken-over", 1, "--grace-period=0", "--force");
    await eventually(
      "a third pod has taken the release up",
      async () => {
        const { current } = await stack.stack.ledger();
        return count(current, "taken-over") === 2 ? true : undefined;
      },
      180_000,
    );
    await stack.reaches(release, ["awaiting-approval"]);
    const approval = await stack.start(["approve"]).ended;
    assert.equal(approval.code, 0, outputOf(approval));
    await deleteAt("approved", 1);
    const end = await release.ended;
    assert.equal(end.code, 0, outputOf(end));
    assert.equal(new Set(deleted).size, 3);

    const watched = await watch.ended;
    assert.equal(watched.code, 0, outputOf(watched));
    assert.match(watched.stdout, /released/, outputOf(watched));
    const clients = await load.stop();
    assert.deepEqual([clients.failed, clients.errors], [0, []]);
    await routes.settled();
    const { current, releases, active } = await stack.stack.ledger();
    assert.deepEqual([current, releases[0]?.template, releases[0]?.outcome], [null, template, "released"]);
    assert.deepEqual(routes.sharesOf(active), [0, 50, 100]);
    assert.deepEqual(routes.unjournalled(), []);
    const journal = releases[0]?.journal ?? [];
    assert.deepEqual(
      journal.map(({ seq }) => seq),
      journal.map((_line, index) => index + 1),
    );
    assert.equal(count(releases[0], "taken-over"), 3);
  });

  it("goes back from a bad candidate, and `atom` ends with the Job's exit code", async () => {
    const { active } = await stack.stack.ledger();
    const template = await stage(stack.stack, failsItsUsers);
    await using load = stack.load({ clients: 2, pauseMs: 20 });
    const end = await stack.start(inCluster).ended;
    assert.equal(end.code, 10, outputOf(end));
    const { errors } = await load.stop();
    assert.deepEqual(errors, []);
    const ledger = await stack.stack.ledger();
    assert.deepEqual([ledger.current, ledger.active], [null, active]);
    const { outcome, state } = ledger.releases.find((release) => release.template === template) ?? {};
    assert.deepEqual([outcome, state?.cause?.reason], ["rolled-back", "high_error_rate"]);
    assert.equal((await stack.stack.weights())[active], 100);
  });
});

function count(release: Pick<PastRelease, "journal"> | null | undefined, event: string): number {
  return release?.journal.filter((line) => line.event === event).length ?? 0;
}

function outputOf({ stdout, stderr }: AtomEnd): string {
  return `${stdout}\n${stderr}`;
}
