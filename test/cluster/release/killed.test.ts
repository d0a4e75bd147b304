import assert from "node:assert/strict";
import type { Ledger } from "../../../components/ledger/ledger.ts";
import type { PastRelease } from "../../../components/ledger/release-record.ts";
import { otherSlot } from "../../../components/names/slot-name.ts";
import { clusterDeadlineMs } from "../../support/cluster.ts";
import type { LoadReport } from "../../support/load.ts";
import type { AtomEnd } from "../support/atom-process.ts";
import type { ReleaseStack } from "../support/release-stack.ts";
import { ReleaseWatch } from "../support/release-watch.ts";
import { signalAt, type Moment } from "../support/signal-at.ts";
import { StackPool } from "../support/stack-pool.ts";
import { changePlan, expireLease, failsItsUsers, quickPlan, stage } from "../support/staging.ts";

/** Two stories, line by line: what happens when nobody interferes. */
const stories = {
  good: {
    faults: {},
    lines: [
      "prepared",
      "ready",
      "smoke-passed",
      "shifted",
      "confirmed",
      "step-passed",
      "shifted",
      "confirmed",
      "step-passed",
      "smoke-passed",
      "soaked",
      "finished",
    ],
    outcome: "released",
    code: 0,
    shares: [0, 50, 100],
  },
  bad: {
    faults: failsItsUsers,
    lines: [
      "prepared",
      "ready",
      "smoke-passed",
      "shifted",
      "failed",
      "returned",
      "return-confirmed",
      "quarantined",
      "scaled-down",
    ],
    outcome: "rolled-back",
    code: 10,
    shares: [0, 50, 0],
  },
} as const;

type StoryName = keyof typeof stories;

/** Lines that follow a change in the cluster: the releaser may die between that change and its line. */
const changes = ["ready", "shifted", "finished", "returned", "quarantined", "scaled-down"];
/** Until then the bad story is the good one. */
const same = ["prepared", "ready", "smoke-passed"];

interface Case {
  readonly story: StoryName;
  readonly title: string;
  readonly moment: Moment | undefined;
  /** Lines that were in the journal when the releaser died. */
  readonly written: number;
}

function casesOf(story: StoryName): readonly Case[] {
  const { lines } = stories[story];
  return [
    { story, title: "is not killed", moment: undefined, written: lines.length },
    ...lines.flatMap((event, index): Case[] => {
      if (story === "bad" && same.includes(event)) return [];
      const nth = lines.slice(0, index + 1).filter((line) => line === event).length;
      const name = `"${event}"${nth > 1 ? " for the second time" : ""}`;
      const at = { signal: "SIGKILL", what: { event }, nth } as const;
      const after: Case = {
        ...{ story, title: `is killed as soon as it has journalled ${name}` },
        ...{ moment: { ...at, when: "after" }, written: index + 1 },
      };
      if (!changes.includes(event)) return [after];
      return [
        {
          ...{ story, title: `is killed before it can journal ${name}` },
          moment: { ...at, when: "before" },
          written: index,
        },
        after,
      ];
    }),
  ];
}

/** What was seen of a case. */
interface Played {
  readonly first: AtomEnd;
  /** As the dead releaser left it. */
  readonly left: Ledger;
  readonly second: AtomEnd | undefined;
  readonly ledger: Ledger;
  readonly template: string;
  readonly shares: readonly number[];
  readonly unjournalled: readonly string[];
  readonly clients: LoadReport;
  /** Pods that each slot is to have in the end. */
  readonly pods: { readonly candidate: number; readonly active: number };
}

/** @param deadFor how long nobody missed the dead releaser, in milliseconds @default for as long as its lease takes to run out */
async function play(stack: ReleaseStack, { story, moment }: Case, deadFor?: number): Promise<Played> {
  await changePlan(stack.stack, quickPlan);
  const template = await stage(stack.stack, stories[story].faults);
  const candidate = otherSlot((await stack.stack.ledger()).active);
  await using watch = await ReleaseWatch.start(stack.stack);
  await using load = stack.load({ clients: 2, pauseMs: 20 });
  const words = ["release", "--staged"];
  const first = await stack.start(words, moment === undefined ? {} : signalAt(moment)).ended;
  const left = await stack.stack.ledger();
  let second: AtomEnd | undefined;
  if (moment !== undefined) {
    assert.equal(first.code, null, `it was not killed:\n${first.stdout}${first.stderr}`);
    await expireLease(stack.stack, deadFor);
    second = await stack.start(words).ended;
  }
  const clients = await load.stop();
  await watch.settled();
  return {
    ...{ first, left, second, template, clients },
    ledger: await stack.stack.ledger(),
    shares: watch.sharesOf(candidate),
    unjournalled: watch.unjournalled(),
    pods: {
      candidate: (await stack.replicas(candidate)).desired,
      active: (await stack.replicas(otherSlot(candidate))).desired,
    },
  };
}

