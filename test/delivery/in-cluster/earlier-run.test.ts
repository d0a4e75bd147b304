import assert from "node:assert/strict";
import { releaseOfRun } from "../../../delivery/in-cluster/earlier-run.ts";
import { releasesFor } from "../../../delivery/in-cluster/job.ts";
import { ledgerWith, past, underWay } from "../ledger/ledgers.ts";

describe("what an earlier pod of the same Job has ended", () => {
  const by = releasesFor("anna", "atom-release-x1y2z3");
  const other = releasesFor("anna", "atom-release-a4b5c6");

  it("is the newest release of that Job", () => {
    const releases = [
      past("r4", { startedBy: other }),
      past("r3", { startedBy: by, outcome: "rolled-back" }),
      past("r2"),
    ];
    assert.equal(releaseOfRun(ledgerWith({ releases }), by)?.id, "r3");
  });

  it("is nothing while that release is under way, or before it", () => {
    const releases = [past("r1", { startedBy: by })];
    assert.equal(releaseOfRun(ledgerWith({ releases, current: underWay({ startedBy: by }) }), by), undefined);
    assert.equal(releaseOfRun(ledgerWith({ releases: [past("r1", { startedBy: other })] }), by), undefined);
    const baseline = past("r0", { startedBy: by, outcome: "baseline" });
    assert.equal(releaseOfRun(ledgerWith({ releases: [baseline] }), by), undefined);
  });
});
