import assert from "node:assert/strict";
import fc from "fast-check";
import type { Period } from "../../../delivery/gate/counts.ts";
import {
  activeTotal,
  addReading,
  candidateTotal,
  followTotal,
  packPeriod,
  readingSince,
  unpackPeriod,
} from "../../../delivery/gate/counts.ts";

const counts = fc.tuple(fc.nat(400), fc.nat(400)).map(([good, bad]) => ({ total: good + bad, bad }));
const reading = fc.record(
  { candidate: counts, active: fc.option(counts) },
  { noNullPrototype: true },
) satisfies fc.Arbitrary<Period>;

const small: Period = { candidate: { total: 10, bad: 1 }, active: { total: 90, bad: 2 } };

describe("periods of a release", () => {
  it("lose no request, whatever is read and however it is split", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(reading, fc.boolean())), (readings) => {
        const periods = readings.reduce<readonly Period[]>((so, [one, step]) => addReading(so, one, step), []);
        const all = readings.map(([one]) => one);
        assert.deepEqual(candidateTotal(periods), candidateTotal(all));
        assert.deepEqual(activeTotal(periods), activeTotal(all));
      }),
    );
  });

  it("merge readings until one is full, and begin anew with a step or when the active slot stops serving", () => {
    const one = addReading(addReading([], small), small);
    assert.deepEqual(one, [{ candidate: { total: 20, bad: 2 }, active: { total: 180, bad: 4 } }]);
    assert.equal(addReading(one, small, true).length, 2);
    assert.equal(addReading(one, { ...small, active: null }).length, 2);
    const full: Period = { candidate: { total: 200, bad: 0 }, active: { total: 1800, bad: 0 } };
    assert.deepEqual(addReading([full], small), [full, small]);
  });

  it("are some 60 after a million requests", () => {
    const hundred: Period = { candidate: { total: 100, bad: 0 }, active: null };
    let periods: readonly Period[] = [];
    for (let read = 0; read < 10_000; read += 1) periods = addReading(periods, hundred);
    assert.ok(periods.length > 40 && periods.length < 80, String(periods.length));
  });

  it("take counts since the first reading as readings", () => {
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 5 }), reading, (periods, next) => {
        const all = [...periods, next];
        const active = next.active && activeTotal(all);
        assert.deepEqual(readingSince(periods, { candidate: candidateTotal(all), active }), next);
      }),
    );
  });

  it("follow counts since the first reading, also when these are corrected, and are always possible", () => {
    const corrected = fc.array(fc.record({ candidate: counts, active: fc.constant(null) }, { noNullPrototype: true }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(corrected, (totals) => {
        let periods: readonly Period[] = [];
        for (const total of totals) {
          periods = followTotal(periods, total);
          assert.deepEqual(candidateTotal(periods), total.candidate);
          for (const { candidate } of periods) assert.ok(candidate.bad >= 0 && candidate.bad <= candidate.total);
        }
      }),
    );
  });

  it("are divided like readings where counts since the first only grow", () => {
    fc.assert(
      fc.property(fc.array(counts, { minLength: 1, maxLength: 12 }), (grown) => {
        const readings = grown.map((candidate): Period => ({ candidate, active: null }));
        let followed: readonly Period[] = [];
        let added: readonly Period[] = [];
        for (const [index, one] of readings.entries()) {
          added = addReading(added, one);
          followed = followTotal(followed, { candidate: candidateTotal(readings.slice(0, index + 1)), active: null });
        }
        assert.deepEqual(followed, added);
      }),
    );
  });

  it("are the same after the ledger packed and unpacked them as JSON", () => {
    fc.assert(
      fc.property(reading, (period) => {
        const packed: unknown = JSON.parse(JSON.stringify(packPeriod(period)));
        assert.deepEqual(packed, packPeriod(period));
        assert.deepEqual(unpackPeriod(packPeriod(period)), period);
      }),
    );
  });
});
