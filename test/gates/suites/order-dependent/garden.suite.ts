import assert from "node:assert/strict";

const beds = new Map<string, string>();

describe("A garden", () => {
  it("is sown", () => {
    beds.set("first", "beans");
  });

  it("wants beans to be there", () => {
    assert.equal(beds.get("first"), "beans");
  });

  for (const bird of ["wren", "robin", "finch"])
    it(`is visited by a ${bird}`, () => {
      assert.ok(bird.length > 0);
    });
});
