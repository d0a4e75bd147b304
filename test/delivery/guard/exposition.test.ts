import assert from "node:assert/strict";
import fc from "fast-check";
import {
  ExpositionError,
  parseExposition,
  seriesKey,
  type ExpositionSample,
} from "../../../delivery/guard/exposition.ts";

const wanted = new Set(["a", "b_total", "http:requests"]);

function parse(text: string): ExpositionSample[] {
  return parseExposition(text, wanted).map(({ name, labels, value }) => ({ name, labels: { ...labels }, value }));
}

const label = fc.tuple(fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/), fc.string({ unit: "binary", maxLength: 12 }));
const sample = fc.record({
  name: fc.constantFrom(...wanted, "other"),
  labels: fc.array(label, { maxLength: 4 }).map((labels) => Object.fromEntries(labels)),
  value: fc.oneof(fc.double(), fc.nat(), fc.constantFrom(NaN, Infinity, -Infinity)),
});

function escape(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function write({ name, labels, value }: ExpositionSample): string {
  const written = Object.entries(labels).map(([key, text]) => `${key}="${escape(text)}"`);
  const number = Number.isFinite(value)
    ? String(value)
    : { NaN: "NaN", Infinity: "+Inf", "-Infinity": "-Inf" }[String(value)];
  return `${name}${written.length === 0 ? "" : `{${written.join(",")}}`} ${number ?? ""}\n`;
}

describe("the parser of metrics pages", () => {
  it("reads what was written, whatever the labels hold", () => {
    fc.assert(
      fc.property(fc.uniqueArray(sample, { selector: seriesKey, maxLength: 12 }), (samples) => {
        const read = parse(samples.map(write).join(""));
        const due = samples.filter(({ name }) => wanted.has(name));
        assert.deepEqual(
          read.map(({ name, labels, value }) => [name, labels, String(value)]),
          due.map(({ name, labels, value }) => [name, { ...labels }, String(value + 0)]),
        );
      }),
      { numRuns: 300 },
    );
  });

  it("throws nothing but its own error, for any text", () => {
    const lines = fc.array(
      fc.oneof(
        fc.string(),
        fc.string({ unit: "binary" }),
        sample.map(write),
        fc.constantFrom("a{", 'a{b="', "a 1 2 3"),
      ),
    );
    fc.assert(
      fc.property(lines, (texts) => {
        try {
          parse(`${texts.join("\n")}\n`);
        } catch (error) {
          assert.ok(error instanceof ExpositionError, String(error));
        }
      }),
      { numRuns: 500 },
    );
  });

  it("never reads a page that was cut off as a whole one with other numbers", () => {
    const page = 'a{x="1"} 123456\na{x="2"} 7\n';
    const whole = parse(page);
    for (let length = 0; length < page.length; length += 1) {
      const cut = page.slice(0, length);
      if (cut === "" || cut.endsWith("\n")) assert.deepEqual(parse(cut), whole.slice(0, cut === "" ? 0 : 1));
      else assert.throws(() => parse(cut), ExpositionError);
    }
  });

  it("reads comments, blanks, timestamps, trailing commas and escapes", () => {
    const page = [
      "# HELP a what it is",
      "# TYPE a counter",
      "",
      '  a{ x = "q\\"\\\\\\n" , y="", } \t 1.5e3  1395066363000  ',
      "http:requests 0",
      "a +Inf",
      'b_total{le="+Inf"} Nan',
      "other this is not read",
      "",
    ].join("\n");
    assert.deepEqual(parse(page), [
      { name: "a", labels: { x: 'q"\\\n', y: "" }, value: 1500 },
      { name: "http:requests", labels: {}, value: 0 },
      { name: "a", labels: {}, value: Infinity },
      { name: "b_total", labels: { le: "+Inf" }, value: NaN },
    ]);
  });

  it("reads past what newer formats add: exemplars, fractional timestamps, quoted names, and lines that end with CR and LF", () => {
    const page = [
      'a{x="1"} 7 # {trace_id="q"} 0.5 1700000000.123',
      "a 8 1700000000.5",
      'b_total{le="0.5"} 3 1700000000 # {} 1',
      '{"a",x="2"} 9',
      '{ "a" , "http.status" = "200", } 10',
      '{"utf8.name"} 1',
      '{"größe",x="1"} 1',
      "# EOF",
      "",
    ];
    for (const end of ["\n", "\r\n"])
      assert.deepEqual(parse(page.join(end)), [
        { name: "a", labels: { x: "1" }, value: 7 },
        { name: "a", labels: {}, value: 8 },
        { name: "b_total", labels: { le: "0.5" }, value: 3 },
        { name: "a", labels: { x: "2" }, value: 9 },
        { name: "a", labels: { "http.status": "200" }, value: 10 },
      ]);
  });

  const broken: Record<string, string> = {
    "no value": "a",
    "a value that is no number": "a one",
    "a value with a tail": "a 1x",
    "an empty hexadecimal": "a 0x",
    "a hexadecimal": "a 0x10",
    "a prototype's property for a value": "a constructor",
    "three numbers": "a 1 2 3",
    "a timestamp that is no number": "a 1 2.x",
    "an exemplar without a blank before it": 'a 1# {trace_id="x"} 1',
    "a quoted name that is not closed": '{"a 1',
    "a quoted name in the labels' middle": '{x="1","a"} 1',
    "a quoted name without labels' end": '{"a" 1',
    "labels that are not closed": 'a{x="1" 1',
    "a label value that is not closed": 'a{x="1} 1',
    "a label value without quotes": "a{x=1} 1",
    "a label without a value": "a{x} 1",
    "a label with a bad name": 'a{1x="1"} 1',
    "a label twice": 'a{x="1",x="2"} 1',
    "two commas": 'a{x="1",,y="2"} 1',
    "labels without a comma": 'a{x="1"y="2"} 1',
    "an unknown escape": 'a{x="\\t"} 1',
    "no name": '{x="1"} 1',
    "a carriage return within": "a\r1",
    "a series twice": 'a{x="1",y="2"} 1\na{y="2",x="1"} 1',
  };
  for (const [what, line] of Object.entries(broken))
    it(`refuses ${what}`, () => {
      assert.throws(
        () => parse(`b_total 1\n${line}\n`),
        (error) => error instanceof ExpositionError && error.line >= 2,
      );
    });

  it("is bounded in length and number", () => {
    assert.throws(() => parseExposition("a 1\n", wanted, { maxLength: 3 }), /longer than 3/);
    assert.throws(() => parseExposition("a 1\nb_total 1\n", wanted, { maxSamples: 1 }), /sample 2/);
    assert.equal(parseExposition("a 1\nother 1\nother 2\n", wanted, { maxSamples: 1 }).length, 1);
  });

  it("takes a label called __proto__ for a label", () => {
    const [read] = parseExposition('a{__proto__="x"} 1\n', wanted);
    assert.deepEqual(Object.entries(read?.labels ?? {}), [["__proto__", "x"]]);
  });
});