describe("A releaser that is killed", function () {
  this.timeout(600_000);
  let pool: StackPool;
  const played = new Map<Case, Promise<Played>>();
  const cases = [...casesOf("good"), ...casesOf("bad")];

  before(async function () {
    this.timeout(clusterDeadlineMs);
    pool = await StackPool.create(["killed-1", "killed-2", "killed-3"]);
    for (const one of cases) {
      const result = pool.run((stack) => play(stack, one));
      // Each test awaits its own.
      result.catch(() => undefined);
      played.set(one, result);
    }
  });

  after(async () => {
    await Promise.allSettled(played.values());
    await pool[Symbol.asyncDispose]();
  });

  for (const one of cases)
    it(`in a ${one.story} release ${one.title}, ${one.moment === undefined ? "and tells its story" : "leaves it to the next run, which ends it as it would have ended"}`, async () => {
      const seen = await (played.get(one) ?? Promise.reject(new Error("it was not played")));
      const { first, left, second, ledger, template, clients } = seen;
      const story = stories[one.story];
      const output = `${first.stdout}${first.stderr}\n-- second run --\n${second?.stdout ?? ""}${second?.stderr ?? ""}`;
      const record = ledger.releases.find((release) => release.template === template);
      assert.ok(record !== undefined, output);
      const over = one.written === story.lines.length;

      if (one.moment === undefined) assert.equal(first.code, story.code, output);
      else {
        assert.equal(second?.code, over ? 12 : story.code, output);
        assert.deepEqual(told(over ? left.releases[0] : left.current), story.lines.slice(0, one.written), output);
      }
      assert.deepEqual(told(record), expected(one), output);
      assert.equal(record.outcome, story.outcome, output);
      assert.equal(ledger.current, null);
      assert.equal(ledger.releases.filter((release) => release.template === template).length, 1);
      assert.deepEqual(
        record.journal.map(({ seq }) => seq),
        record.journal.map((_line, index) => index + 1),
      );
      assert.deepEqual(seen.shares, story.shares, output);
      assert.deepEqual(seen.unjournalled, []);
      assert.equal(
        ledger.quarantine.filter((entry) => entry.template === template).length,
        one.story === "bad" ? 1 : 0,
      );
      assert.deepEqual(seen.pods, one.story === "good" ? { candidate: 1, active: 0 } : { candidate: 0, active: 1 });
      assert.equal(ledger.active, one.story === "good" ? record.slot : otherSlot(record.slot));
      assert.deepEqual(clients.errors, []);
      if (one.story === "good") assert.equal(clients.failed, 0, JSON.stringify(clients));
      assert.ok(clients.requests > 100, JSON.stringify(clients));
    });

  const hour = 3_600_000;
  const missed = {
    "with traffic on the candidate is taken back: nobody judged it for an hour": {
      ...{ event: "confirmed", outcome: "rolled-back", reason: "releaser_lost", code: 10, shares: [0, 50, 0] },
    },
    "before it moved any traffic is taken up": {
      ...{ event: "ready", outcome: "released", reason: undefined, code: 0, shares: [0, 50, 100] },
    },
  } as const;
  for (const [what, { event, outcome, reason, code, shares }] of Object.entries(missed))
    it(`and is missed only an hour later ${what}`, async () => {
      const moment = { signal: "SIGKILL", when: "after", what: { event }, nth: 1 } as const;
      const one: Case = { story: "good", title: what, moment, written: 0 };
      const seen = await pool.run((stack) => play(stack, one, hour));
      const record = seen.ledger.releases.find(({ template }) => template === seen.template);
      assert.equal(seen.second?.code, code, seen.second?.stderr);
      assert.deepEqual([record?.outcome, record?.state.cause?.reason], [outcome, reason]);
      assert.deepEqual([seen.shares, seen.unjournalled, seen.ledger.current], [shares, [], null]);
      assert.deepEqual([seen.clients.failed, seen.clients.errors], [0, []]);
      // Nobody knows anything bad about it.
      assert.deepEqual(
        seen.ledger.quarantine.filter(({ template }) => template === seen.template),
        [],
      );
    });
});

/** A journal's events, without the note that callers inside the cluster follow, which comes beside the steps. */
function told(release: Pick<PastRelease, "journal"> | null | undefined): readonly string[] {
  const follow = /^the Service atom selects \w+ for callers inside the cluster$/;
  const lines = release?.journal.filter(({ event, detail }) => event !== "noted" || !follow.test(detail)) ?? [];
  return withoutRaces(lines.map(({ event }) => event));
}

/** The whole journal of a case: after a change whose effect was not seen yet, the next run makes it again, without effect, and looks. */
function expected({ story, moment, written }: Case): readonly string[] {
  const lines: readonly string[] = stories[story].lines;
  if (moment === undefined || written === lines.length) return lines;
  const unseen = { shifted: 1, confirmed: 2, returned: 1 }[lines[written - 1] ?? ""] ?? 0;
  return withoutRaces([...lines.slice(0, written), "taken-over", ...lines.slice(written - unseen)]);
}

/** With a bad candidate the guard is as quick as the look at its weight, and as the next run that sets the weight again: whichever comes first. */
function withoutRaces(events: readonly string[]): readonly string[] {
  const failed = events.indexOf("failed");
  return events.filter(
    (event, index) =>
      index > failed || (event !== "confirmed" && !(event === "shifted" && events[index - 1] === "taken-over")),
  );
}
