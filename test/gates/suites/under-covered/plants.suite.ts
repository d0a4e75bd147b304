import assert from "node:assert/strict";
import { tended } from "./tended.ts";

describe("A suite that covers little", () => {
  it("tends one plant", () => {
    assert.equal(tended(), "watered");
  });
});
