import assert from "node:assert/strict";
import { ClusterError } from "../../../platform/cluster/errors.ts";
import { checkUser, preflight, type Host } from "../../../platform/cluster/preflight.ts";

const able: Host = { platform: "linux", userId: 0, run: () => Promise.resolve() };

async function problemOf(change: Partial<Host>): Promise<ClusterError["problem"]> {
  try {
    await preflight({ ...able, ...change });
  } catch (error) {
    assert.ok(error instanceof ClusterError);
    return error.problem;
  }
  return assert.fail("it was let through");
}

describe("The check of a machine before a cluster is started", () => {
  it("lets through a Linux with root's rights and namespaces", async () => {
    await preflight(able);
  });

  it("says that another system cannot, and points to --context", async () => {
    const problem = await problemOf({ platform: "darwin" });
    assert.match(problem.why, /this is darwin/);
    assert.match(problem.wayOut, /--context NAME/);
  });

  it("says which user cannot, and how to become one who can", async () => {
    const problem = await problemOf({ userId: 1000 });
    assert.match(problem.why, /user 1000/);
    assert.match(problem.wayOut, /sudo -E.*--context NAME/);
  });

  it("is not all needed to stop a cluster, but root's rights are", () => {
    checkUser({ platform: "linux", userId: 0 });
    assert.throws(() => {
      checkUser({ platform: "linux", userId: 1000 });
    }, ClusterError);
  });

  it("says that namespaces are not permitted, with the system's own words", async () => {
    const run: Host["run"] = (command) =>
      command === "unshare" ? Promise.reject(new Error("unshare failed: Operation not permitted")) : Promise.resolve();
    const problem = await problemOf({ run });
    assert.match(problem.why, /namespaces of its own.*--privileged.*Operation not permitted/);
    assert.match(problem.wayOut, /--context NAME/);
  });

  it("says which program is missing", async () => {
    const run: Host["run"] = (command) =>
      command === "ip" ? Promise.reject(new Error("spawn ip ENOENT")) : Promise.resolve();
    assert.match((await problemOf({ run })).why, /`ip` is missing/);
  });
});
