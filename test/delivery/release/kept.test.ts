import assert from "node:assert/strict";
import { NotKeptError, rollbackTarget, soundRelease } from "../../../delivery/release/kept.ts";
import { at, ledgerWith, past, underWay } from "../ledger/ledgers.ts";

const [first, second, third] = ["aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"];
const releases = [
  past("r3", { template: third, slot: "green" }),
  past("r2", { template: second, slot: "blue" }),
  past("r1", { template: first, slot: "green" }),
];

describe("where a rollback leads", () => {
  const serving = releases[0]!;
  const current = underWay({ id: "r4", template: "dddddddddddd", slot: "blue", from: serving });
  const ledger = ledgerWith({ active: "green", releases });

  it("is the template of the release that is named, and while one is under way that may be what served before it", () => {
    assert.equal(rollbackTarget(ledger, undefined), undefined);
    assert.equal(rollbackTarget(ledger, "r1"), first);
    assert.equal(rollbackTarget({ ...ledger, current }, "r3"), third);
    assert.equal(rollbackTarget({ ...ledger, current }, "r1"), first);
  });

  it("is nowhere for what serves already, for the release under way itself, and for one that is not kept", () => {
    for (const [id, state] of [
      ["r3", ledger],
      ["r4", { ...ledger, current }],
      ["r9", ledger],
    ] as const)
      assert.throws(() => rollbackTarget(state, id), NotKeptError, id);
  });

  it("is by itself the newest that nothing speaks against", () => {
    const entry = { reason: "logins fail", at, release: "r3" };
    assert.equal(soundRelease(ledger).id, "r2");
    assert.equal(soundRelease({ ...ledger, withdrawn: [{ ...entry, template: second }] }).id, "r1");
    const both = { quarantine: [{ ...entry, template: first }], withdrawn: [{ ...entry, template: second }] };
    assert.throws(() => soundRelease({ ...ledger, ...both }), NotKeptError);
  });
});
