import assert from "node:assert/strict";
import type { JournalEntry, PastRelease, ReleaseUnderWay } from "../../../components/ledger/release-record.ts";
import { slotSelectorLabels } from "../../../components/names/labels.ts";
import { otherSlot, type SlotName } from "../../../components/names/slot-name.ts";
import { atLeast } from "../../../delivery/gate/binomial.ts";
import { importImages } from "../../../platform/cluster/cluster.ts";
import { buildAtomImage } from "../../../platform/images/images.ts";
import { clusterDeadlineMs } from "../../support/cluster.ts";
import { eventually } from "../../support/eventually.ts";
import { noneFailed, type Answer } from "../../support/load.ts";
import { ClientPod } from "../support/client-pod.ts";
import { atOnce, releasesInARow } from "../support/in-a-row.ts";
import { ReleaseStack } from "../support/release-stack.ts";

/** An engine run, a rollout and a release on two busy cores, in milliseconds. */
const releaseMs = 300_000;
/** How unlikely an observed share may be, if the weight is in effect. */
const level = 1e-6;

describe("A healthy release", function () {
  this.timeout(releaseMs);
  let stack: ReleaseStack;

  before(async function () {
    this.timeout(clusterDeadlineMs);
    // Callers inside the cluster are let in by the addresses of pods.
    const pods = ["10.244.0.1/32", "10.244.0.0/24"];
    stack = await ReleaseStack.create("healthy", [["atom:namespace", "ingressCidrs"], pods]);
  });

  after(async () => {
    await stack[Symbol.asyncDispose]();
  });

  it("moves 0, 10, 50 and 100 % of the requests, each as observed by clients, and fails none of them", async () => {
    const before = await stack.stack.ledger();
    const candidate = otherSlot(before.active);
    const served: Served[] = [];
    await stack.configure({ env: { LOG_LEVEL: "warn" } });
    await using load = stack.load();
    await using asking = stack.load({
      path: "/health/live",
      clients: 2,
      onAnswer: (answer) => {
        served.push(servedBy(answer));
      },
    });
    await using process = stack.start(["release", "--json"]);

    const { state } = await stack.reaches(process, ["soaking"]);
    assert.equal(state.percent, 100);
    const warm = await stack.replicas(before.active);
    assert.deepEqual(
      { warm, phase: (await stack.stack.ledger()).current?.state.phase },
      { warm: { desired: 1, ready: 1, exist: 1 }, phase: "soaking" },
    );

    const { code, record, ledger, stdout, stderr } = await stack.outcome(process);
    const report = await load.stop();
    assert.equal(code, 0, stderr);
    noneFailed(report);
    noneFailed(await asking.stop());
    assert.equal(ledger.active, candidate);
    assert.deepEqual(await stack.stack.weights(), { [candidate]: 100, [before.active]: 0 });
    assert.equal((await stack.replicas(before.active)).desired, 0);
    assert.deepEqual(
      periods(record).map(({ percent }) => percent),
      [10, 50, 100],
    );
    for (const period of [untilFirstShift(record), ...periods(record)]) shareIsAsItShouldBe(served, candidate, period);
    assert.equal((JSON.parse(stdout) as { readonly outcome: string }).outcome, "released");
    await eventually("the old slot's pods are gone", async () =>
      (await stack.replicas(before.active)).exist === 0 ? true : undefined,
    );
  });

  it("gives callers inside the cluster one version at a time, after the weights, x-canary the candidate while it is released, and leaves what others made of the routes", async () => {
    const { active } = await stack.stack.ledger();
    const candidate = otherSlot(active);
    const withHeader: Served[] = [];
    await using canary = stack.load({
      path: "/health/live",
      headers: { "x-canary": "1" },
      clients: 1,
      onAnswer: (answer) => {
        if (answer.status === 200) withHeader.push(servedBy(answer));
      },
    });
    await stack.stage({ env: { FEATURE: "inside" }, release: { soak: "120s" } });
    const corsPolicy = { allowOrigins: [{ exact: "https://shop.example" }] };
    const routes = async () => (await stack.stack.get("virtualservice/atom")).spec.http as readonly { name: string }[];
    const edited = (await routes()).map((route) => (route.name === "primary" ? { ...route, corsPolicy } : route));
    const { kubectl, namespace } = stack.stack;
    await kubectl.patch(namespace, "virtualservice/atom", "kubectl-edit", { spec: { http: edited } });
    const { clusterIP } = (await stack.stack.get("service/atom")).spec as { readonly clusterIP: string };
    const where = { kubectl, namespace: "callers-inside", url: `http://${clusterIP}:8000` };
    await using inside = await ClientPod.start({ ...where, image: "atom.local/atom:0.1.0" });
    await using load = stack.load();
    await using process = stack.start(["release", "--staged"]);
    await stack.reaches(process, ["measuring"]);
    const early = await inside.report();
    assert.deepEqual(Object.keys(early.slots), [active]);
    await stack.reaches(process, ["soaking"]);
    await eventually("callers inside reach the candidate", async () =>
      ((await inside.report()).slots[candidate] ?? 0) > 0 ? true : undefined,
    );
    const { record } = await stack.atom(["abort"]);
    const over = Date.now();
    assert.equal((await stack.stack.ledger()).active, active);
    await eventually("x-canary is answered after the release", () =>
      Promise.resolve(withHeader.filter(({ sentAt }) => sentAt > over).length >= 30 ? true : undefined),
    );
    const [smoked = NaN, failed = NaN] = ["smoke-passed", "failed"].map((event) =>
      Date.parse(record.journal.find((line) => line.event === event)?.at ?? ""),
    );
    // With nothing released, staged or not; with a release, whatever its weight; and after it.
    assert.deepEqual(
      [
        slotsBetween(withHeader, 0, Date.parse(record.startedAt)),
        slotsBetween(withHeader, smoked, failed),
        slotsBetween(withHeader, over, Infinity),
      ],
      [[active], [candidate], [active]],
    );
    noneFailed(await canary.stop());
    assert.deepEqual(
      (await routes()).map(({ name }) => name),
      ["primary"],
    );
    assert.deepEqual(await stack.stack.weights(), { [active]: 100, [candidate]: 0 });
    const { selector } = (await stack.stack.get("service/atom")).spec;
    assert.deepEqual(selector, slotSelectorLabels("atom", active));
    assert.deepEqual(
      (await routes()).find(({ name }) => name === "primary"),
      {
        ...edited.find(({ name }) => name === "primary"),
        corsPolicy,
      },
    );
    const report = await inside.stop();
    assert.deepEqual([report.failed, report.errors], [0, []]);
    noneFailed(await load.stop());
  });

  describe("is one of ten in a row, each in the slot that the one before left, without a failed request", () => {
    // The others run with the drills.
    releasesInARow([1, 2, 3], () => stack);
  });

  it("of another image than the configured one keeps that image in effect, and the preview after it is clean", async () => {
    const { cluster } = stack.stack.shared;
    const other = await buildAtomImage({ version: "9.9.9", reference: "atom.local/atom:9.9.9" });
    await importImages(cluster.name, [other]);
    await stack.configure({ env: { FEATURE: "image" }, release: atOnce });
    await using load = stack.load();
    const { code, record, stderr } = await stack.release(["--image", other.reference]);
    assert.equal(code, 0, stderr);
    noneFailed(await load.stop());
    assert.deepEqual(
      { image: record.image, insteadOf: record.insteadOf },
      { image: other.reference, insteadOf: "atom.local/atom:0.1.0" },
    );
    const preview = await stack.stack.run("preview");
    assert.equal(preview.changed, false, preview.output);
    assert.match(preview.notes.join("\n"), /atom\.local\/atom:9\.9\.9 .* stands in for the configured/);
  });
});

