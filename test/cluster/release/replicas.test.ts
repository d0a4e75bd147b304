import assert from "node:assert/strict";
import { slotSelectorLabels } from "../../../components/names/labels.ts";
import { otherSlot } from "../../../components/names/slot-name.ts";
import { clusterDeadlineMs } from "../../support/cluster.ts";
import { eventually } from "../../support/eventually.ts";
import { noneFailed } from "../../support/load.ts";
import { ClientPod } from "../support/client-pod.ts";
import { ReleaseStack, type Change } from "../support/release-stack.ts";
import { atom } from "../support/test-stack.ts";

/** A rollout of two pods and a release on two busy cores, in milliseconds. */
const releaseMs = 420_000;
const clients = "clients-of-replicas";

describe("Without a mesh, the number of replicas", function () {
  this.timeout(releaseMs);
  let stack: ReleaseStack;

  before(async function () {
    this.timeout(clusterDeadlineMs);
    stack = await ReleaseStack.createUp(
      "replicas",
      [atom("replicas"), 2],
      [atom("routes"), { router: "replicas", clientNamespaces: [clients] }],
      // One candidate beside two active pods is the smallest share that there is.
      [
        ["atom:release", "steps"],
        [
          { weight: 34, wait: "2s" },
          { weight: 50, wait: "2s" },
          { weight: 100, wait: "2s" },
        ],
      ],
    );
  });

  after(async () => {
    await stack[Symbol.asyncDispose]();
  });

  /** Stages a version; then users ask, in the cluster, until the caller is done. */
  async function stageAndAsk(change: Change): Promise<ClientPod> {
    await stack.stage(change);
    const { clusterIP, ports } = (await stack.stack.get("service/atom")).spec as {
      readonly clusterIP: string;
      readonly ports: readonly { readonly port: number }[];
    };
    return await ClientPod.start({
      kubectl: stack.stack.kubectl,
      namespace: clients,
      image: "atom.local/atom:0.1.0",
      url: `http://${clusterIP}:${ports[0]?.port ?? 0}`,
    });
  }

  async function selector(): Promise<unknown> {
    return (await stack.stack.get("service/atom")).spec.selector;
  }

  for (const number of [1, 2])
    it(`brings a healthy version to all users, and fails none of them (release ${number})`, async () => {
      const { active } = await stack.stack.ledger();
      const candidate = otherSlot(active);
      await using users = await stageAndAsk({ env: { FEATURE: `without a mesh ${number}` } });
      await using process = stack.start(["release", "--staged"]);
      await stack.reaches(process, ["soaking"]);
      assert.deepEqual(await stack.replicas(active), { desired: 2, ready: 2, exist: 2 });
      const { code, record, ledger, stderr } = await stack.outcome(process);
      assert.equal(code, 0, stderr);
      assert.equal(ledger.active, candidate);
      assert.deepEqual(await selector(), slotSelectorLabels("atom", candidate));
      assert.equal((await stack.replicas(active)).desired, 0);
      const confirmed = record.journal.filter(({ event }) => event === "confirmed");
      assert.deepEqual(
        confirmed.map(({ percent }) => percent),
        [34, 50, 100],
      );
      assert.match(confirmed[0]?.detail ?? "", /^1 of 3 pods are the candidate's \(33 % for 34 %\)/);
      assert.match(confirmed[1]?.detail ?? "", /^2 of 4 pods are the candidate's \(50 % for 50 %\)/);
      await eventually(
        "the old slot's pods are gone",
        async () => ((await stack.replicas(active)).exist === 0 ? true : undefined),
        120_000,
      );
      const report = await users.stop();
      const { slots } = report;
      noneFailed(report);
      assert.ok((slots[active] ?? 0) > 0 && (slots[candidate] ?? 0) > 0, JSON.stringify(slots));
    });

  it("gives a version that fails its users a third of them, until it is taken back in one patch", async () => {
    const { active } = await stack.stack.ledger();
    const candidate = otherSlot(active);
    await using users = await stageAndAsk({
      faults: { errorShare: 1, routes: ["/api/skills"], exceptHeader: "authorization" },
    });
    const { code, record, ledger, stderr } = await stack.releaseStaged();
    assert.equal(code, 10, stderr);
    assert.deepEqual(
      { reason: record.state.cause?.reason, active: ledger.active },
      { reason: "high_error_rate", active },
    );
    assert.equal(Math.max(...record.journal.map(({ percent }) => percent)), 34);
    assert.deepEqual(await selector(), slotSelectorLabels("atom", active));
    await isGone(candidate, record.template);
    const { statuses, failed, errors } = await users.stop();
    assert.deepEqual(errors, []);
    assert.equal(failed, statuses[500], "nobody fails but by the candidate's answers");
    assert.equal(await stack.serverErrors(active), 0);
  });

  it("gives a version that fails its smoke test nobody", async () => {
    const { active } = await stack.stack.ledger();
    await using users = await stageAndAsk({ faults: { errorShare: 1 } });
    const { code, record, stderr } = await stack.releaseStaged();
    assert.equal(code, 10, stderr);
    assert.equal(record.state.cause?.reason, "smoke_test_failed");
    assert.match(record.state.cause.detail, /log in.*500/);
    assert.equal(Math.max(...record.journal.map(({ percent }) => percent)), 0);
    assert.deepEqual(await selector(), slotSelectorLabels("atom", active));
    await isGone(otherSlot(active), record.template);
    const { failed, errors } = await users.stop();
    assert.deepEqual({ failed, errors }, { failed: 0, errors: [] });
  });

  async function isGone(slot: "blue" | "green", template: string): Promise<void> {
    assert.equal((await stack.replicas(slot)).desired, 0);
    const preview = await stack.stack.run("preview");
    assert.equal(preview.changed, false, preview.output);
    assert.match(preview.notes.join("\n"), new RegExp(`template ${template} is quarantined and not staged`));
    const again = await stack.release();
    assert.equal(again.code, 12, again.stderr);
  }
});
