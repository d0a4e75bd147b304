import assert from "node:assert/strict";

describe("A broken suite", () => {
  it("fails always", () => {
    assert.equal(1 + 1, 3);
  });

  it("passes always", () => {
    assert.equal(1 + 1, 2);
  });

  describe("with a hook that fails", () => {
    before(() => {
      throw new Error("no water");
    });

    it("never runs", () => undefined);
  });
});
