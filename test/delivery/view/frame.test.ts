import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { render } from "../../../delivery/view/frame.ts";
import { counted, smoked, troubled, type LiveModel } from "../../../delivery/view/live-model.ts";
import type { MetricStanding } from "../../../delivery/view/standing.ts";
import { columnsOf } from "../../../delivery/view/terminal-text.ts";
import { after, line, reading, slot, start, toFirstStep } from "./models.ts";

const threshold = { errors: 0.001, slow: 0.05 };

/** The model with numbers of its own where others would come from the judgement: that has tests of its own. */
function standingAt(
  model: LiveModel,
  bad: { errors: number; slow: number; active: number },
  limits = { errors: 4, slow: 16 },
): LiveModel {
  const { counted: counts } = model;
  if (counts === undefined) throw new Error("the model has no counts");
  const metric = (kind: "errors" | "slow"): MetricStanding => ({
    bad: bad[kind],
    activeBad: bad.active,
    threshold: threshold[kind],
    breached: bad[kind] >= limits[kind],
    limit: limits[kind],
    response: "rollback",
  });
  const detections = [3, 14, 73, null].map((median, index) => ({
    breach: [1, 0.2, 0.05, 0.01][index] ?? 0,
    median,
    p90: median,
  }));
  return { ...model, detections, counted: { ...counts, standing: { errors: metric("errors"), slow: metric("slow") } } };
}

/** 20 s into the first step, with a failed request at the candidate. */
const measuring = standingAt(
  [
    reading(3, slot(0, 0, 0), slot(0, 0, 0)),
    reading(5, slot(0, 0, 0), slot(200, 0, 2)),
    reading(15, slot(48, 0, 1), slot(640, 1, 9)),
    reading(25, slot(96, 1, 2), slot(1092, 1, 12)),
  ].reduce(counted, after(toFirstStep)),
  { errors: 1, slow: 2, active: 1 },
);

const why = "guard: errorRate FAIL (5 bad of 99 requests)";
const goingBack = standingAt(
  [
    ["the ledger: no answer within 2 s", 28.5],
    ["the ledger: no answer within 2 s", 29],
  ].reduce(
    (model, [detail, at]) => troubled(model, start + Number(at) * 1000, String(detail)),
    counted(
      after(
        [
          ...toFirstStep,
          line(6, 28, "returning", "failed", why),
          line(7, 28.1, "confirming-return", "returned", "all traffic to blue"),
        ],
        { cause: { reason: "high_error_rate", detail: why } },
      ),
      reading(
        28,
        slot(99, 5, 2),
        slot(1100, 1, 12, { read: 1, down: [{ kind: "unready", pod: "atom-blue-x", detail: "not ready for 3 s" }] }),
      ),
    ),
  ),
  { errors: 5, slow: 2, active: 1 },
);

const smoking = [
  { name: "login", passed: true, duration: 103 },
  { name: "live", passed: true, duration: 3 },
].reduce((model, step) => smoked(model, "candidate", step), after(toFirstStep.slice(0, 1)));

function frame(model: LiveModel, width: number, seconds: number, height?: number): string[] {
  return render(model, {
    width,
    now: start + seconds * 1000,
    colour: false,
    ...(height === undefined ? {} : { height }),
  });
}

