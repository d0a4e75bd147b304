import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Ledger } from "../../../components/ledger/ledger.ts";
import { otherSlot } from "../../../components/names/slot-name.ts";
import type { HistoryRow } from "../../../delivery/report/history.ts";
import type { ReleaseReport, ReleaseResult } from "../../../delivery/report/json.ts";
import type { Status } from "../../../delivery/report/status.ts";
import type { Faults } from "../../../service/src/faults.ts";
import { clusterDeadlineMs } from "../../support/cluster.ts";
import { runAtom, type AtomEnd, type AtomProcess } from "../support/atom-process.ts";
import { quickRelease, ReleaseStack, type ReleaseSettings } from "../support/release-stack.ts";

/** A rollout, a release or two and a few commands on two busy cores, in milliseconds. */
const commandMs = 420_000;

/** Users' requests that no fault is about: the service has no such route, and counts them. */
const harmless = { path: "/api/harmless" };
/** Users' requests that {@link badWhenAsked} fails: a version that turns bad when a test wants it to. */
const harmful = { path: "/api/skills" };
const badWhenAsked = {
  errorShare: 1,
  routes: ["/api/skills"],
  exceptHeader: "authorization",
} satisfies Partial<Faults>;
/** A step at which a release stays until a test has done what it wants to. */
const staysAtTen = {
  steps: [
    { weight: 10, wait: "10m" },
    { weight: 100, wait: "2s" },
  ],
};
const waitsForApproval = {
  steps: [{ weight: 10, wait: "2s" }, { pause: "approval" }, { weight: 100, wait: "2s" }],
} satisfies ReleaseSettings;
const approvalWithin = (approval: string): ReleaseSettings => ({
  ...waitsForApproval,
  deadlines: { ...quickRelease.deadlines, approval },
});