interface Served extends Pick<Answer, "sentAt" | "answeredAt"> {
  readonly slot: unknown;
}

/** `/health/live` says which slot answered. */
function servedBy({ body, sentAt, answeredAt }: Answer): Served {
  return { slot: (JSON.parse(body) as { readonly slot?: unknown }).slot, sentAt, answeredAt };
}

/** The slots that answered what was sent, and answered, between two instants. */
function slotsBetween(all: readonly Served[], from: number, until: number): readonly unknown[] {
  const served = all.filter(({ sentAt, answeredAt }) => sentAt >= from && answeredAt <= until);
  return [...new Set(served.map(({ slot }) => slot))];
}

interface WeightPeriod {
  readonly percent: number;
  readonly from: number;
  readonly until: number;
}

/** When each weight was in effect: from when the releaser saw it until it decided to move on. */
function periods({ journal }: PastRelease | ReleaseUnderWay): readonly WeightPeriod[] {
  return journal.flatMap((line, index) => {
    if (line.event !== "confirmed") return [];
    const next = journal[index + 1];
    return next === undefined ? [] : [{ percent: line.percent, from: Date.parse(line.at), until: Date.parse(next.at) }];
  });
}

function untilFirstShift({ journal }: PastRelease | ReleaseUnderWay): WeightPeriod {
  const passed = journal.find(({ event }: JournalEntry) => event === "smoke-passed");
  assert.ok(passed);
  return { percent: 0, from: 0, until: Date.parse(passed.at) };
}

/** Two-sided exact binomial test: Envoy routes each request by itself. */
function shareIsAsItShouldBe(
  all: readonly Served[],
  candidate: SlotName,
  { percent, from, until }: WeightPeriod,
): void {
  const served = all.filter(({ sentAt, answeredAt }) => sentAt >= from && answeredAt <= until);
  const count = served.filter(({ slot }) => slot === candidate).length;
  const told = `${count} of ${served.length} requests at the candidate where its weight is ${percent} %`;
  assert.ok(served.length >= 30, told);
  const share = percent / 100;
  const upper = atLeast(count, served.length, share);
  const lower = 1 - atLeast(count + 1, served.length, share);
  assert.ok(2 * Math.min(upper, lower) >= level, told);
}
