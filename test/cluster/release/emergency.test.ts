// What users do in an emergency, on a real cluster and under load: secrets that changed, a version that turns bad after its release, a ledger in pieces.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { otherSlot, type SlotName } from "../../../components/names/slot-name.ts";
import { localSmokeUser } from "../../../platform/local/engine-environment.ts";
import { clusterDeadlineMs } from "../../support/cluster.ts";
import { eventually } from "../../support/eventually.ts";
import { killWhen } from "../../support/kill-when.ts";
import { noneFailed } from "../../support/load.ts";
import { AtomProcess } from "../support/atom-process.ts";
import { calmRelease, ReleaseStack, type Change } from "../support/release-stack.ts";
import { ReleaseWatch } from "../support/release-watch.ts";
import { encrypted } from "../support/stack-secrets.ts";
import { atom, type Setting } from "../support/test-stack.ts";

const stackCommand = path.join(import.meta.dirname, "..", "..", "..", "platform", "commands", "stack.ts");

/** A rollout, two releases and a few commands on two busy cores, in milliseconds. */
const drillMs = 480_000;

/** Users' requests that {@link badWhenAsked} fails: a version that turns bad when a test wants it to. */
const badWhenAsked = { errorShare: 1, routes: ["/api/skills"], exceptHeader: "authorization" };

