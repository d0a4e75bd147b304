import assert from "node:assert/strict";
import fc from "fast-check";
import type { Fault } from "../../support/trouble.ts";
import { NotifiedWorld, type NotifiedOptions } from "./notified-world.ts";

/** What people see in the end, whatever it took to get there. */
function seen({ channel, critical, github }: NotifiedWorld): unknown {
  const messages = [channel, critical].map(({ messages: all }) => {
    const parents = new Map(all.map(({ ts }, index) => [ts, index]));
    return all.map(({ text, blocks, metadata, threadTs, isBroadcast }) => {
      return { text, blocks, metadata, isBroadcast, parent: threadTs === undefined ? null : parents.get(threadTs) };
    });
  });
  // Lines of a thread keep their order; who came first of two channels is of no account.
  return {
    messages,
    issues: github.repository.issues.map(({ title, body, labels, state, comments }) => {
      return { title, body, labels, state, comments: comments.map((comment) => comment.body) };
    }),
    deployments: github.repository.deployments.map(({ ref, payload, statuses }) => {
      return { ref, payload, state: statuses.at(-1)?.state };
    }),
  };
}

interface Drill {
  readonly plan?: NotifiedOptions;
  readonly trouble?: (there: NotifiedWorld) => void;
  /** Ends the trouble, before what is left is sent. */
  readonly relief?: (there: NotifiedWorld) => void;
}

/** A release that goes back and one that comes through, and what is seen of both in the end. */
async function drill({ plan, trouble, relief }: Drill = {}): Promise<unknown> {
  await using there = await NotifiedWorld.start(plan);
  trouble?.(there);
  there.world.errors.candidate = 0.3;
  assert.equal((await there.release()).state.phase, "rolled-back");
  there.world.errors.candidate = 0;
  there.world.stage("green", "cccccccccccc");
  assert.equal((await there.release()).state.phase, "released");
  relief?.(there);
  await there.flush();
  assert.deepEqual(there.violations, []);
  const { messages = [], givenUp = [] } = there.ledger.outbox ?? {};
  assert.deepEqual(givenUp, []);
  assert.deepEqual(
    messages.filter(({ told, wanted }) => told !== wanted),
    [],
  );
  return seen(there);
}

const faults: Readonly<Record<string, Fault>> = {
  "500": { kind: "status", status: 500 },
  "429 with Retry-After": { kind: "rateLimited", retryAfterSeconds: 30 },
  "no answer": { kind: "silent", accepted: false },
  "no answer to what was accepted": { kind: "silent", accepted: true },
  "a dropped connection": { kind: "dropped", accepted: false },
  "a connection dropped after what was accepted": { kind: "dropped", accepted: true },
};

describe("messages in trouble", () => {
  let untroubled: unknown;

  before(async () => {
    untroubled = await drill();
  });

  for (const [name, fault] of Object.entries(faults))
    it(`of ${name} change no verdict, get lost not once, and come not twice`, async () => {
      const trouble = ({ slack, github }: NotifiedWorld): void => {
        slack.trouble.next(3, fault);
        github.trouble.next(3, fault);
      };
      assert.deepEqual(await drill({ trouble }), untroubled);
    });

  it("of an outage of half an hour all arrive after it", async () => {
    await using there = await NotifiedWorld.start();
    there.slack.trouble.outage({ kind: "status", status: 503 });
    there.github.trouble.outage();
    there.world.errors.candidate = 0.3;
    await there.release({ sendFor: 5_000 });
    assert.deepEqual([there.channel.messages, there.github.repository.issues], [[], []]);
    await there.flush(1_800_000);
    const attempts = there.slack.requests.length;
    assert.ok(attempts < 40, `${attempts} requests in half an hour`);
    there.slack.trouble.restore();
    there.github.trouble.restore();
    await there.flush();
    assert.equal(there.critical.messages.length, 1);
    assert.equal(there.github.repository.issues.length, 1);
    assert.deepEqual(there.ledger.outbox?.givenUp, []);
  });

  it("of a whole day are given up, which is on record with the reason", async () => {
    await using there = await NotifiedWorld.start();
    there.slack.trouble.outage({ kind: "status", status: 503 });
    await there.release({ sendFor: 5_000 });
    await there.flush(25 * 3_600_000);
    const { givenUp = [] } = there.ledger.outbox ?? {};
    assert.ok(givenUp.some(({ id }) => id === "r1/slack/message"));
    assert.deepEqual(
      givenUp.find(({ id }) => id === "r1/slack/message")?.problem,
      "not sent in time: Slack answered 503",
    );
    assert.equal(there.github.repository.deployments.length, 1);
  });

  it("are waited for as long as the other side asks", async () => {
    await using there = await NotifiedWorld.start();
    there.slack.trouble.next(1, { kind: "rateLimited", retryAfterSeconds: 40 }, "chat.postMessage");
    await there.release();
    const posts = there.slack.requests.filter(({ method }) => method === "chat.postMessage");
    assert.ok((posts[1]?.at ?? 0) - (posts[0]?.at ?? 0) >= 40_000);
  });

  it("of any kind, in any order, leave what people see as it is without any", async function () {
    this.timeout(240_000);
    const fault = fc.constantFrom(...Object.values(faults));
    const plans = fc.array(fc.record({ fault, service: fc.constantFrom("slack", "github") }), {
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(plans, async (planned) => {
        const trouble = (there: NotifiedWorld): void => {
          for (const { fault: each, service } of planned) there[service].trouble.next(1, each);
        };
        assert.deepEqual(await drill({ trouble }), untroubled);
      }),
      { numRuns: 12 },
    );
  });

  it("hold no secret in the ledger, and none in what is said of them", async () => {
    await using there = await NotifiedWorld.start();
    there.slack.trouble.outage({ kind: "status", status: 500 });
    there.github.trouble.outage({ kind: "status", status: 500 });
    await there.release({ sendFor: 1_000 });
    const text = JSON.stringify(there.ledger);
    for (const secret of [there.slack.token, there.github.token, "/services/"]) assert.ok(!text.includes(secret));
    assert.match(text, /Slack answered 500/);
  });
});
