// What users with kubectl and the platform do to a release on a real cluster, and what clients saw of it.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { JournalEntry } from "../../../components/ledger/release-record.ts";
import { otherSlot, slotNames, type SlotName } from "../../../components/names/slot-name.ts";
import type { StackDrift } from "../../../delivery/drift/drift.ts";
import type { Status } from "../../../delivery/report/status.ts";
import { clusterDeadlineMs } from "../../support/cluster.ts";
import { eventually } from "../../support/eventually.ts";
import type { LiveObject } from "../../support/kubectl.ts";
import { noneFailed, type Answer, type Load } from "../../support/load.ts";
import type { AtomProcess } from "../support/atom-process.ts";
import { calmRelease, ReleaseStack, type Released, type ReleaseSettings } from "../support/release-stack.ts";
import { atom, type Setting } from "../support/test-stack.ts";

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
    // An approval may take a month, and the alert about a release that is stuck comes later than that.
    const patient: Setting = [["atom:alerts", "rules", "releaseStuck", "after"], "800h"];
    stack = await ReleaseStack.create("hands", [atom("replicas"), 2], patient);
  });

  after(async () => {
    await stack[Symbol.asyncDispose]();
  });

  /** Stages the next version, for a release without hurry, and resolves to the slot that serves. */
  async function stageNext(release: ReleaseSettings): Promise<SlotName> {
    await stack.stageNext({ release: { ...calmRelease, ...release } });
    return (await stack.stack.ledger()).active;
  }

  const users = (onAnswer?: (answer: Answer) => void) =>
    stack.load({ clients: 3, pauseMs: 20, ...(onAnswer === undefined ? {} : { onAnswer }) });

  /** Users, and when each of their requests that failed was sent. */
  function usersAndFailures(): { readonly load: Load; readonly failures: readonly number[] } {
    const failures: number[] = [];
    const load = users(({ status, sentAt }) => {
      if (status >= 500) failures.push(sentAt);
    });
    return { load, failures };
  }

  /** Names of a slot's pods that are not on their way out. */
  async function podsOf(slot: SlotName): Promise<readonly string[]> {
    const { items } = JSON.parse(await stack.kubectl("get", "pods", "-l", `atom.dev/slot=${slot}`, "-o", "json")) as {
      readonly items: readonly { readonly metadata: { readonly name: string; readonly deletionTimestamp?: string } }[];
    };
    return items
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ metadata }) => metadata.name);
  }

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
    await stack.kubectl("patch", "virtualservice/atom", "--type", "json", "--patch", JSON.stringify(changes));
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

    const { stdout } = await stack.atom(["status", "--json"]);
    const { targets } = JSON.parse(stdout) as Status;
    const { record } = released;
    const verdict = instantOf(record, ({ phase }) => phase === "returning");
    const seconds = (instantOf(record, ({ event }) => event === "return-confirmed") - verdict) / 1000;
    assert.ok(
      (targets.slowestReturn ?? 0) >= seconds,
      `${targets.slowestReturn} s, where users had waited ${seconds} s`,
    );
  });

  for (const whose of ["candidate's", "serving slot's"] as const)
    it(`an environment variable set by hand on the ${whose} Deployment ends it, and ledger and drift know`, async () => {
      const active = await stageNext(staysAtTen);
      const slot = whose === "candidate's" ? otherSlot(active) : active;
      await using load = users();
      await using process = stack.start(["release", "--staged"]);
      await stack.reaches(process, ["measuring"]);
      await stack.kubectl("set", "env", `deployment/atom-${slot}`, "HOTPATCH=unreviewed");
      const released = await stack.outcome(process);
      await isSuperseded(released, active);
      const detail = `Deployment atom-${slot} was changed by kubectl-set: spec.containers.atom.env.HOTPATCH (added)`;
      assert.ok(released.record.state.cause?.detail.startsWith(detail), released.record.state.cause?.detail);
      await stack.rolledOut(slot);
      // A slot without pods takes whatever is staged next.
      const isServed = slot === active;
      assert.deepEqual(await drift(), {
        code: isServed ? 14 : 0,
        found: isServed ? [`Deployment atom-${slot}: spec.template.spec.containers.atom.env.HOTPATCH`] : [],
      });
      noneFailed(await load.stop());
      if (isServed) {
        await stack.kubectl("set", "env", `deployment/atom-${slot}`, "HOTPATCH-");
        await stack.rolledOut(slot);
      }
      await stageNext({});
      for (const each of slotNames) {
        const { spec } = await stack.stack.get(`deployment/atom-${each}`);
        assert.doesNotMatch(JSON.stringify(spec), /HOTPATCH/);
      }
      assert.equal((await drift()).code, 0);
    });

  async function drift(): Promise<{ readonly code: number | null; readonly found: readonly string[] }> {
    await using process = stack.start(["drift", "--json"]);
    const { code, stdout, stderr } = await process.ended;
    assert.notEqual(stdout, "", stderr);
    const { resources } = JSON.parse(stdout) as StackDrift;
    const found = resources.map(
      ({ type, name, differences }) =>
        `${type.split(":").at(-1) ?? ""} ${name}: ${differences.map((one) => one.path).join(", ")}`,
    );
    return { code, found };
  }

  it("an old slot that was emptied in the soak gets its pods back before an abort moves anybody", async () => {
    const active = await stageNext(staysInSoak);
    await using load = users();
    await using process = stack.start(["release", "--staged"]);
    await stack.reaches(process, ["soaking"]);
    await stack.kubectl("scale", `deployment/atom-${active}`, "--replicas", "0");
    const aborted = await stack.atom(["abort", "--reason", "a drill"]);
    assert.equal(aborted.code, 0, aborted.stderr);
    await process.ended;
    const { ledger } = aborted;
    assert.deepEqual([ledger.current, ledger.active], [null, active]);
    assert.deepEqual(await stack.stack.weights(), { [active]: 100, [otherSlot(active)]: 0 });
    assert.equal((await stack.replicas(active)).ready, 2);
    noneFailed(await load.stop());
  });

  it("an old slot that was emptied in the soak gets its pods back, so that there is a way back until the end", async () => {
    const active = await stageNext(staysInSoak);
    await using load = users();
    await using process = stack.start(["release", "--staged"]);
    await stack.reaches(process, ["soaking"]);
    await stack.kubectl("scale", `deployment/atom-${active}`, "--replicas", "0");
    await isTold(new RegExp(`^guard: ${active} has 2 ready pods again$`));
    assert.equal((await stack.replicas(active)).ready, 2);
    await abort(process);
    assert.deepEqual(await stack.stack.weights(), { [active]: 100, [otherSlot(active)]: 0 });
    noneFailed(await load.stop());
  });

  it("a serving slot that is emptied in a step has its users led where there are pods, and back once it has its own", async () => {
    const active = await stageNext(staysAtTen);
    const { load: counted, failures } = usersAndFailures();
    await using load = counted;
    await using process = stack.start(["release", "--staged"]);
    await stack.reaches(process, ["measuring"]);
    const emptiedAt = Date.now();
    await stack.kubectl("scale", `deployment/atom-${active}`, "--replicas", "0");
    const { code, record, ledger, stderr } = await stack.outcome(process);
    assert.equal(code, 10, stderr);
    assert.equal(record.state.cause?.reason, "active_slot_lost");
    assert.deepEqual([ledger.active, await stack.stack.weights()], [active, { [active]: 100, [otherSlot(active)]: 0 }]);
    assert.equal((await stack.replicas(active)).ready, 2);
    const { requests, errors } = await load.stop();
    assert.deepEqual(errors, []);
    const ledAway = instantOf(record, ({ detail }) =>
      detail.includes("it is scaled up and gets what its ready pods carry"),
    );
    const back = instantOf(record, ({ event }) => event === "returned");
    const last = Math.max(emptiedAt, ...failures);
    console.log(
      `        ${failures.length} of ${requests} requests failed, in ${last - emptiedAt} ms; led away after ${ledAway - emptiedAt} ms, back after ${back - emptiedAt} ms`,
    );
    assert.ok(last < back, "users failed after they were led back");
  });

  for (const kind of ["service", "deployment"] as const)
    it(`a serving slot whose ${kind} is deleted in a step has its users led to where they are answered, and back once \`up --refresh\` has made it again`, async () => {
      const active = await stageNext(staysAtTen);
      const { load: counted, failures } = usersAndFailures();
      await using load = counted;
      await using process = stack.start(["release", "--staged"]);
      await stack.reaches(process, ["measuring"]);
      const before = await stack.stack.get(`deployment/atom-${active}`);
      const deletedAt = Date.now();
      await stack.kubectl("delete", kind, `atom-${active}`);
      const isLedAway = async () => (await stack.stack.weights())[active] === 0;
      await eventually("users are led away", async () => ((await isLedAway()) ? true : undefined), 30_000);
      const ledAway = Date.now();
      await stack.stack.run("up", { refresh: true });
      const { code, record, ledger, stderr } = await stack.outcome(process);
      const { requests, errors } = await load.stop();
      assert.equal(code, 10, stderr);
      assert.equal(record.state.cause?.reason, "superseded");
      assert.deepEqual(errors, []);
      const weights = { [active]: 100, [otherSlot(active)]: 0 };
      assert.deepEqual([ledger.active, await stack.stack.weights(), ledger.quarantine], [active, weights, []]);
      const after = await stack.stack.get(`deployment/atom-${active}`);
      assert.deepEqual(versionOf(after), versionOf(before));
      const last = Math.max(deletedAt, ...failures);
      console.log(
        `        ${failures.length} of ${requests} requests failed, in ${last - deletedAt} ms; led away after ${ledAway - deletedAt} ms`,
      );
      assert.ok(last < instantOf(record, ({ event }) => event === "returned"), "users failed after they were led back");
    });

  it("pods of the candidate that the platform takes are waited for, and nobody is blamed", async () => {
    const steps = [{ weight: 10, wait: "2s" }, { pause: "approval" }, { weight: 100, wait: "2s" }];
    const active = await stageNext({ steps, deadlines: { ...calmRelease.deadlines, approval: "720h" } });
    const candidate = otherSlot(active);
    await using load = users();
    await using process = stack.start(["release", "--staged"]);
    await stack.reaches(process, ["awaiting-approval"]);
    const twoPods = () =>
      eventually(
        "the candidate has two ready pods",
        async () =>
          (await stack.replicas(candidate)).ready === 2 && (await podsOf(candidate)).length === 2 ? true : undefined,
        120_000,
      );
    await twoPods();
    const [evicted = ""] = await podsOf(candidate);
    await evict(evicted);
    await twoPods();
    const lost = (await podsOf(candidate)).find((name) => name !== evicted) ?? "";
    const status = { phase: "Failed", reason: "Evicted", message: "The node was low on resource: memory." };
    await stack.stack.kubectl.patchStatus(stack.stack.namespace, `pod/${lost}`, status);
    await eventually(
      "the candidate has two ready pods beside the failed one",
      async () => ((await stack.replicas(candidate)).ready === 2 ? true : undefined),
      120_000,
    );
    assert.equal((await stack.atom(["approve"])).code, 0);
    const released = await stack.outcome(process);
    assert.equal(released.code, 0, released.stderr);
    assert.deepEqual([released.ledger.active, released.record.state.phase], [candidate, "released"]);
    assert.ok(
      noted(released).some((line) => line.includes("not the version's doing")),
      noted(released).join("\n"),
    );
    assert.deepEqual(released.ledger.quarantine, []);
    noneFailed(await load.stop());
  });

  /** As `kubectl drain` does. */
  async function evict(name: string): Promise<void> {
    const { namespace, folder } = stack.stack;
    const file = path.join(folder, "eviction.json");
    const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace } };
    await writeFile(file, JSON.stringify(eviction));
    await stack.kubectl("create", "--raw", `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, "--filename", file);
  }

  /** Ends a release that stays where it is. */
  async function abort(process: AtomProcess): Promise<void> {
    const { code, stderr } = await stack.atom(["abort", "--reason", "the drill is over"]);
    assert.equal(code, 0, stderr);
    await process.ended;
  }
});

interface Destination {
  readonly destination: { readonly host: string };
}

/** Of the first line of the journal that is meant, in milliseconds since the Unix epoch. */
function instantOf({ journal }: Released["record"], isIt: (line: JournalEntry) => boolean): number {
  return Date.parse(journal.find(isIt)?.at ?? "");
}

/** The digest that a Deployment's pod template carries, and its image. */
function versionOf({ spec }: LiveObject): unknown {
  const { template } = spec as {
    readonly template: {
      readonly metadata: { readonly labels: object };
      readonly spec: { readonly containers: object[] };
    };
  };
  return [template.metadata.labels, template.spec.containers];
}
