import assert from "node:assert/strict";
import { planMigration, type LiveMigration } from "../../../components/migration/plan.ts";

const live = (changes: Partial<LiveMigration> = {}): LiveMigration => ({
  digest: "new",
  uid: "uid-1",
  attempt: undefined,
  failed: false,
  ...changes,
});

describe("the migrations of a template", () => {
  it("run when it comes up or is staged, and then once", () => {
    const first = planMigration(true, "new", undefined);
    assert.deepEqual(first, { run: true, digest: "new", attempt: undefined });
    assert.deepEqual(planMigration(true, "new", live()), first);
  });

  it("run whatever became of another template's", () => {
    assert.deepEqual(planMigration(true, "new", live({ digest: "old", failed: true })), {
      run: true,
      digest: "new",
      attempt: undefined,
    });
  });

  it("run anew after a failure, and then once again", () => {
    const second = planMigration(true, "new", live({ failed: true }));
    assert.deepEqual(second, { run: true, digest: "new", attempt: "uid-1" });
    assert.deepEqual(planMigration(true, "new", live({ uid: "uid-2", attempt: "uid-1" })), second);
    assert.equal(planMigration(true, "new", live({ uid: "uid-2", attempt: "uid-1", failed: true }))?.attempt, "uid-2");
  });

  it("stay as they ended when nothing is staged", () => {
    assert.deepEqual(planMigration(false, "new", live({ digest: "old", attempt: "uid-0" })), {
      run: false,
      digest: "old",
      attempt: "uid-0",
    });
  });

  it("go when they failed and nothing is staged, and do not come back", () => {
    assert.equal(planMigration(false, "new", live({ failed: true })), undefined);
    assert.equal(planMigration(false, "new", undefined), undefined);
  });
});
