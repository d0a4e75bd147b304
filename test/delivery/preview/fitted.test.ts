import assert from "node:assert/strict";
import fc from "fast-check";
import type { Difference, Json, Operation, ResourceChange } from "../../../delivery/engine-events/changes.ts";
import { fitted, type Section } from "../../../delivery/preview/fitted.ts";
import { previewMarkdown } from "../../../delivery/preview/markdown.ts";
import { reportOf } from "../../../delivery/preview/report.ts";
import { previewText } from "../../../delivery/preview/terminal.ts";
import { faultsOf } from "./structure.ts";

const section = fc.record({
  open: fc.string({ maxLength: 40 }),
  items: fc.array(fc.array(fc.string({ maxLength: 200 }), { maxLength: 3 }), { maxLength: 10 }),
  close: fc.string({ maxLength: 10 }),
});

describe("a text that is fitted", () => {
  it("has at most so many characters, whatever it is made of", () => {
    fc.assert(
      fc.property(fc.array(section, { maxLength: 12 }), fc.integer({ min: 0, max: 3_000 }), (sections, most) => {
        assert.ok(fitted(sections, most, "elsewhere").length <= most);
      }),
    );
  });

  it("opens and closes each of its sections, or has neither", () => {
    fc.assert(
      fc.property(fc.array(section, { maxLength: 12 }), fc.integer({ min: 0, max: 3_000 }), (sections, most) => {
        const framed = sections.map(({ items }): Section => ({
          open: "<1>",
          items: items.map(() => ["x".repeat(50), "x"]),
          close: "<2>",
        }));
        const tags = fitted(framed, most, "elsewhere").match(/<[12]>/g) ?? [];
        assert.equal(tags.join(""), "<1><2>".repeat(tags.length / 2));
      }),
    );
  });

  it("is whole where there is room", () => {
    const sections: Section[] = [
      { open: "A:", items: [["long", "l"], ["only"]], close: ";" },
      { open: "B:", items: [] },
    ];
    assert.equal(fitted(sections, 1_000, "elsewhere"), "A:longonly;B:");
  });

  it("tells every item shortly before it tells one at length, the first ones first", () => {
    const items = [
      ["a".repeat(30), "a"],
      ["b".repeat(30), "b"],
      ["c".repeat(30), "c"],
    ];
    const room = "_3 more: e._\n\n_1 more part: e._\n".length;
    const at = (most: number) => fitted([{ open: "", items }], most + room, "e");
    assert.equal(at(3), "abc");
    assert.equal(at(32), `${"a".repeat(30)}bc`);
    assert.equal(at(61), `${"a".repeat(30)}${"b".repeat(30)}c`);
    assert.equal(at(2), "ab_1 more: e._\n\n");
  });

  it("says how many sections have no room, and leaves no later one standing before them", () => {
    const sections = ["one", "two".repeat(100), "three"].map((open): Section => ({ open, items: [] }));
    assert.equal(fitted(sections, 100, "see there"), "one_2 more parts: see there._\n");
    assert.equal(fitted(sections, 5, "see there"), "");
  });
});

/** Pieces that would break out of Markdown, out of a fence, or out of a fold. */
const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc
    .array(
      fc.constantFrom(
        "```",
        "````",
        "\n",
        "~~~",
        "</details>",
        "<details>",
        "</summary>",
        "</code>",
        "<!--",
        "-->",
        "@org/team",
        "#1",
        "GH-1",
        "](https://evil.example)",
        "|",
        "\\",
        "    ",
        "\t",
        "- ",
        "https://evil.example",
        "a",
        "\r",
        "\u202e",
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join("")),
);

const json: fc.Arbitrary<Json> = fc.oneof(
  hostile,
  fc.integer(),
  fc.constant(null),
  fc.array(hostile, { maxLength: 3 }),
);

const difference: fc.Arbitrary<Difference> = fc.record({
  path: hostile,
  kind: fc.constantFrom("add", "update", "delete"),
  before: json,
  after: fc.oneof(
    json,
    fc.integer({ min: 1, max: 3_000 }).map((length) => "long line\n".repeat(length)),
  ),
  secret: fc.boolean(),
  replaces: fc.boolean(),
});

const change: fc.Arbitrary<ResourceChange> = fc.record({
  urn: hostile,
  type: hostile,
  name: hostile,
  component: fc.array(hostile, { maxLength: 3 }),
  operation: fc.constantFrom<Operation>("create", "update", "replace", "delete", "import", "read", "same"),
  differences: fc.array(difference, { maxLength: 4 }),
  protected: fc.boolean(),
  retained: fc.boolean(),
});

const preview = fc.record({
  stack: hostile,
  plans: fc.constant([]),
  changes: fc.record({
    stack: hostile,
    resources: fc.array(change, { maxLength: 12 }),
    diagnostics: fc.array(
      fc.record({
        severity: fc.constantFrom("info", "output", "warning", "error"),
        message: hostile,
        urn: fc.constant("urn:pulumi:s::atom::atom:stacks:Environment::e"),
      }),
      { maxLength: 6 },
    ),
    findings: fc.array(
      fc.record({
        policy: hostile,
        pack: hostile,
        level: fc.constantFrom("advisory", "mandatory"),
        message: hostile,
        urn: hostile,
      }),
      { maxLength: 4 },
    ),
    outputs: fc.constant({}),
    durationSeconds: fc.constant(1),
    outcome: fc.constantFrom("succeeded", "failed"),
  }),
});

describe("previews of anything at all", () => {
  it("keep to the limit, close every fence and fold, and quote nothing alive", function () {
    this.timeout(60_000);
    const limits = fc.integer({ min: 300, max: 65_536 });
    fc.assert(
      fc.property(fc.array(preview, { maxLength: 3 }), limits, (previews, most) => {
        const options = { most, marker: "<!-- atom-delivery preview -->", about: "about", elsewhere: "see there" };
        const text = previewMarkdown(previews.map(reportOf), options);
        assert.ok(text.length <= most);
        assert.deepEqual(faultsOf(text), []);
      }),
      { numRuns: 150 },
    );
  });

  it("steer no terminal", () => {
    fc.assert(
      fc.property(fc.array(preview, { maxLength: 2 }), (previews) => {
        assert.doesNotMatch(previewText(previews.map(reportOf)).replaceAll("\n", ""), /[\p{Cc}\u202a-\u202e]/u);
      }),
      { numRuns: 60 },
    );
  });
});
