import assert from "node:assert/strict";
import fc from "fast-check";
import type { Ledger } from "../../../components/ledger/ledger.ts";
import { messageKinds, type Outbox } from "../../../components/ledger/outbox.ts";
import { backoff } from "../../../delivery/notify/backoff.ts";
import { appended } from "../../../delivery/ledger/journal.ts";
import { claimed, isPending, settled, tidied, withDraft, type Outcome } from "../../../delivery/notify/outbox.ts";
import { withMessages } from "../../../delivery/notify/wanted.ts";
import { World } from "../release/world.ts";
import { releasePlan } from "../support/plans.ts";
import { change } from "./notified-world.ts";

const notifications = { slack: { channel: "C0" }, github: {}, grafana: {} };

/** The ledgers that a release that goes back has had, the oldest first. */
async function ledgersOf(plan = releasePlan({ notifications })): Promise<readonly Ledger[]> {
  const world = new World(plan);
  world.errors.candidate = 0.3;
  const ledgers: Ledger[] = [world.ledger];
  const { stored } = world.cluster;
  world.cluster.stored = (resource, object) => {
    const kept = stored(resource, object);
    if (resource.plural === "configmaps") queueMicrotask(() => ledgers.push(world.ledger));
    return kept;
  };
  await world.clock.settle(world.releaser().release({ change }));
  return [...ledgers, world.ledger];
}

const ids = ({ outbox }: Ledger): readonly string[] => outbox?.messages.map(({ id }) => id) ?? [];

describe("what a transition wants told", () => {
  it("enters the outbox in the write that makes it true", async () => {
    for (const ledger of await ledgersOf()) {
      const record = ledger.current ?? ledger.releases[0];
      const last = record?.journal.at(-1);
      if (record === undefined || last === undefined || record.id !== "r1") continue;
      assert.ok(ids(ledger).includes("r1/slack/message"), last.event);
      const failed = record.journal.find(({ event }) => event === "failed");
      assert.equal(ids(ledger).includes(`r1/slack/alert-${failed?.seq ?? ""}`), failed !== undefined, last.event);
      assert.equal(ids(ledger).includes("r1/github/issue"), last.phase === "rolled-back", last.event);
    }
  });

  it("is wanted once, however often the same lines are written", async () => {
    const ledgers = await ledgersOf();
    for (const ledger of ledgers) {
      if (ledger.current === null) continue;
      const again = appended(ledger, "r1", ledger.current.journal.slice(-1), ledger.current.state, { keep: 1 });
      assert.deepEqual(again?.outbox, ledger.outbox);
    }
  });

  it("is nothing where the plan tells nobody, or is of a form that this version does not know", async () => {
    const ledgers = await ledgersOf(releasePlan());
    assert.ok(ledgers.every(({ outbox }) => outbox === undefined));
    const under = (await ledgersOf()).find(({ current }) => current !== null);
    assert.ok(under?.current);
    const bare = { ...under };
    delete bare.outbox;
    const strange = { ...bare, current: { ...under.current, plan: { notifications: { pigeons: true } } } };
    assert.deepEqual(withMessages({ ...bare, current: null }, strange), strange);
  });

  it("is no deployment of GitHub's where nobody knows the commit", async () => {
    const world = new World(releasePlan({ notifications }));
    await world.clock.settle(world.releaser().release());
    assert.ok(!ids(world.ledger).includes("r1/github/deployment"));
    assert.ok(ids(world.ledger).includes("r1/slack/message"));
  });
});

describe("the outbox", () => {
  const at = Date.UTC(2026, 0, 1);
  const draft = fc.record({
    id: fc.constantFrom("a", "b", "c", "d", "e"),
    release: fc.constantFrom("r1", "r2"),
    kind: fc.constantFrom(...messageKinds),
    wanted: fc.integer({ min: 1, max: 20 }),
  });
  const outcome = fc.oneof(
    fc.record({ kind: fc.constant("told" as const), upTo: fc.integer({ min: 1, max: 20 }) }),
    fc.record({
      kind: fc.constant("failed" as const),
      problem: fc.string(),
      delay: fc.integer({ min: 0, max: 100_000 }),
      uncertain: fc.boolean(),
    }),
    fc.record({ kind: fc.constant("refused" as const), problem: fc.string({ maxLength: 500 }) }),
    fc.constant({ kind: "untried" as const }),
  );
  const step = fc.oneof(
    fc.record({ do: fc.constant("draft" as const), draft }),
    fc.record({ do: fc.constant("send" as const), by: fc.constantFrom("one", "two"), outcome, crash: fc.boolean() }),
    fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 200_000 }) }),
  );

  it("has each message claimed by one alone, tells never less than before, and forgets none that is to be sent", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let now = at;
        let box: Outbox = { messages: [], givenUp: [] };
        const owed = new Map<string, number>();
        const claims = new Map<string, { readonly by: string; readonly until: number }>();
        for (const [index, each] of steps.entries()) {
          if (each.do === "wait") now += each.ms;
          else if (each.do === "draft") {
            box = withDraft(box, { ...each.draft, at: now });
            owed.set(each.draft.id, Math.max(owed.get(each.draft.id) ?? 0, each.draft.wanted));
          } else {
            const by = `${each.by}-${index}`;
            const claim = claimed(box, { by, now, claimFor: 90_000, can: () => true });
            for (const { id } of claim.messages) {
              const other = claims.get(id);
              assert.ok(other === undefined || other.until <= now, `${id} is claimed twice`);
              claims.set(id, { by, until: now + 90_000 });
            }
            box = claim.outbox;
            if (each.crash) continue;
            const outcomes = new Map<string, Outcome>(claim.messages.map(({ id }) => [id, each.outcome]));
            box = settled(box, { by, now, outcomes });
            for (const { id } of claim.messages) claims.delete(id);
          }
          const known = new Set([...box.messages.map(({ id }) => id), ...box.givenUp.map(({ id }) => id)]);
          assert.ok([...owed.keys()].every((id) => known.has(id)));
        }
        const later = tidied(box, now + 48 * 3_600_000, () => false);
        assert.deepEqual(later.messages.filter(isPending), []);
      }),
    );
  });

  it("waits twice as long after each failure, up to five minutes, and not all for the same time", () => {
    assert.deepEqual(
      [0, 1, 2, 7, 8, 100].map((attempts) => [backoff(attempts, 0), backoff(attempts, 1)]),
      [
        [1_000, 2_000],
        [2_000, 4_000],
        [4_000, 8_000],
        [128_000, 256_000],
        [150_000, 300_000],
        [150_000, 300_000],
      ],
    );
  });
});
