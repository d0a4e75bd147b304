// What is put back when somebody else moves the traffic of a release: weights, and the Service of the service's own name.
import assert from "node:assert/strict";
import { ForbiddenError, UnreachableError } from "../../../delivery/cluster/errors.ts";
import { services } from "../../../delivery/cluster/resources.ts";
import type { JudgedObject } from "../../../delivery/release/judged-object.ts";
import { KeptTraffic } from "../../../delivery/release/kept-traffic.ts";
import type { Router } from "../../../delivery/release/ports.ts";
import type { SessionEnd } from "../../../delivery/release/session.ts";
import type { Phase } from "../../../delivery/release/state.ts";
import type { Subject } from "../../../delivery/release/subject.ts";
import { IstioRouter } from "../../../delivery/router/istio.ts";
import { releasePlan } from "../support/plans.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import type { Releaser } from "./releaser.ts";
import { World } from "./world.ts";

const name = { namespace: "atom-staging", name: "atom" };
const plan = releasePlan({
  steps: [
    { percent: 10, wait: 6_000 },
    { percent: 100, wait: 4_000 },
  ],
  soak: 4_000,
});
const selectorOf = (slot: string) => ({ "app.kubernetes.io/name": "atom", "atom.dev/slot": slot });

/** A release whose router turns the Service as Istio's does. */
function release(releaser: Releaser): Promise<SessionEnd> {
  return releaser.release(
    {},
    {
      adapters: (tools, subject) => {
        const inWorld = releaser.adapters(tools, subject);
        const istio = new IstioRouter({
          writer: tools.writer,
          namespace: name.namespace,
          http: { service: "atom", port: 8000, timeout: 30_000, retries: { attempts: 0, perTryTimeout: 0, on: [] } },
          shares: [],
          served: { servedSince: () => Promise.resolve([]) },
        });
        return {
          ...inWorld,
          router: { ...inWorld.router, selectSlot: (slot, signal) => istio.selectSlot(slot, signal) },
        };
      },
    },
  );
}

async function until(world: World, isTrue: () => boolean): Promise<number> {
  const start = world.clock.monotonic();
  while (!isTrue()) await world.clock.pass(100);
  return world.clock.monotonic() - start;
}

/** A world in which a release has come to this phase and weight. */
async function releaseAt(percent: number, phase: Phase, world = new World(plan)) {
  world.cluster.put(services, { metadata: name, spec: { selector: selectorOf("blue"), ports: [{ port: 8000 }] } });
  const releaser = world.releaser();
  const over = release(releaser);
  await until(world, () => {
    const state = world.ledger.current?.state;
    return state?.phase === phase && state.percent === percent;
  });
  await world.clock.pass(1_000);
  return { world, releaser, over };
}

const selected = (world: World) => world.cluster.peek(services, name).spec?.selector;

/** What `kubectl edit service` does. */
function select(world: World, selector: Record<string, string>): void {
  const live = world.cluster.peek(services, name);
  const managedFields = [{ manager: "kubectl-edit", time: "2026-01-01T00:00:00Z" }];
  world.cluster.put(services, {
    ...live,
    metadata: { ...live.metadata, managedFields },
    spec: { ...live.spec, selector },
  });
}

const notes = (world: World, about: string) =>
  world.journal.filter(({ event, detail }) => event === "noted" && detail.includes(about)).map(({ detail }) => detail);

describe("the Service of the service's own name, moved by others", () => {
  it("is put back within a second, told once, and the release goes on", async () => {
    const { world, over } = await releaseAt(10, "measuring");
    select(world, selectorOf("green"));
    assert.ok((await until(world, () => selected(world)?.["atom.dev/slot"] === "blue")) <= 1_000);
    assert.equal((await world.clock.settle(over)).state.phase, "released");
    assert.deepEqual(notes(world, "was moved"), [
      "Service atom was moved by kubectl-edit to app.kubernetes.io/name atom, atom.dev/slot green where app.kubernetes.io/name atom, " +
        "atom.dev/slot blue is due; put back in 0.0 s",
    ]);
    assert.deepEqual(selected(world), selectorOf("green"), "the releaser's own turn");
  });

  it("ends the release as superseded the second time in a row, and is turned back", async () => {
    const { world, over } = await releaseAt(100, "soaking");
    select(world, selectorOf("blue"));
    assert.ok((await until(world, () => selected(world)?.["atom.dev/slot"] === "green")) <= 1_000);
    select(world, { ...selectorOf("green"), team: "shop" });
    const { state } = await world.clock.settle(over);
    assert.deepEqual([state.phase, state.cause?.reason, world.percent], ["aborted", "superseded", 0]);
    assert.match(state.cause?.detail ?? "", /^Service atom was moved .*, twice in a row: somebody else moves/);
    assert.deepEqual(selected(world), selectorOf("blue"));
  });

  it("is put back beside weights that the same edit has moved, which is not twice in a row", async () => {
    const { world, over } = await releaseAt(10, "measuring");
    world.setWeight(50);
    select(world, selectorOf("green"));
    await until(world, () => selected(world)?.["atom.dev/slot"] === "blue" && world.percent === 10);
    assert.equal((await world.clock.settle(over)).state.phase, "released");
    assert.equal(notes(world, "was moved").length, 2);
  });

  it("ends the release where it selects no slot any more, which no release undoes", async () => {
    const { world, over } = await releaseAt(10, "measuring");
    select(world, { "app.kubernetes.io/name": "atom" });
    const { state } = await world.clock.settle(over);
    assert.deepEqual([state.phase, state.cause?.reason], ["aborted", "superseded"]);
    assert.equal(state.cause?.detail, "Service atom was changed by kubectl-edit: selector");
  });

  it("keeps no weight waiting where it cannot be put back for want of an answer", async () => {
    const { world, over } = await releaseAt(10, "measuring");
    world.cluster.before = async ({ verb, plural }) => {
      if (verb !== "patch" || plural !== "services") return;
      await world.clock.sleep(10_000, new AbortController().signal);
      throw new UnreachableError({ verb, target: "services atom", status: 500 }, "failed calling webhook");
    };
    select(world, selectorOf("green"));
    await world.clock.pass(500);
    world.setEnv("green", "unreviewed");
    assert.ok((await until(world, () => world.percent === 0)) <= 1_000);
    world.cluster.before = () => undefined;
    assert.equal((await world.clock.settle(over)).state.cause?.reason, "superseded");
  });

  it("is put back by a releaser that took over, too", async () => {
    const { world, releaser } = await releaseAt(10, "measuring");
    releaser.kill();
    const over = release(world.releaser());
    await until(world, () => world.events.includes("taken-over") && world.ledger.current?.state.phase === "measuring");
    select(world, selectorOf("green"));
    assert.ok((await until(world, () => selected(world)?.["atom.dev/slot"] === "blue")) <= 1_000);
    assert.equal((await world.clock.settle(over)).state.phase, "released");
  });
});

