import assert from "node:assert/strict";
import { parseAnswer } from "../../../delivery/gate/answer.ts";
import type { Answer } from "../../../delivery/gate/measurement.ts";
import { isProblem, readPeriod, readValue, slowAnswer } from "../../../delivery/gate/measurement.ts";

const of = (...values: number[]): Answer => ({ ok: true, values });
const vector = (...values: string[]) =>
  JSON.stringify({
    status: "success",
    data: { resultType: "vector", result: values.map((value) => ({ metric: {}, value: [1, value] })) },
  });

function kindOf(value: unknown): string {
  assert.ok(typeof value === "object" && value !== null && isProblem(value), JSON.stringify(value));
  return value.kind;
}

describe("an answer of Prometheus", () => {
  it("is read from a vector or a scalar", () => {
    assert.deepEqual(parseAnswer(200, vector("41.5")), of(41.5));
    assert.deepEqual(parseAnswer(200, vector("1", "2")), of(1, 2));
    assert.deepEqual(parseAnswer(200, vector()), of());
    const scalar = JSON.stringify({ status: "success", data: { resultType: "scalar", result: [1, "3"] } });
    assert.deepEqual(parseAnswer(200, scalar), of(3));
  });

  it("keeps NaN and the infinities for what they are", () => {
    assert.deepEqual(parseAnswer(200, vector("NaN", "+Inf", "-Inf", "")), of(NaN, Infinity, -Infinity, NaN));
  });

  const broken = {
    "truncated JSON": vector("1").slice(0, -9),
    "a page of a proxy": "<html>502 Bad Gateway</html>",
    "an empty body": "",
    "a range vector": JSON.stringify({ status: "success", data: { resultType: "matrix", result: [] } }),
    "a number where a string belongs": vector("1").replace('"1"', "1"),
  };
  for (const [what, text] of Object.entries(broken)) {
    it(`is a problem when it is ${what} (row 11)`, () => {
      const answer = parseAnswer(200, text);
      assert.ok(!answer.ok);
      assert.equal(answer.problem.kind, "malformed");
    });
  }

  it("is a problem with Prometheus' own words when it refuses the query", () => {
    const answer = parseAnswer(
      503,
      JSON.stringify({ status: "error", errorType: "timeout", error: "query timed out" }),
    );
    assert.deepEqual(answer, {
      ok: false,
      problem: { kind: "refused", detail: "Prometheus refused the query (HTTP 503, timeout): query timed out." },
    });
  });

  it("is a problem when the status is not 200, even with a good body", () => {
    const answer = parseAnswer(500, vector("1"));
    assert.ok(!answer.ok);
    assert.equal(answer.problem.kind, "refused");
  });
});

describe("a count", () => {
  it("is one finite value: none, several (row 10), NaN and infinities (row 12) are problems", () => {
    assert.equal(readValue("requests", of(7)), 7);
    assert.equal(kindOf(readValue("requests", of())), "no_series");
    assert.equal(kindOf(readValue("requests", of(1, 2))), "several_series");
    for (const value of [NaN, Infinity, -Infinity])
      assert.equal(kindOf(readValue("requests", of(value))), "not_finite");
  });

  it("says in its problem which one it was and what came", () => {
    const problem = readValue("requests of the candidate", of(1, 2));
    assert.deepEqual(problem, {
      kind: "several_series",
      detail: "requests of the candidate: the query answered 2 series, not one.",
    });
  });
});

describe("a period", () => {
  const sound = { total: of(100), bad: of(0) };

  it("is made of whole requests", () => {
    const period = readPeriod({ candidate: { total: of(99.7), bad: of(1.2) }, active: { total: of(900), bad: of(0) } });
    assert.deepEqual(period, { candidate: { total: 100, bad: 1 }, active: { total: 900, bad: 0 } });
    assert.deepEqual(readPeriod({ candidate: sound, active: null }), {
      candidate: { total: 100, bad: 0 },
      active: null,
    });
  });

  it("is a problem when a count is negative or more is bad than there is, in either slot", () => {
    const impossible = { total: of(3), bad: of(5) };
    const negative = { total: of(3), bad: of(-5) };
    assert.equal(kindOf(readPeriod({ candidate: impossible, active: null })), "more_bad_than_total");
    assert.equal(kindOf(readPeriod({ candidate: sound, active: impossible })), "more_bad_than_total");
    assert.equal(kindOf(readPeriod({ candidate: negative, active: null })), "negative");
    assert.equal(kindOf(readPeriod({ candidate: sound, active: negative })), "negative");
  });

  it("hands on a failed query as its problem", () => {
    const problem = { kind: "unreachable", detail: "connect ECONNREFUSED" } as const;
    const failed: Answer = { ok: false, problem };
    for (const answers of [
      { candidate: { ...sound, total: failed }, active: null },
      { candidate: { ...sound, bad: failed }, active: null },
      { candidate: sound, active: { ...sound, bad: failed } },
    ]) {
      assert.deepEqual(readPeriod(answers), problem);
    }
  });
});

describe("slow requests", () => {
  it("are those that are not within the limit", () => {
    assert.deepEqual(slowAnswer(of(100), of(93)), of(7));
  });

  it("are none where extrapolation puts the part a little above the whole, and a problem where it is far above", () => {
    assert.deepEqual(slowAnswer(of(100), of(102)), of(0));
    assert.deepEqual(slowAnswer(of(100), of(150)), of(-50));
    const read = readPeriod({ candidate: { total: of(100), bad: slowAnswer(of(100), of(150)) }, active: null });
    assert.equal(kindOf(read), "negative");
  });

  it("are a problem when either count is", () => {
    for (const answer of [slowAnswer(of(), of(1)), slowAnswer(of(1), of(1, 1))]) assert.ok(!answer.ok);
  });
});
