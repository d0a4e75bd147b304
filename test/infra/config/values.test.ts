import assert from "node:assert/strict";
import fc from "fast-check";
import { duration, positiveDuration } from "../../../infra/config/duration.ts";
import { percentage, percentOf } from "../../../infra/config/percentage.ts";
import { amount, bytes, cpu } from "../../../infra/config/quantity.ts";

describe("a time in the configuration", () => {
  const times = { "200ms": 200, "30s": 30_000, "5m": 300_000, "24h": 86_400_000, "0s": 0, "720h": 2_592_000_000 };
  for (const [text, milliseconds] of Object.entries(times)) {
    it(`${text} is ${milliseconds} milliseconds`, () => {
      assert.equal(duration.parse(text), milliseconds);
    });
  }
  for (const bad of ["", "5", "5 m", "-5s", "1.5s", "5d", "5min", "5m\n5m"]) {
    it(`"${bad}" is none`, () => {
      assert.ok(!duration.safeParse(bad).success);
    });
  }

  const longest = { "999999ms": "1000000ms", "999999s": "1000000s", "99999m": "100000m", "9999h": "10000h" };
  for (const [text, above] of Object.entries(longest)) {
    it(`is at most ${text} in that unit, and says so of ${above}`, () => {
      assert.ok(duration.parse(text) > 0);
      const refused = duration.safeParse(above);
      assert.match(refused.error?.issues[0]?.message ?? "", /; up to 999999ms, 999999s, 99999m or 9999h$/);
    });
  }

  it("fits what Kubernetes holds a number of seconds in, whatever it is", () => {
    for (const text of Object.keys(longest)) assert.ok(duration.parse(text) / 1000 <= 2 ** 31 - 1);
  });

  it("is above 0 where no time at all would be a mistake", () => {
    for (const none of ["0s", "000000ms", "0h"]) assert.ok(!positiveDuration.safeParse(none).success, none);
    for (const [text, milliseconds] of Object.entries({ "1ms": 1, "010s": 10_000, "9999h": 35_996_400_000 }))
      assert.equal(positiveDuration.parse(text), milliseconds);
  });
});

describe("a share in the configuration", () => {
  it("is read without a rounding error", () => {
    assert.equal(percentage.parse("0.1%"), 0.001);
    assert.equal(percentage.parse("99.9%"), 0.999);
  });

  it("is written as it was read", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999 }), (tenThousandths) => {
        const text = `${tenThousandths / 10_000}%`;
        assert.equal(percentOf(percentage.parse(text)), text);
      }),
    );
  });

  for (const bad of ["0%", "100%", "101%", "1", "-1%", "1e-3%"]) {
    it(`"${bad}" is none`, () => {
      assert.ok(!percentage.safeParse(bad).success);
    });
  }
});

describe("an amount in the configuration", () => {
  const amounts = { "250m": 0.25, "2": 2, "1.5": 1.5, "96Mi": 96 * 2 ** 20, "2Gi": 2 ** 31, "1G": 1e9 };
  for (const [text, value] of Object.entries(amounts)) {
    it(`${text} is ${value}`, () => {
      assert.equal(amount(text), value);
    });
  }

  it("is CPU or bytes, and above 0", () => {
    assert.ok(cpu.safeParse("250m").success && bytes.safeParse("1Gi").success);
    for (const bad of ["1Gi", "0", "0m", "-1", "1 "]) assert.ok(!cpu.safeParse(bad).success, bad);
    for (const bad of ["100m", "0Mi", "1GB", "lots"]) assert.ok(!bytes.safeParse(bad).success, bad);
    assert.ok(Number.isNaN(amount("lots")));
  });
});
