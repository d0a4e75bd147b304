import assert from "node:assert/strict";
import { ledgerKey, ledgerName } from "../../../components/names/names.ts";
import { configMaps } from "../../../delivery/cluster/resources.ts";
import { formatLedger } from "../../../components/ledger/ledger.ts";
import { mostMessages, withDraft } from "../../../delivery/notify/outbox.ts";
import { UndeliveredError } from "../../../delivery/notify/channel.ts";
import { Sender } from "../../../delivery/notify/sender.ts";
import { notToldLines, notToldOf } from "../../../delivery/report/not-told.ts";
import { statusOf, statusText } from "../../../delivery/report/status.ts";
import { NotifiedWorld, type NotifiedOptions } from "./notified-world.ts";
import { World } from "../release/world.ts";
import { releasePlan } from "../support/plans.ts";

const { signal } = new AbortController();

/** A world in which a release went back, and nothing was told of it yet. */
async function untold(options: NotifiedOptions = {}): Promise<NotifiedWorld> {
  const there = await NotifiedWorld.start(options);
  there.world.errors.candidate = 0.3;
  await there.world.clock.settle(there.world.releaser().release());
  return there;
}

/** A round of a process that dies at its write to the ledger number `write`, as the API server sees it. */
async function dyingRound(there: NotifiedWorld, write: number): Promise<void> {
  const { cluster, clock } = there.world;
  let writes = 0;
  const { promise: dead, resolve: die } = Promise.withResolvers<undefined>();
  cluster.before = async ({ by, verb }) => {
    if (by !== "dying" || verb !== "patch") return;
    writes += 1;
    if (writes < write) return;
    die(undefined);
    await new Promise(() => undefined);
  };
  await clock.settle(Promise.race([dead, there.sender("dying").round(signal)]));
  cluster.before = () => undefined;
}

describe("senders", () => {
  it("that die between the claim and its outcome leave nothing untold, and have nothing told twice", async () => {
    for (const write of [1, 2]) {
      await using there = await untold();
      await dyingRound(there, write);
      const sent = there.channel.messages.length;
      assert.equal(sent > 0, write === 2);
      await there.flush();
      assert.deepEqual(there.violations, []);
      const ids = [...there.channel.messages, ...there.critical.messages].map(({ metadata }) =>
        JSON.stringify(metadata),
      );
      assert.equal(new Set(ids).size, ids.length);
      assert.equal(there.critical.messages.length, 1);
      assert.deepEqual(
        there.github.repository.issues.map(({ comments }) => comments.length),
        [0],
      );
      assert.deepEqual(
        there.ledger.outbox?.messages.filter(({ told, wanted }) => told !== wanted),
        [],
      );
    }
  });

  it("at work at once share what there is: each message is sent by one of them", async () => {
    await using there = await untold();
    const { clock } = there.world;
    const senders = ["one", "two", "three"].map((by) => there.sender(by));
    for (let rounds = 0; rounds < 8; rounds += 1)
      await clock.settle(Promise.all(senders.map((sender) => sender.round(signal))));
    assert.deepEqual(there.violations, []);
    assert.equal(there.critical.messages.length, 1);
    assert.equal(there.github.repository.issues.length, 1);
    const posts = there.slack.requests.filter(({ method }) => method === "chat.postMessage");
    assert.equal(posts.length, there.channel.messages.length + there.critical.messages.length);
    assert.deepEqual(
      there.ledger.outbox?.messages.filter(({ told, wanted }) => told !== wanted),
      [],
    );
  });

  it("by a webhook send again what may have come through, since nobody can look: at least once, and no more than that", async () => {
    const variables: Record<string, string | undefined> = { SLACK_BOT_TOKEN: undefined };
    await using there = await untold({ variables });
    variables.SLACK_WEBHOOK_URL = there.slack.webhookUrl("usual");
    there.useVariables(variables);
    there.slack.trouble.next(1, { kind: "dropped", accepted: true });
    await there.flush();
    const texts = there.slack.workspace.named("usual")?.messages.map(({ text }) => text) ?? [];
    assert.equal(texts.length, 3);
    assert.equal(texts[0], texts[1]);
  });

  it("write the ledger twice for what is due, and not at all for nothing", async () => {
    await using there = await untold();
    await there.flush();
    const writes = (): number => there.world.cluster.writes.filter(({ by }) => by === "courier").length;
    const before = writes();
    await there.flush();
    assert.equal(writes(), before);
  });

  it("that meet a full outbox, a release that adds to it goes on as ever, and details go first", async () => {
    await using there = await NotifiedWorld.start();
    const { cluster, clock } = there.world;
    const at = clock.now();
    let { outbox } = there.ledger;
    for (let seq = 1; seq <= mostMessages; seq += 1)
      outbox = withDraft(outbox, {
        id: `r0/slack/line-${seq}`,
        release: "r0",
        kind: "slack-line",
        line: seq,
        wanted: seq,
        at,
      });
    cluster.put(configMaps, {
      metadata: { namespace: "atom-staging", name: ledgerName("atom") },
      data: { [ledgerKey]: formatLedger({ ...there.ledger, ...(outbox === undefined ? {} : { outbox }) }) },
    });
    there.world.errors.candidate = 0.3;
    const { state } = await clock.settle(there.world.releaser().release());
    assert.equal(state.phase, "rolled-back");
    const messages = there.ledger.outbox?.messages ?? [];
    assert.equal(messages.length, mostMessages);
    const ids = messages.map(({ id }) => id);
    for (const needed of ["r1/slack/message", "r1/slack/end", "r1/github/issue"])
      assert.ok(ids.includes(needed), needed);
    assert.ok((there.ledger.outbox?.givenUp.length ?? 0) <= 20);
  });
});

