import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import { storyOf } from "../../../delivery/report/story.ts";
import { explainText } from "../../../delivery/report/text.ts";
import { columnsOf, plain, wrapped } from "../../../delivery/report/terminal.ts";
import { hostile, recordNames, records, withHostileText } from "./records.ts";

describe("atom explain, for a terminal", () => {
  it("tells what happened, why, on what evidence and what to do next", async () => {
    const text = explainText(storyOf(await records.smoke()), { width: 100 });
    assert.equal(
      text,
      `r1 of atom in staging
✗ Rolled back before it had any traffic: its smoke test failed
  from    2026.11.1 in blue, registry.example.com/team/atom:2026.11.1, template aaaaaaaaaaaa
  to      2026.11.2 in green, registry.example.com/team/atom:2026.11.2, template bbbbbbbbbbbb
  mode    canary
  by      anna@laptop
  commit  4f2c9d1b7a by Anna: Answer faster
  time    began 2026-01-01 00:00:00 UTC, ended 2026-01-01 00:00:07 UTC, 7.2 s

Why
  smoke_test_failed: agents: POST /api/agents/execute answered 500 where 2xx is expected (through
  x-canary, 0.6 s)

Steps and their evidence
  10 %  not reached  planned for 20 s
  50 %  not reached  planned for 20 s
  100 %  not reached  planned for 20 s

Smoke tests
  ✗ candidate: agents: POST /api/agents/execute answered 500 where 2xx is expected (through
               x-canary, 0.6 s)
    ✓  login   40 ms
    ✓  live    75 ms
    ✓  ready   110 ms
    ✓  db      145 ms
    ✗  agents  180 ms  agents: POST /api/agents/execute answered 500 where 2xx is expected

Timings
  6.24 s  staged → pods ready
  100 ms  smoke test of the candidate
  420 ms  quarantine and scale down

Journal
  +0.000 s  0 %  prepared          v-b (bbbbbbbbbbbb) in green, after v-a (aaaaaaaaaaaa) in blue
  +6.240 s  0 %  ready             2 of 2 pods are ready
  +6.340 s  0 %  failed            agents: POST /api/agents/execute answered 500 where 2xx is
                                   expected (through x-canary, 0.6 s)
  +6.431 s  0 %  returned          all traffic to blue
  +6.778 s  0 %  return-confirmed  the data plane is confirmed
  +6.796 s  0 %  quarantined       template bbbbbbbbbbbb must not be staged again
  +7.198 s  0 %  scaled-down       green has no pods any more

What to do next
  - Look at the smoke step that failed, and at the candidate's log of that time.
  - Release a changed version. This one is quarantined: only \`atom quarantine lift bbbbbbbbbbbb
    --stack staging --reason "…"\` lets it be staged again.
`,
    );
  });

  it("shows each metric's counts, limit and verdict", async () => {
    const text = explainText(storyOf(await records.healthy()), { width: 200 });
    assert.match(text, /10 % {2}passed {2}from 7\.65 s to 28\.6 s; in effect after 996 ms; P95 81 ms \(active 79 ms\)/);
    assert.match(
      text,
      /✓ failed requests \(5xx\): PASS, not proven yet\n {6}candidate 0 of 200 \(0 %\); active 0 of 1,800 \(0 %\), limit 0\.1 %\n/,
    );
    assert.match(text, /✓ requests slower than 0\.2 s: PASS, proven\n/);
    assert.match(text, /Remarks of Prometheus\n {2}- PromQL info: metric might not be a counter\n/);
    assert.doesNotMatch(text, /histogram_quantile/);
  });

  it("shows the queries only where they are asked for", async () => {
    const text = explainText(storyOf(await records.healthy()), { queries: true });
    assert.match(
      text,
      /line 6, requests of the candidate: 200\n {4}sum\(increase\(http_requests_total\{slot="green"\}\[21s\]\)\)\n/,
    );
  });

  for (const width of [40, 60, 80, 120])
    it(`keeps within ${width} columns, whatever is told`, async () => {
      for (const name of recordNames) {
        const text = explainText(storyOf(withHostileText(await records[name]())), { width, queries: true });
        const long = text.split("\n").filter((line) => columnsOf(line) > width);
        assert.deepEqual(long, [], name);
      }
    });

  it("says the same with colour and without", async () => {
    const story = storyOf(await records.guard());
    const coloured = explainText(story, { colour: true });
    assert.notEqual(coloured, explainText(story));
    assert.equal(stripVTControlCharacters(coloured), explainText(story));
  });

  it("lets nothing that it quotes steer the terminal", async () => {
    const text = explainText(storyOf(withHostileText(await records.guard())), { queries: true });
    const strange = Array.from(text).filter((character) => {
      const point = character.codePointAt(0) ?? 0;
      return (point < 32 && character !== "\n") || point === 127 || point === 0x202e;
    });
    assert.deepEqual(strange, []);
  });
});

describe("text for a terminal", () => {
  it("is one line, with what would steer the terminal made visible", () => {
    assert.equal(plain("a\u001b[31mb\r\n c\u202ed"), "a\u{fffd}[31mb c\u{fffd}d");
    assert.ok(!plain(hostile).includes("\n"));
  });

  it("is broken at spaces, never between a number and its unit, and within words only where it must be", () => {
    assert.deepEqual(wrapped("it took about 98 % of it", 16), ["it took about", "98 % of it"]);
    assert.deepEqual(wrapped("waited for 60 s, then left", 14), ["waited for", "60 s, then", "left"]);
    assert.deepEqual(wrapped("abcdefghijkl mn", 8), ["abcdefgh", "ijkl mn"]);
    assert.deepEqual(wrapped("", 20), [""]);
  });
});
