// What users need in an emergency, on a real cluster and under load: secrets that change, a ledger in pieces.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { otherSlot, type SlotName } from "../../../components/names/slot-name.ts";
import { localSmokeUser } from "../../../platform/local/engine-environment.ts";
import { clusterDeadlineMs } from "../../support/cluster.ts";
import { eventually } from "../../support/eventually.ts";
import { noneFailed } from "../../support/load.ts";
import { calmRelease, ReleaseStack, type Change } from "../support/release-stack.ts";
import { encrypted } from "../support/stack-secrets.ts";
import { atom } from "../support/test-stack.ts";

/** A rollout, two releases and a few commands on two busy cores, in milliseconds. */
const drillMs = 480_000;

describe("In an emergency", function () {
  this.timeout(drillMs);
  let stack: ReleaseStack;

  before(async function () {
    this.timeout(clusterDeadlineMs);
    stack = await ReleaseStack.create("emergency", [atom("replicas"), 2]);
  });

  after(async () => {
    await stack[Symbol.asyncDispose]();
  });

  /** Stages the next version, for a release without hurry, and resolves to the slot that serves. */
  async function stageNext({ release = {}, ...change }: Change = {}): Promise<SlotName> {
    await stack.stageNext({ ...change, release: { ...calmRelease, ...release } });
    return (await stack.stack.ledger()).active;
  }

  const kubectl = (...words: string[]): Promise<string> =>
    stack.stack.kubectl.run([...words, "--namespace", stack.stack.namespace]);

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
    const pods = () => kubectl("get", "pods", "-l", `atom.dev/slot=${active}`, "-o", "name");
    const [pod = ""] = (await pods()).split("\n");
    await kubectl("delete", pod, "--wait=false");
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
    await kubectl("patch", "configmap/atom-ledger", "--type", "merge", "--patch-file", file);
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
