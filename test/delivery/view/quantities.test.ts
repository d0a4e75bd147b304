import assert from "node:assert/strict";
import { count } from "../../../delivery/report/figures.ts";
import { countdown, counted, duration, percentage, rate } from "../../../delivery/view/quantities.ts";

describe("numbers as people read them", () => {
  it("are times in the unit that fits", () => {
    const told = [
      0,
      60,
      250,
      994,
      995,
      1_000,
      4_200,
      9_949,
      9_950,
      45_400,
      119_499,
      120_000,
      320_000,
      3_600_000,
      4_200_000,
      Infinity,
    ];
    assert.deepEqual(told.map(duration), [
      ...["0 s", "0.06 s", "0.25 s", "0.99 s", "1 s", "1 s", "4.2 s", "9.9 s", "10 s", "45 s", "119 s"],
      ...["2 min", "5 min 20 s", "1 h", "1 h 10 min", "never"],
    ]);
  });

  it("are countdowns that end at 0:00 and never before", () => {
    assert.deepEqual([3_723_000, 245_000, 1, 0, -5_000].map(countdown), ["1:02:03", "4:05", "0:01", "0:00", "0:00"]);
  });

  it("are shares, counts and rates", () => {
    assert.deepEqual([0, 0.0005, 0.001, 0.05, 0.125, 1].map(percentage), [
      "0 %",
      "0.05 %",
      "0.1 %",
      "5 %",
      "13 %",
      "100 %",
    ]);
    assert.deepEqual([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
    assert.deepEqual([0.04, 0.4, 9.96, 1_250].map(rate), ["0", "0.4", "10", "1,250"]);
    assert.deepEqual(
      [0, 1, 2].map((value) => counted(value, "request")),
      ["0 requests", "1 request", "2 requests"],
    );
  });
});