describe("a frame of the live view", () => {
  it("shows a step with its counts against their limits, at 80 columns", () => {
    assert.deepEqual(frame(measuring, 80, 27.3), [
      "atom in production r7   1.4.1 → 1.4.2  (blue → green)                       0:27",
      "✓ ready   ✓ smoke   ▶ 10 %   · 50 %   · approval   · 100 %   · smoke   · soak",
      "1.4.1 90 % █████████████████████████████████████████░░░░░ 10 % 1.4.2, 8.1 % seen",
      "",
      "measuring for 5 min and at least 100 requests; a breach is acted on at once",
      "██░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 4:38 left",
      "",
      "       requests   failed          over 0.2 s      pods",
      "1.4.2        96   1 of 4          2 of 16         2",
      "1.4.1     1,092   1 (0.092 %)     12 (1.1 %)      2",
      'limits 0.1 % and 5 %; "of 4": 4 would prove a breach, which takes it back',
      "found out, if failing   100 %: 1.2 s   20 %: 3.8 s   5 %: 17 s   1 %: not here",
      "(median at 54 requests/s; with the guard's reading and the patch back)",
      "",
      "12:00:00 [  0 %] opened: 1.4.2 (bbbbbbbbbbbb) in green, after 1.4.1 (aaaaaaaaaa…",
      "12:00:03 [  0 %] ready: 2 of 2 pods are ready",
      "12:00:04 [ 10 %] 3 smoke steps passed (through x-canary, 0.9 s)",
      "12:00:04 [ 10 %] 10 % of the traffic to green",
      "12:00:05 [ 10 %] seen in effect: green took 9.6 % of 412 requests",
      "",
      "Ctrl-C takes it back (all traffic to 1.4.1 at once). A second Ctrl-C leaves;",
      "atom resume --stack production takes it up.",
    ]);
  });

  it("has room for meters at 120 columns", () => {
    assert.deepEqual(frame(measuring, 120, 27.3), [
      "atom in production r7   1.4.1 → 1.4.2  (blue → green)                                                               0:27",
      "✓ ready   ✓ smoke   ▶ 10 %   · 50 %   · approval   · 100 %   · smoke   · soak",
      "1.4.1 90 % █████████████████████████████████████████████░░░░░ 10 % 1.4.2, 8.1 % seen",
      "",
      "measuring for 5 min and at least 100 requests; a breach is acted on at once",
      "██░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 4:38 left",
      "",
      "       requests   failed                    over 0.2 s                pods",
      "1.4.2        96   ███░░░░░░░ 1 of 4         █░░░░░░░░░ 2 of 16        2",
      "1.4.1     1,092   1 (0.092 %)               12 (1.1 %)                2",
      'limits 0.1 % and 5 %; "of 4": 4 would prove a breach, which takes it back',
      "found out, if failing   100 %: 1.2 s   20 %: 3.8 s   5 %: 17 s   1 %: not here",
      "(median at 54 requests/s; with the guard's reading and the patch back)",
      "",
      "12:00:00 [  0 %] opened: 1.4.2 (bbbbbbbbbbbb) in green, after 1.4.1 (aaaaaaaaaaaa) in blue",
      "12:00:03 [  0 %] ready: 2 of 2 pods are ready",
      "12:00:04 [ 10 %] 3 smoke steps passed (through x-canary, 0.9 s)",
      "12:00:04 [ 10 %] 10 % of the traffic to green",
      "12:00:05 [ 10 %] seen in effect: green took 9.6 % of 412 requests",
      "",
      "Ctrl-C takes it back (all traffic to 1.4.1 at once). A second Ctrl-C leaves; atom resume --stack production takes it up.",
    ]);
  });

  it("says the essential at 40 columns", () => {
    assert.deepEqual(frame(measuring, 40, 27.3), [
      "atom in production r7  0:27",
      "1.4.1 → 1.4.2",
      "▶ 10 % (3 of 8)",
      "measuring",
      "█░░░░░░░░░░░░░░░ 4:38 left",
      "96 requests, 1,092 at the active slot",
      "failed 1 of 4",
      "slow 2 of 16",
      "12:00:04 [ 10 %] 10 % of the traffic to…",
      "12:00:05 [ 10 %] seen in effect: green…",
      "Ctrl-C takes it back (all traffic to",
      "1.4.1 at once). A second Ctrl-C leaves;",
      "atom resume --stack production takes it",
      "up.",
    ]);
  });

  it("names the smoke steps as they pass", () => {
    assert.deepEqual(frame(smoking, 80, 3.4), [
      "atom in production r7   1.4.1 → 1.4.2  (blue → green)                       0:03",
      "✓ ready   ▶ smoke   · 10 %   · 50 %   · approval   · 100 %   · smoke   · soak",
      "1.4.1 100 % ██████████████████████████████████████████████████ 0 % 1.4.2",
      "",
      "running the smoke test: 3 steps through x-canary, no user reaches 1.4.2 yet",
      "█░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ at most 2:00 left",
      "✓ login 103 ms  ✓ live 3 ms  ▶ skills",
      "",
      "12:00:00 [  0 %] opened: 1.4.2 (bbbbbbbbbbbb) in green, after 1.4.1 (aaaaaaaaaa…",
      "12:00:03 [  0 %] ready: 2 of 2 pods are ready",
      "",
      "Ctrl-C takes it back (1.4.2 gets no traffic). A second Ctrl-C leaves; atom",
      "resume --stack production takes it up.",
    ]);
  });

  it("says why it goes back, and what does not work", () => {
    assert.deepEqual(frame(goingBack, 80, 30), [
      "atom in production r7   1.4.1 → 1.4.2  (blue → green)                       0:30",
      "✓ ready   ✓ smoke   ✗ 10 %   · 50 %   · approval   · 100 %   · smoke   · soak",
      "1.4.1 100 % ██████████████████████████████████████████████████ 0 % 1.4.2",
      "",
      "looking until no request reaches 1.4.2, at most 20 s",
      "high error rate: guard: errorRate FAIL (5 bad of 99 requests)",
      "███░░░░░░░░░░░░░░░░░░░░░░░░░░░ at most 0:19 left",
      "",
      "       requests   failed          over 0.2 s      pods",
      "1.4.2        99   5 BREACH        2 of 16         2",
      "1.4.1     1,100   1 (0.091 %)     12 (1.1 %)      1 of 2 answer",
      "found out, if failing   100 %: 3 requests   20 %: 14 requests   5 %: 73 request…",
      "(median; with the guard's reading and the patch back)",
      "",
      "12:00:03 [  0 %] ready: 2 of 2 pods are ready",
      "12:00:04 [ 10 %] 3 smoke steps passed (through x-canary, 0.9 s)",
      "12:00:04 [ 10 %] 10 % of the traffic to green",
      "12:00:05 [ 10 %] seen in effect: green took 9.6 % of 412 requests",
      "12:00:28 [  0 %] FAILED: guard: errorRate FAIL (5 bad of 99 requests)",
      "12:00:28 [  0 %] all traffic to blue",
      "! atom-blue-x: not ready for 3 s",
      "! the ledger: no answer within 2 s (2 times, 1 s ago)",
      "",
      "It is on its way back to 1.4.1; let it end.",
    ]);
  });

  it("does so at 40 columns", () => {
    assert.deepEqual(frame(goingBack, 40, 30), [
      "atom in production r7  0:30",
      "1.4.1 → 1.4.2",
      "✗ 10 % (3 of 8)",
      "going back",
      "high error rate: guard: errorRate FAIL",
      "(5 bad of 99 requests)",
      "██░░░░░░░░░░░░░░ at most 0:19 left",
      "99 requests, 1,100 at the active slot",
      "failed 5 BREACH",
      "slow 2 of 16",
      "12:00:28 [  0 %] FAILED: guard: errorRa…",
      "12:00:28 [  0 %] all traffic to blue",
      "! the ledger: no answer within 2 s (2 t…",
      "It is on its way back to 1.4.1; let it",
      "end.",
    ]);
  });

  it("gives up empty lines, then the story, then what explains, when the terminal is low", () => {
    for (let height = 24; height >= 7; height -= 1) assert.ok(frame(measuring, 80, 27.3, height).length <= height);
    assert.deepEqual(frame(measuring, 80, 27.3, 9), [
      "atom in production r7   1.4.1 → 1.4.2  (blue → green)                       0:27",
      "✓ ready   ✓ smoke   ▶ 10 %   · 50 %   · approval   · 100 %   · smoke   · soak",
      "1.4.1 90 % █████████████████████████████████████████░░░░░ 10 % 1.4.2, 8.1 % seen",
      "measuring for 5 min and at least 100 requests; a breach is acted on at once",
      "██░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 4:38 left",
      "Ctrl-C takes it back (all traffic to 1.4.1 at once). A second Ctrl-C leaves;",
      "atom resume --stack production takes it up.",
    ]);
  });

  it("colours only what it is told to", () => {
    const options = { width: 80, now: start + 27_300 };
    const coloured = render(measuring, { ...options, colour: true });
    assert.ok(coloured.some((text) => text.includes("\u001b[")));
    assert.deepEqual(coloured.map(stripVTControlCharacters), render(measuring, { ...options, colour: false }));
  });

  it("fits every width and height, whatever it is told", () => {
    const told = fc.record({
      model: fc.constantFrom(measuring, goingBack, smoking),
      detail: fc.string({ unit: "grapheme", maxLength: 200 }),
      width: fc.integer({ min: 20, max: 200 }),
      height: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(told, ({ model, detail, width, height }) => {
        const heard = troubled(
          { ...model, journal: [...model.journal, line(9, 30, "measuring", "warned", detail)] },
          start,
          detail,
        );
        const lines = render(heard, { width, height, now: start + 31_000, colour: false });
        assert.ok(lines.length <= height);
        for (const text of lines) {
          assert.ok(columnsOf(text) <= width, text);
          assert.doesNotMatch(text, /\p{Cc}/u);
        }
      }),
    );
  });
});
