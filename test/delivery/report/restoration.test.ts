import assert from "node:assert/strict";
import type { JournalEntry, PastRelease } from "../../../components/ledger/release-record.ts";
import { targetLines, targetsOf } from "../../../delivery/report/history.ts";
import { reportHtml } from "../../../delivery/report/html.ts";
import { resultOf } from "../../../delivery/report/json.ts";
import { reportMarkdown } from "../../../delivery/report/markdown.ts";
import { restorationOf, restorationText, type Restoration } from "../../../delivery/report/restoration.ts";
import { storyOf } from "../../../delivery/report/story.ts";
import { explainText } from "../../../delivery/report/text.ts";
import { aged, recordNames, records } from "./records.ts";

const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + 1000 * seconds).toISOString();

function journal(...lines: readonly (readonly [event: string, seconds: number, more?: Partial<JournalEntry>])[]) {
  return lines.map(([event, seconds, more], index): JournalEntry => ({
    seq: index + 1,
    at: at(seconds),
    phase: "measuring",
    step: 0,
    percent: 0,
    event,
    detail: "",
    ...more,
  }));
}

const shifted = ["shifted", 10, { percent: 10 }] as const;
const verdict = ["failed", 20, { phase: "returning" }] as const;
/** The router had answered the patch after 69 ms. */
const accepted = ["returned", 20.069, { phase: "confirming-return" }] as const;

describe("the time in which a release was restored", () => {
  const cases: Readonly<Record<string, readonly [ReturnType<typeof journal>, Restoration | undefined]>> = {
    "is until the traffic was seen back, and not until it was asked for": [
      journal(shifted, verdict, accepted, ["return-confirmed", 22.53]),
      { result: "verified", seconds: 2.53 },
    ],
    "is not verified where nobody could see it": [
      journal(shifted, verdict, accepted, ["return-unconfirmed", 40]),
      { result: "not-verified" },
    ],
    "is not verified where the candidate still got requests": [
      journal(shifted, verdict, accepted, ["return-contradicted", 40]),
      { result: "not-verified" },
    ],
    "is not known while it is looked for": [journal(shifted, verdict, accepted), { result: "not-verified-yet" }],
    "is not known before the router has answered": [journal(shifted, verdict), { result: "not-verified-yet" }],
    "goes on where another releaser takes the rollback up": [
      journal(
        shifted,
        verdict,
        accepted,
        ["taken-over", 50, { phase: "returning" }],
        ["returned", 51],
        ["return-confirmed", 52],
      ),
      { result: "verified", seconds: 32 },
    ],
    "is none where no user had reached the candidate": [
      journal(["prepared", 0], verdict, accepted, ["return-confirmed", 22]),
      undefined,
    ],
    "is none where nothing was rolled back": [journal(shifted, ["soaked", 30]), undefined],
    "is told where the beginning is no longer on record": [
      journal(verdict, accepted, ["return-confirmed", 25]).map((line) => ({ ...line, seq: line.seq + 7 })),
      { result: "verified", seconds: 5 },
    ],
    "is none where the verdict is no longer on record": [
      journal(["return-confirmed", 25]).map((line) => ({ ...line, seq: line.seq + 7 })),
      undefined,
    ],
    "is never negative, though the clock was set back": [
      journal(shifted, verdict, accepted, ["return-confirmed", 15]),
      { result: "verified", seconds: 0 },
    ],
  };
  for (const [title, [lines, restoration]] of Object.entries(cases))
    it(title, () => {
      assert.deepEqual(restorationOf(lines), restoration);
    });

  it("is said in the same words everywhere", () => {
    assert.equal(restorationText({ result: "verified", seconds: 2.53 }), "restored in 2.53 s");
    assert.equal(restorationText({ result: "not-verified" }), "rollback not verified");
    assert.equal(restorationText({ result: "not-verified-yet" }), "rollback not verified yet");
  });

  it("is in a story exactly where its timings have it", async () => {
    for (const name of recordNames) {
      const record = await records[name]();
      for (const each of [record, aged(record), aged(record, 1)]) {
        const { restoration, timings } = storyOf(each);
        const timing = timings.find((one) => one.name === "to-confirmed-return");
        const figure = restoration?.result === "verified" ? restoration.seconds : undefined;
        assert.equal(figure?.toFixed(3), timing?.seconds.toFixed(3), name);
      }
    }
  });
});

describe("a rollback that nobody could verify", () => {
  it("is told as such by history, explain and its page, with no figure for it", async () => {
    const record = await records.guard();
    const unseen = {
      ...record,
      journal: record.journal.map((line) =>
        line.event === "return-confirmed" ? { ...line, event: "return-unconfirmed" } : line,
      ),
    } as PastRelease;
    const story = storyOf(unseen);
    assert.match(explainText(story), /not verified +verdict → restored\n/);
    assert.match(reportMarkdown(story), /^\| verdict → restored \| not verified \|$/m);
    const page = reportHtml(story);
    assert.match(page, /<b class="bad">not verified<\/b><span class="soft small">that traffic is restored<\/span>/);
    assert.match(page, /verdict, rollback not verified</);
    const targets = targetsOf({ releases: [unseen] });
    assert.equal(targets.slowestReturn, null);
    assert.deepEqual(
      targetLines(targets).filter(({ text }) => /verified|restored/.test(text)),
      [{ text: "1 rollback not verified", tone: "warning" }],
    );
    assert.deepEqual([resultOf(unseen).returnSeconds, resultOf(unseen).restoration], [null, "not-verified"]);
  });
});
