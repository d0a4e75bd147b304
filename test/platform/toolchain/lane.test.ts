import assert from "node:assert/strict";
import { Lane } from "../../../platform/toolchain/lane.ts";

describe("a lane of work", () => {
  it("runs no more at a time than its width, in the order in which they came", async () => {
    const lane = new Lane(2);
    const started: number[] = [];
    let running = 0;
    let most = 0;
    await Promise.all(
      [1, 2, 3, 4, 5].map((name) =>
        lane.run(async () => {
          started.push(name);
          running += 1;
          most = Math.max(most, running);
          await new Promise(setImmediate);
          running -= 1;
        }),
      ),
    );
    assert.deepEqual(started, [1, 2, 3, 4, 5]);
    assert.equal(most, 2);
  });

  it("goes on with the next after a failure", async () => {
    const lane = new Lane(1);
    const failure = lane.run(() => Promise.reject(new Error("broken")));
    const next = lane.run(() => Promise.resolve("whole"));
    await assert.rejects(failure, /broken/);
    assert.equal(await next, "whole");
  });
});
