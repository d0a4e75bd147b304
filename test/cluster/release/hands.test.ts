// What users with kubectl do to a release on a real cluster, and what clients saw of it.
import assert from "node:assert/strict";
import { otherSlot, type SlotName } from "../../../components/names/slot-name.ts";
import { clusterDeadlineMs } from "../../support/cluster.ts";
import { eventually } from "../../support/eventually.ts";
import { noneFailed } from "../../support/load.ts";
import { calmRelease, ReleaseStack, type Released, type ReleaseSettings } from "../support/release-stack.ts";
import { atom } from "../support/test-stack.ts";

/** A rollout, a release or two and a few commands on two busy cores, in milliseconds. */
const drillMs = 420_000;

const staysAtTen = {
  steps: [
    { weight: 10, wait: "10m" },
    { weight: 100, wait: "2s" },
  ],
} satisfies ReleaseSettings;

const staysInSoak = { soak: "10m" } satisfies ReleaseSettings;

describe("While a release is under way", function () {
  this.timeout(drillMs);
  let stack: ReleaseStack;

  before(async function () {
    this.timeout(clusterDeadlineMs);
    stack = await ReleaseStack.create("hands", [atom("replicas"), 2]);
  });

  after(async () => {
    await stack[Symbol.asyncDispose]();
  });

  /** Stages the next version, for a release without hurry, and resolves to the slot that serves. */
  async function stageNext(release: ReleaseSettings): Promise<SlotName> {
    await stack.stageNext({ release: { ...calmRelease, ...release } });
    return (await stack.stack.ledger()).active;
  }

  const kubectl = (...words: string[]): Promise<string> =>
    stack.stack.kubectl.run([...words, "--namespace", stack.stack.namespace]);

  const users = () => stack.load({ clients: 3, pauseMs: 20 });

  /** Users' weights, as somebody sets them with kubectl. */
  async function setWeights(weights: Readonly<Record<SlotName, number>>): Promise<void> {
    const { http } = (await stack.stack.get("virtualservice/atom")).spec as {
      readonly http: readonly { readonly name?: string; readonly route: readonly Destination[] }[];
    };
    const index = http.findIndex(({ name }) => name === "primary");
    const changes = http[index]?.route.map(({ destination }, slot) => ({
      ...{ op: "replace", path: `/spec/http/${index}/route/${slot}/weight` },
      value: weights[destination.host === "atom-blue" ? "blue" : "green"],
    }));
    await kubectl("patch", "virtualservice/atom", "--type", "json", "--patch", JSON.stringify(changes));
  }

  /** The journal of the release under way has a line like this. */
  async function isTold(line: RegExp): Promise<void> {
    await eventually(
      `the journal says ${String(line)}`,
      async () => {
        const { current } = await stack.stack.ledger();
        return current?.journal.some(({ detail }) => line.test(detail)) === true ? true : undefined;
      },
      120_000,
    );
  }

  const noted = ({ record }: Released): readonly string[] =>
    record.journal.filter(({ event }) => event === "noted").map(({ detail }) => detail);

  /** Users are where they were before the release, which speaks against nobody. */
  async function isSuperseded(released: Released, active: SlotName): Promise<void> {
    const { code, record, ledger, stderr } = released;
    assert.equal(code, 10, stderr);
    assert.deepEqual([record.state.phase, record.state.cause?.reason], ["aborted", "superseded"], stderr);
    assert.deepEqual([ledger.current, ledger.active], [null, active]);
    assert.deepEqual(await stack.stack.weights(), { [active]: 100, [otherSlot(active)]: 0 });
    assert.ok(!ledger.quarantine.some(({ template }) => template === record.template));
  }

  it("weights set by hand are put back and told, and the second time they end it, without a failed request", async () => {
    const active = await stageNext(staysAtTen);
    const candidate = otherSlot(active);
    await using load = users();
    await using process = stack.start(["release", "--staged"]);
    await stack.reaches(process, ["measuring"]);
    const all = { [active]: 0, [candidate]: 100 } as Record<SlotName, number>;
    await setWeights(all);
    await eventually("the weights are put back", async () =>
      (await stack.stack.weights())[candidate] === 10 ? true : undefined,
    );
    await isTold(/^VirtualService atom was moved/);
    await setWeights(all);
    const released = await stack.outcome(process);
    await isSuperseded(released, active);
    assert.match(noted(released).join("\n"), /^VirtualService atom was moved by kubectl-patch to .*; put back in \d/m);
    assert.match(released.record.state.cause?.detail ?? "", /twice in a row: somebody else moves the traffic$/);
    noneFailed(await load.stop());
  });

  it("an old slot that was emptied in the soak gets its pods back before an abort moves anybody", async () => {
    const active = await stageNext(staysInSoak);
    await using load = users();
    await using process = stack.start(["release", "--staged"]);
    await stack.reaches(process, ["soaking"]);
    await kubectl("scale", `deployment/atom-${active}`, "--replicas", "0");
    const aborted = await stack.atom(["abort", "--reason", "a drill"]);
    assert.equal(aborted.code, 0, aborted.stderr);
    await process.ended;
    const { ledger } = aborted;
    assert.deepEqual([ledger.current, ledger.active], [null, active]);
    assert.deepEqual(await stack.stack.weights(), { [active]: 100, [otherSlot(active)]: 0 });
    assert.equal((await stack.replicas(active)).ready, 2);
    noneFailed(await load.stop());
  });
});

interface Destination {
  readonly destination: { readonly host: string };
}