describe("weights that may not be put back", () => {
  const slow = releasePlan({ ...plan, steps: [{ percent: 10, wait: 60_000 }, ...plan.steps.slice(1)] });
  const deny = (world: World): { readonly tries: number } => {
    const counted = { tries: 0 };
    world.cluster.before = ({ verb, plural }) => {
      if (verb !== "patch" || plural !== "virtualservices") return;
      counted.tries += 1;
      throw new ForbiddenError({ verb, target: "virtualservices atom", status: 403 }, "forbidden");
    };
    return counted;
  };

  it("are tried again with growing pauses, told once, and put back once that is granted", async () => {
    const { world, over, releaser } = await releaseAt(10, "measuring", new World(slow));
    const counted = deny(world);
    world.setWeight(100);
    await world.clock.pass(14_000);
    assert.ok(counted.tries >= 4 && counted.tries <= 7, `${counted.tries} tries`);
    assert.deepEqual(notes(world, "cannot be put back"), [
      "VirtualService atom was moved by kubectl-edit to percent 100 where percent 10 is due; it cannot be put back: patch virtualservices atom: " +
        "forbidden; tried again at least every 30 s",
    ]);
    world.cluster.before = () => undefined;
    assert.ok((await until(world, () => world.percent === 10)) <= 30_000);
    releaser.abort();
    assert.equal((await world.clock.settle(over)).state.phase, "aborted");
  });

  it("keep nothing else from being found out within a second", async () => {
    const { world, over } = await releaseAt(10, "measuring", new World(slow));
    deny(world);
    world.setWeight(100);
    await world.clock.pass(5_000);
    world.setEnv("green", "unreviewed");
    assert.ok((await until(world, () => world.ledger.current?.state.phase === "returning")) <= 1_000);
    world.cluster.before = () => undefined;
    assert.equal((await world.clock.settle(over)).state.cause?.reason, "superseded");
  });
});

describe("the answer of a change that was called off, when it comes after that of the next one", () => {
  const never = new AbortController().signal;
  const subject = { id: "r1", candidate: { slot: "green" }, active: "blue", plan } as Subject;
  const object = (name: string, movedBy: "shift" | "selectSlot", movedFor: JudgedObject["movedFor"]): JudgedObject => ({
    ...{ name, of: "release", movedBy, movedFor },
    read: () => Promise.reject(new Error("not read here")),
    watch: () => Promise.reject(new Error("not watched here")),
  });
  const weights = object("VirtualService atom", "shift", ({ percent }) => percent);
  const own = object("Service atom", "selectSlot", ({ active }) => active);

  /** Two changes of which the first is answered last. */
  async function crossed(change: (router: Router, which: 0 | 1) => Promise<unknown>): Promise<KeptTraffic> {
    const answers = [Promise.withResolvers<boolean>(), Promise.withResolvers<boolean>()] as const;
    let asked = 0;
    const answer = (): Promise<boolean> => answers[asked++ as 0 | 1].promise;
    const router: Router = {
      shift: async () => {
        await answer();
      },
      selectSlot: answer,
      confirm: () => Promise.reject(new Error("not looked at here")),
      weight: () => Promise.resolve(undefined),
    };
    const kept = new KeptTraffic(
      subject,
      { router, clock: new VirtualClock() },
      () => undefined,
      () => undefined,
    );
    const changes = [change(kept.router, 0), change(kept.router, 1)];
    answers[1].resolve(true);
    await changes[1];
    answers[0].resolve(true);
    await changes[0];
    return kept;
  }

  const isAt = (kept: KeptTraffic, of: JudgedObject, moved: unknown): boolean =>
    kept.isAsAsked(of, { content: null, moved, by: undefined });

  it("does not have weights put back to what they were asked for before", async () => {
    const kept = await crossed((router, which) =>
      router.shift({ active: "blue", candidate: "green", percent: which === 0 ? 100 : 0 }, never),
    );
    assert.deepEqual([isAt(kept, weights, 0), isAt(kept, weights, 100)], [true, false]);
  });

  it("does not have the Service turned to where it was to be before", async () => {
    const kept = await crossed((router, which) => router.selectSlot(which === 0 ? "green" : "blue", never));
    assert.deepEqual([isAt(kept, own, "blue"), isAt(kept, own, "green")], [true, false]);
  });
});
