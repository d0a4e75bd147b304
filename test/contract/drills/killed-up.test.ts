// `kill -9` of an `up` at several points, and then the same `up` again: the real engine, the real API server.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import path from "node:path";
import { controlPlane, FIRST_START_MS } from "../../support/control-plane.ts";
import { eventually } from "../../support/eventually.ts";
import { killWhen } from "../../support/kill-when.ts";
import { fakeKubelet, fates, type PodFate } from "../../support/fake-kubelet.ts";
import { Checkout, installMonitoringKinds, namespace, UP_MS } from "../checkout.ts";

const script = path.join(import.meta.dirname, "killed-up.ts");

describe("an up that is killed", function () {
  // Each runs several.
  this.timeout(3 * UP_MS);
  let checkout: Checkout;
  let kubelet: AsyncDisposable;
  /** What becomes of the pods of migrations, and of those that serve; undefined leaves them as they are. */
  let pods: { migrate: PodFate; serve: PodFate };

  before(async function () {
    this.timeout(FIRST_START_MS);
    await installMonitoringKinds(await controlPlane());
  });

  beforeEach(async () => {
    // What an interrupted update made is adopted by variables of the engine.
    checkout = await Checkout.create({ asProcess: true });
    pods = { migrate: fates.succeeded, serve: fates.ready };
    kubelet = fakeKubelet(checkout.plane.kubeconfig, namespace, (pod) =>
      pod.metadata?.labels?.["app.kubernetes.io/name"] === "atom" ? pods.serve(pod) : pods.migrate(pod),
    );
  });

  afterEach(async () => {
    await checkout.run("destroy");
    await kubelet[Symbol.asyncDispose]();
    assert.equal(await checkout.plane.kubectl.run(["get", "namespace", namespace, "--ignore-not-found"]), "");
  });

  /** Starts `up`, and kills it with all its processes as soon as `reached` says so. */
  async function killUp(what: string, reached: () => Promise<boolean>): Promise<void> {
    const child = spawn(process.execPath, [script], { detached: true, stdio: ["pipe", "pipe", "inherit"] });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stdin.end(JSON.stringify(checkout.options("up")));
    await killWhen(child, { what, reached, output: () => output, deadlineMs: UP_MS / 2 });
  }

  const has = (object: string) => (): Promise<boolean> => checkout.plane.kubectl.has(namespace, object);
  const never: PodFate = () => undefined;

  /** The stack is as if nothing had happened, and the next `up` has nothing to do and nothing to say. */
  async function isWhole(): Promise<void> {
    const again = await checkout.run("up", { refresh: true });
    assert.deepEqual([again.changed, again.notes], [false, []], JSON.stringify(again.changes));
    assert.deepEqual(await checkout.weights(), [100, 0]);
  }

  it("while the first migration runs: the same up adopts its Job, and comes up", async () => {
    pods.migrate = never;
    await killUp("the migration runs", async () => (await jobs()).length === 1);
    const [job] = await jobs();
    pods.migrate = fates.succeeded;
    const { notes } = await checkout.run("up");
    assert.match(notes.join("\n"), /interrupted while it made .*Job atom-migration.*: what exists of it is adopted/);
    assert.deepEqual(await jobs(), [job]);
    await isWhole();
  });

  it("while the migration of a new version replaces the one before: the same up stages it", async () => {
    await checkout.run("up");
    pods.migrate = never;
    await checkout.setImage("0.2.0");
    const [before] = await jobs();
    await killUp("the new migration runs", async () => (await jobs()).some((job) => job !== before));
    pods.migrate = fates.succeeded;
    const { notes } = await checkout.run("up");
    assert.match(notes.join("\n"), /Job atom-migration/);
    const { image, replicas } = await checkout.slot("green");
    assert.deepEqual([image, replicas], ["atom.local/atom:0.2.0", 2]);
    const again = await checkout.run("up", { refresh: true });
    assert.equal(again.changed, false, JSON.stringify(again.changes));
  });

  it("while the migration of a new version runs, which is then reverted: nothing is staged", async () => {
    await checkout.run("up");
    pods.migrate = never;
    await checkout.setImage("0.2.0");
    const [before] = await jobs();
    await killUp("the new migration runs", async () => (await jobs()).some((job) => job !== before));
    pods.migrate = fates.succeeded;
    await checkout.setImage("0.1.0");
    await checkout.run("up");
    assert.equal((await checkout.slot("green")).replicas, 0);
    await isWhole();
  });

  it("with a migration that failed meanwhile: the next up tries it again", async () => {
    await checkout.run("up");
    pods.migrate = fates.failed;
    await checkout.setImage("0.2.0");
    const [before] = await jobs();
    await killUp("the new migration runs", async () => (await jobs()).some((job) => job !== before));
    await eventually(
      "the migration has failed",
      async () => ((await failedJobs()) === 1 ? true : undefined),
      UP_MS / 2,
    );
    pods.migrate = fates.succeeded;
    await checkout.run("up");
    assert.equal((await checkout.slot("green")).replicas, 2);
  });

  it("while it waits for the first pods: the same up comes up", async () => {
    pods.serve = never;
    await killUp("the Deployment is there", has("deployment/atom-blue"));
    pods.serve = fates.ready;
    await checkout.run("up");
    await isWhole();
  });

  it("while it waits for a candidate's pods: the same up stages it", async () => {
    await checkout.run("up");
    pods.serve = never;
    await checkout.setImage("0.2.0");
    await killUp("the candidate has replicas", async () => (await checkout.slot("green")).replicas === 2);
    pods.serve = fates.ready;
    await checkout.run("up");
    assert.equal((await checkout.slot("green")).image, "atom.local/atom:0.2.0");
    assert.equal((await checkout.run("preview")).changed, false);
  });

  it("as soon as the namespace is there, and again: the third up comes up", async () => {
    await killUp("the namespace is there", async () => (await namespaces()) !== "");
    pods.migrate = never;
    await killUp("the migration runs", async () => (await jobs()).length === 1);
    pods.migrate = fates.succeeded;
    await checkout.run("up");
    await isWhole();
  });

  it("and whose change goes on in the file: the next up adopts what the one before made, with the new values", async () => {
    pods.serve = never;
    await killUp("the Deployment is there", has("deployment/atom-blue"));
    pods.serve = fates.ready;
    await checkout.setImage("0.3.0");
    await checkout.run("up");
    assert.equal((await checkout.slot("blue")).image, "atom.local/atom:0.3.0");
    await isWhole();
  });

  it("between a changed secret and its version: the same up stages it under the same name, and the serving slot keeps its own", async () => {
    await checkout.run("up");
    const [serving = ""] = await checkout.versions();
    const before = [
      await checkout.slot("blue"),
      await checkout.pods("blue"),
      await checkout.uidOf(`secret/${serving}`),
    ];
    pods.migrate = never;
    await checkout.setSecret("tokenSecret", "another one");
    await killUp("the new Secret is there", async () => (await checkout.versions()).length === 2);
    const versions = await checkout.versions();
    const key = await checkout.uidOf("secret/atom-version-key");
    pods.migrate = fates.succeeded;
    await checkout.run("up");
    assert.deepEqual(await checkout.versions(), versions);
    assert.equal(await checkout.uidOf("secret/atom-version-key"), key);
    assert.equal((await checkout.slot("green")).replicas, 2);
    assert.deepEqual(
      [await checkout.slot("blue"), await checkout.pods("blue"), await checkout.uidOf(`secret/${serving}`)],
      before,
    );
    assert.equal((await checkout.run("up", { refresh: true })).changed, false);
  });

  it("as soon as the key of its Secrets' names is there: the same up comes up, with that key", async () => {
    await killUp("the key is there", has("secret/atom-version-key"));
    const key = await checkout.uidOf("secret/atom-version-key");
    await checkout.run("up");
    assert.equal(await checkout.uidOf("secret/atom-version-key"), key);
    assert.equal((await checkout.versions()).length, 1);
    await isWhole();
  });

  /** UIDs of the migrations' Jobs. */
  async function jobs(): Promise<string[]> {
    const columns = "jsonpath={range .items[*]}{.metadata.uid}{'\\n'}{end}";
    const list = await checkout.plane.kubectl.run(["get", "jobs", "-n", namespace, "-o", columns]);
    return list.trim().split("\n").filter(Boolean);
  }

  async function failedJobs(): Promise<number> {
    const columns = "jsonpath={range .items[*]}{.status.conditions[?(@.type=='Failed')].status}{'\\n'}{end}";
    const list = await checkout.plane.kubectl.run(["get", "jobs", "-n", namespace, "-o", columns]);
    return list.split("\n").filter((line) => line === "True").length;
  }

  function namespaces(): Promise<string> {
    return checkout.plane.kubectl.run(["get", "namespace", namespace, "--ignore-not-found"]);
  }
});
