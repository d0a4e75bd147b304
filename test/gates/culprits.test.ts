import assert from "node:assert/strict";
import fc from "fast-check";
import { culpritsAmong } from "./culprits.ts";
import type { TestEntry } from "./journal.ts";
import { aTest } from "./runs.ts";

const suspects = (count: number): readonly TestEntry[] =>
  Array.from({ length: count }, (_, index) => aTest(`test ${index}`));

describe("The search for the tests that decide", () => {
  it("finds the one among many, in twice as many questions as there are halves", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 300 }), fc.nat(), async (count, number) => {
        const all = suspects(count);
        const guilty = all[number % count]!;
        let questions = 0;
        const found = await culpritsAmong(all, (tests) => {
          questions += 1;
          return Promise.resolve(tests.includes(guilty));
        });
        assert.deepEqual(found, [guilty]);
        assert.ok(questions <= 2 * Math.ceil(Math.log2(count)), `${questions} questions for ${count}`);
      }),
    );
  });

  it("gives all that are left where it takes two of them, one in each half", async () => {
    const all = suspects(8);
    const both = [all[4]!, all[7]!];
    const found = await culpritsAmong(all, (tests) => Promise.resolve(both.every((test) => tests.includes(test))));
    assert.deepEqual(found, all.slice(4));
  });

  it("has no answer where the time is over", async () => {
    assert.equal(await culpritsAmong(suspects(8), () => Promise.resolve(undefined)), undefined);
  });
});
