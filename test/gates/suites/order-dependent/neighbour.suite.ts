import assert from "node:assert/strict";

describe("A neighbour", () => {
  it("turns the radio on", () => {
    process.env.GATES_RADIO = "on";
  });
});

describe("A library", () => {
  it("wants silence", () => {
    assert.equal(process.env.GATES_RADIO, undefined);
  });
});