describe("In an emergency", function () {
  this.timeout(drillMs);
  let stack: ReleaseStack;

  before(async function () {
    this.timeout(clusterDeadlineMs);
    // An approval may take a month, and the alert about a release that is stuck comes later than that.
    const patient: Setting = [["atom:alerts", "rules", "releaseStuck", "after"], "800h"];
    stack = await ReleaseStack.create("emergency", [atom("replicas"), 2], patient);
  });

  after(async () => {
    await stack[Symbol.asyncDispose]();
  });

  /** Stages the next version, for a release without hurry, and resolves to the slot that serves. */
  async function stageNext({ release = {}, ...change }: Change = {}): Promise<SlotName> {
    await stack.stageNext({ ...change, release: { ...calmRelease, ...release } });
    return (await stack.stack.ledger()).active;
  }

  /** Users who have logged in, of whom some ask again and again. */
  const withToken = (token: string, maxRequests = 200_000) =>
    stack.load({ clients: 3, pauseMs: 20, headers: { authorization: `Bearer ${token}` }, maxRequests });

  async function logIn(): Promise<string> {
    const { host, shared } = stack.stack;
    const { stdout } = await promisify(execFile)("curl", [
      ...["--silent", "--show-error", "--fail", "--max-time", "20", "--header", `host: ${host}`],
      ...["--json", JSON.stringify(localSmokeUser), `${shared.cluster.gatewayUrl}/api/auth/login`],
    ]);
    return (JSON.parse(stdout) as { readonly access_token: string }).access_token;
  }

  it("a changed secret comes to no user with a pod that restarts; released it holds for all, and after the rollback the old one does", async () => {
    const token = await logIn();
    const settings = await encrypted(stack.stack, { tokenSecret: "a token secret that only this drill has" });
    await using users = withToken(token);
    const active = await stageNext({ settings, release: { soak: "10m" } });
    const pods = () => stack.kubectl("get", "pods", "-l", `atom.dev/slot=${active}`, "-o", "name");
    const [pod = ""] = (await pods()).split("\n");
    await stack.kubectl("delete", pod, "--wait=false");
    await eventually("the pod is gone", async () => ((await pods()).includes(pod) ? undefined : true), 120_000);
    await stack.rolledOut(active);
    const before = await users.stop();
    noneFailed(before);
    assert.deepEqual(Object.keys(before.statuses), ["200"], "no token was refused");

    await using process = stack.start(["release", "--staged"]);
    await using others = stack.load({ clients: 2, pauseMs: 20 });
    await stack.reaches(process, ["soaking"]);
    assert.deepEqual((await withToken(await logIn(), 150).finished()).statuses, { 200: 150 });
    assert.deepEqual((await withToken(token, 150).finished()).statuses, { 401: 150 });
    const back = await stack.atom(["rollback", "--reason", "users have to log in again"]);
    assert.equal(back.code, 0, back.stderr);
    await process.ended;
    assert.equal(back.ledger.active, active);
    assert.deepEqual((await withToken(token, 150).finished()).statuses, { 200: 150 });
    noneFailed(await others.stop());
  });

  it("rollback --now after the soak, outside the checkout, sends all users to the kept version in one patch once it has its pods, and up leaves it so", async () => {
    const steps = [{ weight: 10, wait: "2s" }, { pause: "approval" }, { weight: 100, wait: "2s" }];
    const deadlines = { ...calmRelease.deadlines, approval: "720h" };
    const before = await stageNext({ faults: badWhenAsked, release: { steps, deadlines } });
    const bad = otherSlot(before);
    await using harmless = stack.load({ path: "/api/harmless", clients: 2, pauseMs: 20 });
    {
      await using process = stack.start(["release", "--staged"]);
      await stack.reaches(process, ["awaiting-approval"]);
      assert.equal((await stack.atom(["approve"])).code, 0);
      const ended = await stack.outcome(process);
      assert.equal(ended.code, 0, ended.stderr);
    }
    assert.deepEqual([(await stack.stack.ledger()).active, (await stack.replicas(before)).desired], [bad, 0]);

    await using harmed = stack.load({ clients: 2, pauseMs: 20 });
    await using watch = await ReleaseWatch.start(stack.stack);
    const folder = await mkdtemp(path.join(tmpdir(), "atom-elsewhere-"));
    const { kubeconfig, context } = stack.stack.shared.cluster;
    const words = ["rollback", "--now", "--kubeconfig", kubeconfig, "--context", context, "--reason", "logins fail"];
    await using process = new AtomProcess(stack.stack, words, {}, folder);
    const { code, stdout, stderr, record, ledger } = await stack.outcome(process);
    await rm(folder, { recursive: true });
    assert.equal(code, 0, `${stdout}${stderr}`);
    await watch.settled();
    assert.deepEqual(watch.sharesOf(before), [0, 100]);
    assert.deepEqual([ledger.active, record.emergency, record.state.phase], [before, true, "released"]);
    assert.deepEqual(watch.unjournalled(), []);
    assert.equal((await stack.replicas(before)).ready, 2);
    const lastLine = stdout.trimEnd().split("\n").at(-1) ?? "";
    assert.match(lastLine, new RegExp(`\\(${before}\\) serves all traffic; verified: `));
    const after = (event: string): number =>
      Date.parse(record.journal.find((line) => line.event === event)?.at ?? "") - Date.parse(record.startedAt);
    console.log(
      `        pods ready after ${after("ready")} ms, all traffic after ${after("shifted")} ms, verified after ${after("confirmed")} ms`,
    );
    assert.ok(after("ready") <= after("shifted") && after("shifted") <= after("confirmed"), stdout);
    assert.ok((await harmed.stop()).failed > 0);
    assert.deepEqual((await stack.load({ clients: 2, maxRequests: 100 }).finished()).failed, 0);
    noneFailed(await harmless.stop());

    const up = await stack.stack.run("up");
    assert.match(up.notes.join("\n"), /was rolled back .*; it is not staged again, and \w+ goes on serving/);
    const again = await stack.atom(["release"]);
    assert.equal(again.code, 12, again.stderr);
    assert.equal((await stack.stack.ledger()).active, before);
  });

  it("atom release after an up that was killed in its migration releases what the file says, and not what lay in the slot from before", async () => {
    const active = await stageNext();
    const candidate = otherSlot(active);
    await using load = stack.load({ clients: 2, pauseMs: 20 });
    await stack.configure({ env: { FEATURE: "as the file says" }, release: calmRelease });
    await killUpInMigration();
    const released = await stack.release();
    assert.equal(released.code, 0, released.stderr);
    assert.equal(released.ledger.active, candidate);
    const { spec } = await stack.stack.get(`deployment/atom-${candidate}`);
    assert.match(JSON.stringify(spec), /"name":"FEATURE","value":"as the file says"/);
    noneFailed(await load.stop());
  });

  /** Starts `up`, and kills it with all its processes once its migration is there. */
  async function killUpInMigration(): Promise<void> {
    const jobs = () => stack.kubectl("get", "jobs", "-o", "jsonpath={range .items[*]}{.metadata.uid}{'\\n'}{end}");
    const before = await jobs();
    const { name, folder, env } = stack.stack;
    const child = spawn(process.execPath, [stackCommand, "up", "--stack", name, "--yes"], {
      ...{ cwd: folder, env: { ...process.env, ...env }, detached: true, stdio: "ignore" },
    });
    const reached = async (): Promise<boolean> => (await jobs()).split("\n").some((job) => !before.includes(job));
    const output = () => "up has ended";
    await killWhen(child, { what: "the migration is there", reached, output, deadlineMs: 120_000 });
  }

  it("abort works after a releaser was killed, on a ledger whose plan is 10,000 brackets deep and with an ATOM_CHANGE that is no JSON", async () => {
    const steps = [
      { weight: 10, wait: "10m" },
      { weight: 100, wait: "2s" },
    ];
    const active = await stageNext({ release: { steps } });
    await using users = stack.load({ clients: 3, pauseMs: 20 });
    await using process = stack.start(["release", "--staged"]);
    await stack.reaches(process, ["measuring"]);
    process.signal("SIGKILL");
    await process.ended;
    const { current, ...rest } = await stack.stack.ledger();
    const deep = "[".repeat(10_000) + "]".repeat(10_000);
    const text = JSON.stringify({ ...rest, current: { ...current, plan: "deep" } }).replace('"deep"', deep);
    const file = path.join(stack.stack.folder, "ledger.json");
    await writeFile(file, JSON.stringify({ data: { "ledger.json": text } }));
    await stack.kubectl("patch", "configmap/atom-ledger", "--type", "merge", "--patch-file", file);
    const variables = { ATOM_CHANGE: "{bad" };
    const status = await stack.atom(["status"], variables);
    assert.deepEqual([status.code, /^\s+at /m.test(status.stderr)], [0, false], status.stderr);
    assert.match(status.stdout, /atom abort/);
    const aborted = await stack.atom(["abort", "--reason", "a drill"], variables);
    assert.deepEqual([aborted.code, /^\s+at /m.test(aborted.stderr)], [0, false], aborted.stderr);
    assert.deepEqual([aborted.ledger.current, aborted.ledger.active], [null, active]);
    assert.deepEqual(await stack.stack.weights(), { [active]: 100, [otherSlot(active)]: 0 });
    noneFailed(await users.stop());
    assert.equal((await stack.atom(["history"], variables)).code, 0);
    assert.equal(await stageNext(), active, "the next version can be staged");
  });
});
