import assert from "node:assert/strict";
import { initialLedger } from "../../../components/ledger/ledger.ts";
import { historyOf, historyText, targetsOf } from "../../../delivery/report/history.ts";
import { columnsOf } from "../../../delivery/report/terminal.ts";
import { statusOf, statusText, type SlotFacts, type StatusFacts } from "../../../delivery/report/status.ts";
import { afterRollback, records, release, underWay, type Busy } from "./records.ts";

let made: Promise<Busy> | undefined;

/** Made once, when a test asks for it first. */
function busyLedger(): Promise<Busy> {
  made ??= makeLedger();
  return made;
}

/** A ledger after a release, a rolled back one and a hotfix, with another under way for 30 s. */
async function makeLedger(): Promise<Busy> {
  const world = await afterRollback();
  world.stage("blue", "dddddddddddd");
  await release(world, { hotfix: "CVE-2026-1", by: "berta" });
  world.stage("green", "eeeeeeeeeeee");
  return underWay(world);
}

const slot = (letter: string, ready = 2): SlotFacts => ({
  staged: { version: `v-${letter}`, image: `registry.test/atom:${letter}`, template: letter.repeat(12) },
  readyReplicas: ready,
  desiredReplicas: 2,
});

async function facts(changes: Partial<StatusFacts> = {}): Promise<StatusFacts> {
  const { ledger, now } = await busyLedger();
  const slots = { blue: slot("d"), green: slot("e") };
  return { ledger, now, environment: "staging", weights: { blue: 50, green: 50 }, slots, holder: "carl 7", ...changes };
}

describe("atom history", () => {
  it("lists the newest first, and says which one serves and which can be gone back to", async () => {
    const rows = historyOf((await busyLedger()).ledger);
    assert.deepEqual(
      rows.map(({ id, version, mode, outcome, reason, by, serves, kept }) => {
        return [id, version, mode, outcome, reason, by, serves, kept];
      }),
      [
        ["r4", "v-e", "canary", "under-way", null, "carl", false, false],
        ["r3", "v-d", "hotfix", "released", null, "berta", true, true],
        ["r2", "v-c", "canary", "rolled-back", "high_error_rate", "anna", false, false],
        ["r1", "v-b", "canary", "released", null, "anna", false, true],
        ["r0", "v-a", "canary", "baseline", null, "anna", false, true],
      ],
    );
  });

  it("is a table with the outcome targets below it", async () => {
    const lines = historyText((await busyLedger()).ledger, { width: 100 }).split("\n");
    const columns = lines.slice(0, 6).map((line) => line.split(/ {2,}/));
    assert.deepEqual(columns[0], ["release", "began (UTC)", "version", "mode", "outcome", "reason", "took", "by"]);
    assert.deepEqual(columns[3]?.slice(2, 6), ["v-c", "canary", "rolled back", "high_error_rate"]);
    assert.deepEqual(columns[4]?.slice(4), ["released, kept", "1 min 20 s", "anna"]);
    assert.deepEqual(lines.slice(6), [
      "2 of 3 releases came through (66.7 %; the target is above 95 %)",
      "1 rolled back (33.3 %; the target is below 5 %)",
      "rollbacks restored in at most 0 s after their verdict (the target is below 60 s)",
      "5 of 5 smoke tests passed (100 %; the target is above 98 %)",
      "",
    ]);
  });

  it("keeps within a narrow terminal, and says when there is nothing to list", async () => {
    const { ledger } = await busyLedger();
    const long = historyText(ledger, { width: 90 })
      .split("\n")
      .filter((line) => columnsOf(line) > 90);
    assert.deepEqual(long, []);
    assert.equal(historyText(initialLedger("atom")), "There is no release of atom on record.\n");
    assert.equal(targetsOf(initialLedger("atom")).slowestReturn, null);
  });
});