describe("atom", function () {
  this.timeout(commandMs);
  let stack: ReleaseStack;

  before(async function () {
    this.timeout(clusterDeadlineMs);
    stack = await ReleaseStack.create("commands");
  });

  after(async () => {
    await stack[Symbol.asyncDispose]();
  });

  async function command(...words: string[]): Promise<AtomEnd> {
    return await runAtom(stack.stack, words);
  }

  async function json<Answer>(...words: string[]): Promise<Answer> {
    const { code, stdout, stderr } = await command(...words, "--json");
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as Answer;
  }

  /** Ends a release that stays where it is. */
  async function abort(process: AtomProcess): Promise<void> {
    const { code, stderr } = await command("abort", "--reason", "the test is over");
    assert.equal(code, 0, stderr);
    await process.ended;
  }

  it("status shows what serves, what is staged and what is under way, and --watch follows it to its end", async () => {
    await stack.stageNext({ release: waitsForApproval });
    const { active } = await stack.stack.ledger();
    const candidate = otherSlot(active);
    const before = await json<Status>("status");
    assert.equal(before.active.slot, active);
    assert.equal(before.release, null);
    assert.deepEqual(before.weights, await stack.stack.weights());
    assert.equal(before.slots?.[candidate].readyReplicas, 1);

    await using load = stack.load(harmless);
    await using process = stack.start(["release", "--staged", "--by", "anna"]);
    await stack.reaches(process, ["awaiting-approval"]);
    const during = await json<Status>("status");
    assert.deepEqual(
      { phase: during.release?.phase, percent: during.release?.percent, by: during.release?.by },
      { phase: "awaiting-approval", percent: 10, by: "anna" },
    );
    assert.match((await command("status")).stdout, /atom approve/);

    await using watcher = stack.start(["status", "--watch"]);
    assert.equal((await command("approve", "--by", "ben")).code, 0);
    const ended = await stack.outcome(process);
    assert.equal(ended.code, 0, ended.stderr);
    const watched = await watcher.ended;
    assert.equal(watched.code, 0, watched.stderr);
    assert.match(`${watched.stderr}${watched.stdout}`, /ben/);
    assert.match(watched.stdout, new RegExp(ended.record.id));
    assert.ok(ended.record.journal.some(({ event, detail }) => event === "approved" && detail.includes("ben")));
    assert.equal((await load.stop()).failed, 0);
  });

  it("history, explain and replay tell of a release from the ledger alone", async () => {
    await stack.stageNext();
    await using load = stack.load(harmless);
    const released = await stack.releaseStaged(["--json", "--by", "anna"]);
    assert.equal(released.code, 0, released.stderr);
    await load.stop();
    const result = JSON.parse(released.stdout) as ReleaseResult;
    const { id } = released.record;
    assert.deepEqual(
      { id: result.id, outcome: result.outcome, exitCode: result.exitCode },
      { id, outcome: "released", exitCode: 0 },
    );

    const [newest] = await json<readonly HistoryRow[]>("history");
    assert.deepEqual(
      { id: newest?.id, outcome: newest?.outcome, serves: newest?.serves, by: newest?.by },
      { id, outcome: "released", serves: true, by: "anna" },
    );
    assert.match((await command("history")).stdout, new RegExp(`\\b${id}\\b`));

    const html = path.join(stack.stack.folder, "report.html");
    const markdown = path.join(stack.stack.folder, "summary.md");
    await writeFile(markdown, "before\n");
    const { code, stdout, stderr } = await command("explain", id, "--html", html, "--markdown", markdown);
    assert.equal(code, 0, stderr);
    for (const share of ["10 %", "50 %", "100 %"]) assert.ok(stdout.includes(share), stdout);
    const page = await readFile(html, "utf8");
    assert.match(page, /^<!doctype html>/i);
    assert.ok(page.includes(released.record.template));
    assert.doesNotMatch(page, /(src|href)="https?:/, "the page is whole without the network");
    assert.match(await readFile(markdown, "utf8"), new RegExp(`^before\\n[^]*${id}`));
    const report = await json<ReleaseReport>("explain", "last");
    assert.deepEqual(report.result, result);

    assert.match((await command("replay", id)).stdout, new RegExp(id));
    const replayed = await command("replay", "last", "--set", "gate.errorRate.max=0.5%");
    assert.equal(replayed.code, 0, replayed.stderr);
    const unknown = await command("explain", "r9999");
    assert.equal(unknown.code, 12);
    assert.match(unknown.stderr, new RegExp(`no release r9999 .*${id}`));
  });

  it("quarantine lists what was rolled back, and lets it come again once it is lifted with a reason", async () => {
    await stack.stageNext({ faults: { errorShare: 1 } });
    const { code, record } = await stack.releaseStaged();
    assert.equal(code, 10);
    const { template } = record;
    const listed = await json<Pick<Ledger, "quarantine">>("quarantine", "list");
    assert.ok(listed.quarantine.some((entry) => entry.template === template && entry.reason === "smoke_test_failed"));
    assert.match((await command("quarantine", "list")).stdout, new RegExp(template));
    assert.match((await stack.stack.run("preview")).notes.join("\n"), /quarantined and not staged/);

    assert.equal((await command("quarantine", "lift", template)).code, 12, "a reason is asked for");
    const lifted = await command("quarantine", "lift", template, "--reason", "the test was at fault", "--by", "anna");
    assert.equal(lifted.code, 0, lifted.stderr);
    const ledger = await stack.stack.ledger();
    assert.ok(!ledger.quarantine.some((entry) => entry.template === template));
    assert.deepEqual(
      ledger.lifted?.filter((entry) => entry.template === template).map(({ why, liftedBy }) => ({ why, liftedBy })),
      [{ why: "the test was at fault", liftedBy: "anna" }],
    );
    assert.match((await stack.stack.run("preview")).notes.join("\n"), new RegExp(`${template} is staged`));
  });

  describe("release with a human gate", () => {
    it("goes back when the candidate turns bad while it waits for a person", async () => {
      await stack.stageNext({ faults: badWhenAsked, release: waitsForApproval });
      const { active } = await stack.stack.ledger();
      await using load = stack.load(harmless);
      await using process = stack.start(["release", "--staged"]);
      await stack.reaches(process, ["awaiting-approval"]);
      assert.equal((await stack.stack.weights())[active], 90);
      await using bad = stack.load(harmful);
      const { code, record, stderr } = await stack.outcome(process);
      assert.equal(code, 10, stderr);
      assert.equal(record.state.cause?.reason, "high_error_rate");
      assert.equal((await stack.stack.weights())[active], 100);
      assert.deepEqual([...(await load.stop()).errors, ...(await bad.stop()).errors], []);
    });

    it("goes back when nobody approves in time, and holds nothing against the candidate", async () => {
      await stack.stageNext({ release: approvalWithin("3s") });
      await using load = stack.load(harmless);
      const { code, record, ledger, stderr } = await stack.releaseStaged();
      assert.equal(code, 10, stderr);
      assert.equal(record.state.cause?.reason, "approval_timeout");
      assert.ok(!ledger.quarantine.some(({ template }) => template === record.template));
      assert.equal((await stack.replicas(record.slot)).desired, 0);
      assert.equal((await load.stop()).failed, 0);
    });
  });

  it("release under the policy hold stops where the last verdict was good, guards it there, and goes on when it is resumed", async () => {
    const thresholds = {
      errorRate: { ...quickRelease.thresholds.errorRate, onBreach: "hold" },
      p95Latency: { ...quickRelease.thresholds.p95Latency, onBreach: "hold" },
    };
    await stack.stageNext({ faults: badWhenAsked, release: { thresholds } });
    const { active } = await stack.stack.ledger();
    await using load = stack.load(harmless);
    await using process = stack.start(["release", "--staged"]);
    {
      await using bad = stack.load(harmful);
      const { state } = await stack.reaches(process, ["held"]);
      assert.equal(state.cause?.reason, "high_error_rate");
      assert.equal((await stack.stack.weights())[active], 100 - state.judged);
      assert.deepEqual((await bad.stop()).errors, []);
    }
    assert.match((await command("status")).stdout, /atom resume/);
    const resumed = await command("resume", "--by", "anna");
    assert.equal(resumed.code, 0, resumed.stderr);
    const { code, record, stderr } = await stack.outcome(process);
    assert.equal(code, 0, stderr);
    assert.ok(record.journal.some(({ event, detail }) => event === "resumed" && detail.includes("anna")));
    assert.deepEqual((await load.stop()).errors, []);
  });

  it("rollback in soak is one patch of the route, and shuts the releaser out; after it rollback --to brings an earlier version back", async () => {
    await stack.stageNext({ release: { soak: "10m" } });
    const { active } = await stack.stack.ledger();
    await using load = stack.load(harmless);
    await using process = stack.start(["release", "--staged"]);
    await stack.reaches(process, ["soaking"]);
    const generation = await stack.routeGeneration();
    const back = await command("rollback", "--reason", "customers call", "--by", "anna");
    assert.equal(back.code, 0, back.stderr);
    assert.equal(await stack.routeGeneration(), generation + 1);
    assert.equal((await stack.stack.weights())[active], 100);
    const ended = await stack.outcome(process);
    assert.equal(ended.code, 10, ended.stderr);
    assert.equal(ended.ledger.active, active);
    assert.match(ended.record.state.cause?.detail ?? "", /rolled back by anna: customers call/);

    await stack.stageNext();
    const next = await stack.releaseStaged();
    assert.equal(next.code, 0, next.stderr);
    const target = next.ledger.releases.find(({ template }) => template === next.record.from.template);
    assert.ok(target);
    const to = await stack.atom(["rollback", "--to", target.id]);
    assert.equal(to.code, 0, `${to.stdout}${to.stderr}`);
    assert.deepEqual(
      { template: to.record.template, slot: to.ledger.active, phase: to.record.state.phase },
      { template: target.template, slot: active, phase: "released" },
    );
    assert.equal((await load.stop()).failed, 0);
    const unknown = await command("rollback", "--to", "r9999");
    assert.equal(unknown.code, 12);
    assert.match(unknown.stderr, /r9999 of atom is not kept/);
  });

  it("abort takes a release back from another process, which ends without acting", async () => {
    await stack.stageNext({ release: staysAtTen });
    const { active } = await stack.stack.ledger();
    await using load = stack.load(harmless);
    await using process = stack.start(["release", "--staged"]);
    const { id } = await stack.reaches(process, ["measuring"]);
    const aborted = await json<ReleaseResult>("abort", "--reason", "customers call", "--by", "anna");
    assert.deepEqual({ id: aborted.id, outcome: aborted.outcome }, { id, outcome: "aborted" });
    const { code, record, ledger, stderr } = await stack.outcome(process);
    assert.equal(code, 10, stderr);
    assert.equal(record.state.cause?.detail, "aborted by anna: customers call");
    assert.equal((await stack.stack.weights())[active], 100);
    assert.ok(!ledger.quarantine.some(({ template }) => template === record.template));
    assert.equal((await load.stop()).failed, 0);
    const none = await command("abort");
    assert.equal(none.code, 12);
    assert.match(none.stderr, /no release of atom under way/);
  });

  it("release --observe judges what is under way, and moves nothing", async () => {
    await stack.stageNext({ release: waitsForApproval });
    await using load = stack.load(harmless);
    await using process = stack.start(["release", "--staged"]);
    await stack.reaches(process, ["awaiting-approval"]);
    const before = { route: await stack.routeGeneration(), ledger: await stack.stack.ledger() };
    const { code, stdout, stderr } = await command("release", "--staged", "--observe", "--json");
    assert.equal(code, 0, stderr);
    assert.equal((JSON.parse(stdout) as ReleaseResult).observed, true);
    assert.deepEqual({ route: await stack.routeGeneration(), ledger: await stack.stack.ledger() }, before);
    await abort(process);
    assert.equal((await load.stop()).failed, 0);
  });

  it("release --plan says in numbers what would happen, and changes nothing", async () => {
    await stack.stageNext();
    await using load = stack.load(harmless);
    const before = { route: await stack.routeGeneration(), ledger: await stack.stack.ledger() };
    const { code, stdout, stderr } = await command("release", "--plan");
    assert.equal(code, 0, stderr);
    for (const told of ["10 %", "50 %", "100 %", "requests"]) assert.ok(stdout.includes(told), stdout);
    const plan = await json<{ readonly forecast: { readonly steps: readonly unknown[] } }>("release", "--plan");
    assert.equal(plan.forecast.steps.length, 3);
    assert.deepEqual({ route: await stack.routeGeneration(), ledger: await stack.stack.ledger() }, before);
    assert.equal((await load.stop()).failed, 0);
  });

  it("release --hotfix skips the waits, and says so in the record", async () => {
    await stack.stageNext({
      release: {
        steps: [
          { weight: 10, wait: "10m" },
          { weight: 100, wait: "10m" },
        ],
        soak: "1s",
      },
    });
    await using load = stack.load(harmless);
    const { code, record, stderr } = await stack.releaseStaged(["--hotfix", "payments are down"]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      { mode: record.mode, hotfix: record.hotfix, phase: record.state.phase },
      { mode: "hotfix", hotfix: "payments are down", phase: "released" },
    );
    assert.equal((await load.stop()).failed, 0);
  });

  it("ends with 12 for a mistake, having changed nothing, and with 13 where the cluster does not answer", async () => {
    const idle = otherSlot((await stack.stack.ledger()).active);
    await stack.stack.kubectl.patch(stack.stack.namespace, `deployment/atom-${idle}`, "atom-release", {
      spec: { replicas: 0 },
    });
    const before = await stack.stack.ledger();
    for (const [words, message] of [
      [["release", "--staged"], /There is nothing to release/],
      [["release", "--staged", "--image", "atom.local/atom:0.0.0-other"], /nothing to release|holds .* and not/],
      [["release", "--plan", "--observe"], /choose one/],
      [["release", "--hotfix", " "], /--hotfix needs a reason/],
      [["release", "--no-such-option"], /unknown option/],
      [["approve"], /no release of atom under way/],
      [["status", "--service", "other"], /has no service "other" \(it has: atom\)/],
    ] as const) {
      const { code, stderr } = await command(...words);
      assert.equal(code, 12, `${words.join(" ")}: ${stderr}`);
      assert.match(stderr, message);
    }
    assert.deepEqual({ ...(await stack.stack.ledger()), fence: before.fence }, before);

    const kubeconfig = path.join(stack.stack.folder, "unreachable");
    await writeFile(
      kubeconfig,
      JSON.stringify({
        ...{ apiVersion: "v1", kind: "Config" },
        clusters: [{ name: "gone", cluster: { server: "https://127.0.0.1:1" } }],
        users: [{ name: "nobody", user: { token: "x" } }],
        contexts: [{ name: "gone", context: { cluster: "gone", user: "nobody" } }],
      }),
    );
    const unreachable = await command("history", "--kubeconfig", kubeconfig, "--context", "gone");
    assert.equal(unreachable.code, 13, unreachable.stderr);
    assert.match(unreachable.stderr, /ECONNREFUSED|nothing listens/);
  });
});
