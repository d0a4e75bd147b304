import assert from "node:assert/strict";

const table: string[] = [];

describe("A kitchen", () => {
  it("leaves crumbs", () => {
    table.push("crumbs");
  });

  it("wants a clean table", () => {
    assert.deepEqual(table, []);
  });

  for (const guest of ["one", "two", "three", "four", "five"])
    it(`serves guest ${guest}`, () => {
      assert.ok(guest.length > 0);
    });
});