describe("atom status", () => {
  it("names the secrets that differ between the slots, and nothing of their values", async () => {
    const changedSecrets = ["databaseUrl", "tokenSecret"];
    const status = statusOf(await facts({ changedSecrets }));
    assert.deepEqual(status.changedSecrets, changedSecrets);
    assert.match(statusText(status), /secrets +databaseUrl, tokenSecret changed; each slot keeps its own\n/);
    const slots = { blue: slot("d"), green: { ...slot("e"), desiredReplicas: 0 } };
    assert.doesNotMatch(statusText(statusOf(await facts({ changedSecrets, slots }))), /secrets/);
  });

  it("says what serves, what is under way, what it waits for and what to do", async () => {
    assert.equal(
      statusText(statusOf(await facts()), { width: 100 }),
      `atom in staging
  serves      v-d in blue, since release r3
  traffic     blue 50 %, green 50 %
  blue        v-d, 2 of 2 pods ready, template dddddddddddd
  green       v-e, 2 of 2 pods ready, template eeeeeeeeeeee
  release     r4: v-e to green, measuring at 50 %, step 2 of 3, by carl 30 s ago
  waits for   the step at 50 % to be judged, 10.1 s left
  releaser    carl 7
  quarantine  1 template: cccccccccccc (high_error_rate, r2)

On record
  2 of 3 releases came through (66.7 %; the target is above 95 %)
  1 rolled back (33.3 %; the target is below 5 %)
  rollbacks restored in at most 0 s after their verdict (the target is below 60 s)
  5 of 5 smoke tests passed (100 %; the target is above 98 %)

What to do next
  - Follow it with \`atom status --watch --stack staging\`; take it back with \`atom abort --stack
    staging\`.
`,
    );
  });

  it("says when a release under way has nobody at it", async () => {
    const { problems, next } = statusOf(await facts({ holder: null }));
    assert.deepEqual(problems, ["Release r4 is measuring, and no releaser is at it."]);
    assert.deepEqual(next, [
      "Take it up with `atom resume --stack staging`, or take it back with `atom abort --stack staging`.",
    ]);
  });

  it("says when traffic is where nobody put it, and when what serves has too few pods", async () => {
    const known = await facts();
    const idle = { ...known, ledger: { ...known.ledger, current: null }, holder: null };
    const status = statusOf({ ...idle, slots: { blue: slot("d", 1), green: slot("e") } });
    assert.deepEqual(status.problems, [
      "50 % of the traffic goes to green, though no release is under way.",
      "1 of 2 pods of blue, which serves, are ready.",
    ]);
    assert.deepEqual(status.next, ["v-e is staged: release it with `atom release --stack staging`."]);
  });

  it("says when what serves has no Deployment, and how it is made again, unless nobody is at the release", async () => {
    const known = await facts();
    const slots = { blue: { staged: undefined, readyReplicas: 0, desiredReplicas: 0 }, green: slot("e") };
    const again = /^Make blue again as it was, .*`npm run up -- --stack staging --refresh`\. It stages no version\.$/;
    for (const ledger of [known.ledger, { ...known.ledger, current: null }]) {
      const { problems, next } = statusOf({ ...known, ledger, weights: undefined, slots });
      assert.deepEqual(problems, ["blue, by the ledger the slot that serves, has no Deployment."]);
      assert.match(next.join("\n"), again);
    }
    assert.match(statusOf({ ...known, holder: null, slots }).next.join("\n"), /atom resume/);
  });

  it("says when what serves, or is to be rolled back to, has no pods, and how to give it some", async () => {
    const known = await facts();
    const slots = { blue: slot("d", 0), green: slot("e") };
    const alone = statusOf({ ...known, ledger: { ...known.ledger, current: null }, weights: undefined, slots });
    assert.deepEqual(alone.problems, ["blue, which serves, has no ready pods."]);
    assert.deepEqual(alone.next, [
      "Users get no answer from blue. See why it has no pods, and give it some: " +
        "`kubectl scale deployment atom-blue --replicas=2` in the stack's namespace.",
    ]);
    const current = known.ledger.current!;
    const atEnd = { ...known.ledger, current: { ...current, state: { ...current.state, percent: 100 } } };
    assert.deepEqual(statusOf({ ...known, ledger: atEnd, slots }).problems, [
      "blue, which a rollback needs, has no ready pods.",
    ]);
  });

  it("does not offer to release what is quarantined, or what serves already", async () => {
    const known = await facts();
    const idle = { ...known, ledger: { ...known.ledger, current: null }, weights: { blue: 100, green: 0 } };
    assert.deepEqual(statusOf({ ...idle, slots: { blue: slot("d"), green: slot("c") } }).next, []);
    assert.deepEqual(statusOf({ ...idle, slots: { blue: slot("d"), green: slot("d") } }).next, []);
  });

  it("says that it does not know what could not be looked at", async () => {
    const { ledger, now } = await facts();
    const status = statusOf({ ledger: { ...ledger, current: null }, now, environment: "staging" });
    assert.deepEqual([status.weights, status.slots, status.problems], [null, null, []]);
    assert.match(statusText(status), /^ {2}traffic {5}not known$/m);
  });

  for (const [phase, step, waits] of [
    ["waiting-ready", 0, "the pods of green to become ready, 4 min 50 s left"],
    ["measuring", 0, "the step at 50 % to be judged, 10 s left"],
    ["soaking", 2, "the end of the soak, 10 s left; blue is still warm"],
    ["held", 1, "a person"],
    ["confirming", 1, "50 % to be seen in effect"],
    ["quarantining", 1, "the end of: quarantining"],
  ] as const)
    it(`knows what a release waits for that is ${phase}`, async () => {
      const { ledger } = await busyLedger();
      const current = ledger.current;
      assert.ok(current);
      const at = "2026-01-01T00:00:00.000Z";
      const line = { seq: 1, at, phase, step, percent: 50, event: "x", detail: "" };
      const state = { ...current.state, phase, step };
      const status = statusOf({
        ledger: { ...ledger, current: { ...current, state, journal: [line] } },
        now: Date.parse(at) + 10_000,
        environment: "staging",
      });
      assert.equal(status.release?.waitsFor, waits);
    });

  it("knows when a step has had its time, with too little evidence", async () => {
    const { ledger } = await busyLedger();
    const current = ledger.current;
    assert.ok(current);
    const entered = current.journal.findLast(({ phase }) => phase === "measuring");
    const late = Date.parse(entered?.at ?? "") + 60_000;
    assert.equal(
      statusOf({ ledger, now: late, environment: "staging" }).release?.waitsFor,
      "the step at 50 % to be judged, with too little evidence so far",
    );
  });

  it("knows how long an approval can take", async () => {
    const { plan, journal: whole, state: last } = await records.approval();
    const { current: other } = (await busyLedger()).ledger;
    assert.ok(plan !== undefined && other !== null);
    const waiting = whole.findIndex(({ phase }) => phase === "awaiting-approval");
    const journal = whole.slice(0, waiting + 1);
    const state = { ...last, phase: "awaiting-approval", step: 1, percent: 10 } as const;
    const current = { ...other, plan, journal, state };
    const now = Date.parse(journal.at(-1)?.at ?? "") + 40_000;
    const status = statusOf({ ledger: { ...initialLedger("atom"), current }, now, environment: "staging" });
    assert.equal(status.release?.waitsFor, "a person's approval, 1 min 00 s left");
    assert.deepEqual(status.next, [
      "Go on with `atom approve --stack staging`, or take it back with `atom abort --stack staging`.",
    ]);
  });
});
