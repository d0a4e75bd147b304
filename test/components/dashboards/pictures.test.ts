import assert from "node:assert/strict";
import fc from "fast-check";
import { allDashboards } from "../../../components/dashboards/catalogue.ts";
import type { Answered } from "../../support/dashboards/evaluate.ts";
import { panelQueries } from "../../support/dashboards/panel-queries.ts";
import { dashboardPicture } from "../../support/dashboards/pictures/dashboard-picture.ts";
import { formatted } from "../../support/dashboards/pictures/format.ts";
import { scaleOf, ticksIn, ticksUpTo } from "../../support/dashboards/pictures/scale.ts";
import { element, label } from "../../support/dashboards/pictures/svg.ts";
import { settings } from "./settings.ts";

describe("a value in words", () => {
  const rows: readonly [value: number, unit: string, text: string][] = [
    [0.995, "percentunit", "99.5 %"],
    [10, "percent", "10 %"],
    [0.0475, "s", "47.5 ms"],
    [0, "s", "0 s"],
    [59, "s", "59 s"],
    [90, "s", "1.5 min"],
    [7_200, "s", "2 h"],
    [259_200, "s", "3 d"],
    [39.96, "reqps", "40 req/s"],
    [3, "short", "3"],
  ];
  for (const [value, unit, text] of rows)
    it(`is "${text}" for ${value} in ${unit}`, () => {
      assert.equal(formatted(value, unit), text);
    });
});

describe("an axis", () => {
  it("has round values, whole ones for counts, and for times those that are round in their unit", () => {
    assert.deepEqual(ticksUpTo(0.37), [0, 0.1, 0.2, 0.3, 0.4]);
    assert.deepEqual(ticksIn("short", 1), [0, 1]);
    assert.deepEqual(ticksIn("s", 7_200), [0, 1_800, 3_600, 5_400, 7_200]);
    assert.deepEqual(ticksUpTo(0), [0, 0.25, 0.5, 0.75, 1]);
  });

  it("begins at 0, rises evenly, and ends at or above the highest value, within a few steps", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), (top) => {
        const ticks = ticksUpTo(top);
        assert.equal(ticks[0], 0);
        assert.ok((ticks.at(-1) ?? 0) >= top * (1 - 1e-6));
        assert.ok(ticks.length >= 3 && ticks.length <= 6);
      }),
    );
  });

  it("brings values onto pixels, also where there is one value alone", () => {
    assert.equal(scaleOf([0, 10], [100, 0])(2.5), 75);
    assert.equal(scaleOf([5, 5], [0, 100])(5), 0);
  });
});

describe("a piece of SVG", () => {
  it("has its text escaped, its numbers rounded, and what is undefined left out", () => {
    assert.equal(
      element("text", { x: 1.23456, fill: '"red"', y: undefined }, label("a < b & c", 0, 0)),
      '<text x="1.23" fill="&quot;red&quot;"><text x="0" y="0" font-size="11" fill="#1f2328">a &lt; b &amp; c</text></text>',
    );
  });

  it("cuts text that has no room", () => {
    assert.match(label("a long name of a series", 0, 0, { size: 10, width: 57 }), />a long na…</);
  });
});

describe("the picture of a dashboard", () => {
  const { "error-rate": model } = allDashboards(settings);
  const view = { chosen: { environment: "staging", service: "atom" }, range: 1800, scrapeInterval: 15 };
  const range = { from: 1_767_225_600, to: 1_767_227_400 };
  const answers = panelQueries(model, view).map((query): Answered => ({ query, series: [] }));

  it("says where there is no data, in the panel's own words for a number", () => {
    const picture = dashboardPicture(model, answers, range);
    assert.match(picture, />no request</);
    assert.match(picture, />No data</);
    assert.match(picture, /2026-01-01 00:00 to 2026-01-01 00:30 UTC/);
  });

  it("shows names of series as text, whatever they hold, and leaves out what is no number", () => {
    const points = [
      [range.from, Number.NaN],
      [range.to, 0.5],
    ] as const;
    const hostile = answers.map((each) => ({ ...each, series: [{ name: "<script>", labels: {}, points }] }));
    const picture = dashboardPicture(model, hostile, range);
    assert.doesNotMatch(picture, /<script|NaN/);
    assert.match(picture, /&lt;script&gt;/);
  });
});
