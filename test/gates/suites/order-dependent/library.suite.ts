import assert from "node:assert/strict";

describe("A library", () => {
  it("wants silence", () => {
    assert.equal(process.env.GATES_RADIO, undefined);
  });
});
