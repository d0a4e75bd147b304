import assert from "node:assert/strict";
import { reportHtml } from "../../../delivery/report/html.ts";
import { html, withCode } from "../../../delivery/report/html/markup.ts";
import { tickStep } from "../../../delivery/report/html/weight-chart.ts";
import { storyOf } from "../../../delivery/report/story.ts";
import { aged, recordNames, records, withHostileText } from "./records.ts";

const empty = ["meta", "br", "!doctype"];

/** Tags in their order; throws where they are not nested as they must be. */
function tagsOf(page: string): readonly string[] {
  const open: string[] = [];
  const seen: string[] = [];
  const text = page.replace(/<style>[^]*?<\/style>/, "<style></style>");
  for (const [tag, close = "", name = ""] of text.matchAll(/<(\/?)([a-z!][a-z0-9]*)\b[^<>]*>/gi)) {
    const lower = name.toLowerCase();
    seen.push(lower);
    if (empty.includes(lower) || tag.endsWith("/>")) continue;
    if (close === "") open.push(lower);
    else assert.equal(open.pop(), lower, `${tag} closes what is not open`);
  }
  assert.deepEqual(open, []);
  return seen;
}

describe("a release's story as a page", () => {
  it("needs nothing but itself, runs nothing, and says so to the browser", async () => {
    for (const name of recordNames) {
      const page = reportHtml(storyOf(withHostileText(await records[name]())));
      assert.match(
        page,
        /<meta\s+http-equiv="Content-Security-Policy"\s+content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"/,
      );
      const tags = new Set(tagsOf(page));
      for (const tag of ["script", "link", "img", "iframe", "object", "a", "form", "base"])
        assert.ok(!tags.has(tag), `${name} has <${tag}>`);
      assert.doesNotMatch(page, /<[^>]*\s(?:on[a-z]+|src|href|srcset|action)\s*=/i, name);
      assert.doesNotMatch(page, /url\(|@import/i, name);
    }
  });

  it("is well-formed for a record of any age", async () => {
    for (const name of recordNames) {
      const record = await records[name]();
      for (const one of [record, aged(record), aged(record, 1), aged(record, 0)]) tagsOf(reportHtml(storyOf(one)));
    }
  });

  it("shows outcome, versions, steps with counts and limits, timings and what to do", async () => {
    const page = reportHtml(storyOf(await records.guard()));
    assert.match(page, /<title>atom r1: Rolled back at 10 %: it failed too many requests<\/title>/);
    assert.match(page, /<div class="banner bad">/);
    for (const text of [
      "2026.11.1",
      "registry.example.com/team/atom:2026.11.2",
      "failed requests (5xx)",
      "at most 0.1 %",
      "failed by the guard",
      "verdict → rollback accepted by the router",
      "91 ms",
      "atom quarantine lift bbbbbbbbbbbb --stack staging --reason &quot;…&quot;",
      "high_error_rate",
    ])
      assert.ok(page.includes(text), text);
  });

  it("draws the weights over time, and nothing where there were none", async () => {
    const page = reportHtml(storyOf(await records.healthy()));
    assert.match(
      page,
      /aria-label="Share of the traffic on the candidate: 0 % from 0 s, 10 % from 7\.73 s, 50 % from [\d.]+ s, 100 % from [\d.]+ s"/,
    );
    assert.equal(page.match(/<svg\s+class="chart /g)?.length, 2, "one for a desk, one for a telephone");
    assert.doesNotMatch(reportHtml(storyOf(await records.smoke())), /<svg\s+class="chart /);
  });

  it("says what is no longer on record", async () => {
    const page = reportHtml(storyOf(aged(await records.guard())));
    assert.match(page, /Its evidence was dropped from the ledger; this was said:/);
    assert.match(page, /<h2>No longer on record<\/h2>/);
  });
});

describe("markup", () => {
  it("escapes all that is put into it, and nothing twice", () => {
    const inner = html`<b>${"<&>\"'`"}</b>`;
    assert.equal(
      html`<i title="${'"'}">${inner}${undefined}${false}${[1, "&"]}</i>`.text,
      '<i title="&quot;"><b>&lt;&amp;&gt;&quot;&#39;&#96;</b>1&amp;</i>',
    );
  });

  it("marks what is to be typed", () => {
    assert.equal(withCode("run `a <b>` now").text, "run <code>a &lt;b&gt;</code> now");
  });
});

describe("the chart's axis", () => {
  it("has round marks, and no more of them than there is room for", () => {
    assert.deepEqual(
      [0.3, 10, 92, 400, 5_000, 500_000].map((end) => tickStep(end, 10)),
      [0.1, 1, 10, 60, 600, 86_400],
    );
    for (const end of [0.001, 1, 17, 61, 3_600, 1e7]) assert.ok(end / tickStep(end, 6) <= 6);
  });
});
