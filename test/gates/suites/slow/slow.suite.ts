import { setTimeout } from "node:timers/promises";

describe("A slow suite", () => {
  it("takes its time", async () => {
    await setTimeout(250);
  });

  it("is quick", () => undefined);
});
