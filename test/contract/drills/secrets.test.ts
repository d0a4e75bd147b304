// A changed secret is a changed version: what `up` makes of it, after releases and users have changed the cluster. The real engine, the real API server.
import assert from "node:assert/strict";
import { controlPlane, FIRST_START_MS } from "../../support/control-plane.ts";
import { fakeKubelet } from "../../support/fake-kubelet.ts";
import { secretsNamed } from "../../../components/workload/secret-version.ts";
import { pastRelease, releaseUnderWay } from "../../components/slots/live.ts";
import { Checkout, fate, installMonitoringKinds, namespace, UP_MS } from "../checkout.ts";

type SlotName = "blue" | "green";

describe("a changed secret", function () {
  this.timeout(2 * UP_MS);
  let checkout: Checkout;
  let kubelet: AsyncDisposable;

  before(async function () {
    this.timeout(FIRST_START_MS);
    await installMonitoringKinds(await controlPlane());
  });

  beforeEach(async () => {
    checkout = await Checkout.create();
    kubelet = fakeKubelet(checkout.plane.kubeconfig, namespace, fate({ end: "succeeded" }));
    await checkout.run("up");
  });

  afterEach(async () => {
    await checkout.run("destroy");
    await kubelet[Symbol.asyncDispose]();
  });

  /** The Secret that a slot's pod template names. */
  const readBy = async (slot: SlotName): Promise<string> => {
    const { spec } = await checkout.plane.kubectl.get(namespace, `deployment/atom-${slot}`);
    const [name = "", ...others] = secretsNamed("atom", spec.template);
    assert.deepEqual(others, []);
    return name;
  };
  const valueIn = async (secret: string, key = "tokenSecret"): Promise<string> => {
    const { data } = await checkout.plane.kubectl.get(namespace, `secret/${secret}`);
    return Buffer.from(data?.[key] ?? "", "base64").toString("utf8");
  };
  const scale = (slot: SlotName, replicas: number): Promise<void> =>
    checkout.plane.kubectl.patch(namespace, `deployment/atom-${slot}`, "atom-release", { spec: { replicas } });
  /** All that a slot's Deployment and pods are made of. */
  const slotAndPods = async (slot: SlotName) => [
    await checkout.slot(slot),
    await readBy(slot),
    await checkout.pods(slot),
  ];

  it("is staged, and the serving slot keeps its template, its pods and its Secret; by name, and never by value", async () => {
    const value = "a token secret of the second version";
    const before = await slotAndPods("blue");
    const first = await readBy("blue");
    const old = await valueIn(first);
    await checkout.setSecret("tokenSecret", value);
    let output = "";
    const onOutput = (text: string): void => {
      output += text;
    };
    const { notes } = await checkout.run("preview", { onOutput, diff: true });
    assert.match(notes.join("\n"), /atom: tokenSecret differs from what blue serves with\. blue keeps what it has/);
    await checkout.run("up", { onOutput, diff: true });
    const second = await readBy("green");
    assert.notEqual(second, first);
    assert.deepEqual([await valueIn(first), await valueIn(second)], [old, value]);
    assert.deepEqual(await slotAndPods("blue"), before);
    assert.equal((await checkout.slot("green")).replicas, 2);
    for (const form of [value, Buffer.from(value).toString("base64"), old, Buffer.from(old).toString("base64")])
      assert.ok(!`${output}${notes.join("\n")}`.includes(form));
    assert.equal((await checkout.run("up")).changed, false);

    // An abort takes the candidate's pods away; the same file stages the same again, under the same name.
    await scale("green", 0);
    await checkout.run("up");
    assert.deepEqual([await readBy("green"), (await checkout.slot("green")).replicas], [second, 2]);
    // What the file said before has the name that it had before, so that there is nothing to stage.
    await checkout.setSecret("tokenSecret", old);
    const reverted = await checkout.run("up");
    assert.doesNotMatch(reverted.notes.join("\n"), /differ/);
    assert.deepEqual(await slotAndPods("blue"), before);
  });

  it("cannot be made in place by hand, and a Secret that was deleted is made anew with its content by the next up", async () => {
    const before = await slotAndPods("blue");
    const name = await readBy("blue");
    const old = await valueIn(name);
    const data = { tokenSecret: Buffer.from("by hand").toString("base64") };
    await assert.rejects(checkout.plane.kubectl.patch(namespace, `secret/${name}`, "by-hand", { data }), /immutable/);
    await checkout.plane.kubectl.run(["delete", "secret", name, "-n", namespace]);
    await checkout.run("up");
    assert.equal(await valueIn(name), old);
    assert.deepEqual(await slotAndPods("blue"), before);
    assert.equal((await checkout.run("up", { refresh: true })).changed, false);
  });

  it("after an upgrade from one Secret without versions: the serving pods keep it until no slot names it", async () => {
    const versioned = await readBy("blue");
    await checkout.asBeforeVersions(versioned);
    assert.deepEqual([await readBy("blue"), await readBy("green")], ["atom-secrets", "atom-secrets"]);
    const before = [await slotAndPods("blue"), await checkout.uidOf("secret/atom-secrets")];
    const { notes } = await checkout.run("up");
    assert.match(notes.join("\n"), /is staged in green at 0 %/);
    assert.deepEqual([await slotAndPods("blue"), await checkout.uidOf("secret/atom-secrets")], before);
    const staged = await readBy("green");
    assert.deepEqual(await checkout.versions(), ["atom-secrets", staged]);
    assert.equal(await valueIn(staged), await valueIn("atom-secrets"));
    assert.equal((await checkout.run("up")).changed, false);
    // It is released, and the next version is staged in the slot that served before.
    await checkout.promote("green");
    await scale("blue", 0);
    await checkout.setImage("0.2.0");
    await checkout.run("up");
    await checkout.run("up");
    assert.deepEqual(await checkout.versions(), [staged]);
  });

  it("keeps the Secrets that a rollback needs, and is rid of one with the first up after nothing names it", async () => {
    const first = await readBy("blue");
    await checkout.setSecret("tokenSecret", "second");
    await checkout.run("up");
    const second = await readBy("green");
    // The slots were read before this run changed one of them, so what both of them had is there until the next.
    await checkout.setSecret("tokenSecret", "third");
    await checkout.run("up");
    const third = await readBy("green");
    assert.deepEqual(await checkout.versions(), [first, second, third].sort());
    const podTemplate = { spec: { containers: [{ env: [{ valueFrom: { secretKeyRef: { name: second } } }] }] } };
    await checkout.ledger({ releases: [{ ...pastRelease, outcome: "released", podTemplate }] });
    assert.equal((await checkout.run("up")).changed, false);
    assert.deepEqual(await checkout.versions(), [first, second, third].sort());
    await checkout.ledger({ releases: [{ ...pastRelease, outcome: "rolled-back", podTemplate }] });
    assert.deepEqual((await checkout.run("up")).changes.delete, 1);
    assert.deepEqual(await checkout.versions(), [first, third].sort());
    assert.equal(await valueIn(third), "third");
  });

  it("reaches no slot while a release is under way, and is staged after it", async () => {
    await checkout.ledger({ current: releaseUnderWay });
    const before = [await slotAndPods("blue"), await readBy("green")];
    await checkout.setSecret("tokenSecret", "second");
    const { notes } = await checkout.run("up");
    assert.match(notes.join("\n"), /release r-7 is under way[^]*tokenSecret differs/);
    assert.deepEqual([await slotAndPods("blue"), await readBy("green")], before);
    await checkout.ledger({ current: null });
    await checkout.run("up");
    assert.equal(await valueIn(await readBy("green")), "second");
    assert.deepEqual(await slotAndPods("blue"), before[0]);
  });

  it("of the migrations alone is one too: they run with it before its version's pods start", async () => {
    await checkout.setSecret("smokeTestPassword", "another one");
    const { notes } = await checkout.run("up");
    assert.match(notes.join("\n"), /atom: smokeTestPassword differs/);
    const jobs = await checkout.plane.kubectl.run(["get", "jobs", "-n", namespace, "-o", "json"]);
    const { items } = JSON.parse(jobs) as { items: { spec: { template: unknown } }[] };
    const [secret = ""] = items.flatMap(({ spec }) => secretsNamed("atom", spec.template));
    assert.deepEqual([secret, await valueIn(secret, "smokeTestPassword")], [await readBy("green"), "another one"]);
  });
});