describe("what went wrong with a message", () => {
  it("is on record without the secrets that the other side may repeat, and shown with what waits", async () => {
    await using there = await untold();
    const { clock } = there.world;
    const { channels, scrub } = there.connected();
    const answer = `bad credentials: Bearer ${there.slack.token}`;
    const repeating = { tell: () => Promise.reject(new UndeliveredError(answer, { uncertain: false })) };
    const sender = new Sender({
      ...{ store: there.store(), clock, scrub, random: () => 0 },
      channels: Object.fromEntries(Object.keys(channels).map((kind) => [kind, repeating])),
    });
    await clock.settle(sender.round(signal));
    assert.ok(!JSON.stringify(there.ledger).includes(there.slack.token));
    const lines = notToldLines(notToldOf(there.ledger), 3);
    assert.equal(lines[0], "r1/slack/message: 1 attempt failed, bad credentials: Bearer [redacted]");
    assert.match(lines[3] ?? "", /^and \d+ more: atom notify show$/);
    const status = statusOf({ ledger: there.ledger, environment: "production", now: clock.now() });
    assert.match(statusText(status), /not told +r1\/slack\/message: 1 attempt failed/);
    assert.deepEqual(status.notifications.givenUp, []);
  });
});

describe("a release with everybody to tell", () => {
  const silent = { kind: "silent", accepted: false } as const;
  const dropped = { kind: "dropped", accepted: false } as const;

  it("goes back in exactly the time that it takes with nobody to tell, whether the others are well, dead or silent", async () => {
    const alone = new World(releasePlan({ environment: "production" }));
    const breaks = (world: World): void => {
      world.errors.candidate = 0.3;
    };
    const ended = alone.releaser().release();
    await alone.clock.pass(30_000);
    breaks(alone);
    await alone.clock.settle(ended);
    const expected = alone.journal.map(({ at, event }) => [at, event]);
    for (const outage of [undefined, dropped, silent]) {
      await using there = await NotifiedWorld.start();
      if (outage !== undefined) {
        there.slack.trouble.outage(outage);
        there.github.trouble.outage(outage);
      }
      await there.release({
        after: 30_000,
        during: () => {
          breaks(there.world);
        },
        sendFor: 1_000,
      });
      assert.deepEqual(
        there.world.journal.map(({ at, event }) => [at, event]),
        expected,
      );
    }
  });
});
