import assert from "node:assert/strict";

let tries = 0;

describe("A suite that tries again", () => {
  it("passes when it is tried for the second time", function () {
    this.retries(3);
    tries += 1;
    assert.equal(tries, 2);
  });
});
