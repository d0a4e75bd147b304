import { clusterDeadlineMs } from "../../support/cluster.ts";
import { releasesInARow } from "../support/in-a-row.ts";
import { ReleaseStack } from "../support/release-stack.ts";

describe("A healthy release", function () {
  // An engine run, a rollout and a release on two busy cores.
  this.timeout(300_000);
  let stack: ReleaseStack;

  before(async function () {
    this.timeout(clusterDeadlineMs);
    stack = await ReleaseStack.create("in-a-row");
  });

  after(async () => {
    await stack[Symbol.asyncDispose]();
  });

  describe("is one of ten in a row, each in the slot that the one before left, without a failed request", () => {
    // The first ones run with every test of healthy releases.
    releasesInARow([4, 5, 6, 7, 8, 9, 10], () => stack);
  });
});
