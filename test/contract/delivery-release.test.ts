import assert from "node:assert/strict";
import { runRelease, takeBack } from "../../delivery/release/releaser.ts";
import { controlPlane, FIRST_START_MS } from "../support/control-plane.ts";
import { eventually } from "../support/eventually.ts";
import { ReleaseWorld } from "./release-world.ts";

const { signal } = new AbortController();
const signals = { abort: signal, leave: signal };

/** Whole releases with a real API server and its Deployment controller; only requests and their counters are made up. */
describe("a release on a real API server", function () {
  this.timeout(60_000);

  let world: ReleaseWorld;

  before(async function () {
    this.timeout(FIRST_START_MS);
    await controlPlane();
  });

  beforeEach(async () => {
    world = await ReleaseWorld.create(await controlPlane());
  });

  afterEach(async () => {
    await world[Symbol.asyncDispose]();
  });

  it("moves all traffic to a good candidate and takes the old slot's pods away", async () => {
    await world.stage("green", "bbbbbbbbbbbb");
    const { state } = await runRelease(world.releaser("anna"), { by: "anna" }, signals);
    assert.equal(state.phase, "released", JSON.stringify(state));
    assert.equal(await world.percent(), 100);
    assert.deepEqual([await world.replicas("green"), await world.replicas("blue")], [2, 0]);
    const { active, current, releases } = await world.store.read(signal);
    assert.deepEqual([active, current, releases.map(({ id }) => id)], ["green", null, ["r1", "r0"]]);
    const image = releases[1]?.podTemplate as { spec?: { containers?: { image?: string }[] } } | undefined;
    assert.equal(image?.spec?.containers?.[0]?.image, "registry.test/atom:aaaaaaaaaaaa");
  });

  it("takes a bad candidate back within half a second of the verdict, and its pods away", async () => {
    await world.stage("green", "bbbbbbbbbbbb");
    const ended = runRelease(world.releaser("anna"), { by: "anna" }, signals);
    await eventually("there is traffic on the candidate", async () =>
      (await world.store.read(signal)).current?.state.phase === "measuring" ? true : undefined,
    );
    world.fate.failing = true;
    await eventually("the traffic is back", async () => ((await world.percent()) === 0 ? true : undefined));
    const { state } = await ended;
    assert.deepEqual([state.phase, state.cause?.reason], ["rolled-back", "high_error_rate"]);
    const ledger = await world.store.read(signal);
    const at = (event: string): number =>
      Date.parse(ledger.releases[0]?.journal.find((line) => line.event === event)?.at ?? "");
    // From the verdict to the API server's answer to the patch, on whatever machine this is.
    assert.ok(at("returned") - at("failed") < 500, `${at("returned") - at("failed")} ms`);
    assert.equal(await world.replicas("green"), 0);
    assert.equal(ledger.quarantine[0]?.template, "bbbbbbbbbbbb");
  });

  it("gives no traffic to a candidate whose image is missing, and says so", async () => {
    world.fate.imageMissing = true;
    await world.stage("green", "bbbbbbbbbbbb");
    const { state } = await runRelease(world.releaser("anna"), { by: "anna" }, signals);
    assert.equal(state.cause?.reason, "pods_unavailable");
    assert.match(state.cause.detail, /^atom-green-.*: ErrImageNeverPull: image "atom:none" is not present$/);
    assert.equal(await world.percent(), 0);
    assert.equal(await world.replicas("green"), 0);
  });

  it("is taken back from under its releaser by somebody else at once", async () => {
    await world.stage("green", "bbbbbbbbbbbb");
    const ended = runRelease(world.releaser("anna", { wait: 30_000 }), { by: "anna" }, signals);
    const lost = assert.rejects(ended, { name: "LeaseLostError", how: "taken" });
    await eventually("there is traffic on the candidate", async () =>
      (await world.store.read(signal)).current?.state.phase === "measuring" ? true : undefined,
    );
    await assert.rejects(runRelease(world.releaser("ben"), { by: "ben" }, signals), { refusal: "locked" });
    const { state } = await takeBack(world.releaser("carl"), "carl at the console", signals);
    assert.deepEqual([state.phase, state.cause?.detail], ["aborted", "carl at the console"]);
    await lost;
    assert.equal(await world.percent(), 0);
  });

  it("has its weights again when kubectl sets others, and ends when kubectl changes what is judged", async () => {
    await world.stage("green", "bbbbbbbbbbbb");
    const ended = runRelease(world.releaser("anna", { wait: 60_000 }), { by: "anna" }, signals);
    await eventually("there is traffic on the candidate", async () =>
      (await world.store.read(signal)).current?.state.phase === "measuring" ? true : undefined,
    );
    const { kubectl } = world.plane;
    const weights = [0, 100].map((value, slot) => ({
      ...{ op: "replace", path: `/spec/http/1/route/${slot}/weight`, value },
    }));
    const where = ["--namespace", world.namespace];
    await kubectl.run(["patch", "virtualservice/atom", ...where, "--type", "json", "--patch", JSON.stringify(weights)]);
    await eventually("the weight is put back", async () => ((await world.percent()) === 10 ? true : undefined));
    await kubectl.run(["set", "env", "deployment/atom-green", ...where, "HOTPATCH=unreviewed"]);
    const { state } = await ended;
    assert.deepEqual([state.phase, state.cause?.reason], ["aborted", "superseded"]);
    assert.equal(
      state.cause?.detail,
      "Deployment atom-green was changed by kubectl-set: spec.containers.atom.env (added)",
    );
    assert.equal(await world.percent(), 0);
    const { releases, quarantine } = await world.store.read(signal);
    assert.deepEqual(quarantine, []);
    const noted = releases[0]?.journal.find(({ event }) => event === "noted")?.detail;
    assert.match(
      noted ?? "",
      /^VirtualService atom was moved by kubectl-patch to blue 0, green 100 where blue 90, green 10 is due; put back in/,
    );
  });
});
