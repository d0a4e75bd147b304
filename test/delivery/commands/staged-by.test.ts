import assert from "node:assert/strict";
import { stagedBy } from "../../../delivery/commands/release.ts";
import { at, ledgerWith } from "../ledger/ledgers.ts";

const outputs = (desired: string, staged: { readonly slot: string; readonly digest: string } | null) => ({
  outputs: { services: { atom: { desired, staged } } },
});

describe("what an up says is staged", () => {
  const entry = { template: "bbbb", reason: "high_error_rate", at, release: "r1" };

  it("is what is released", () => {
    assert.equal(stagedBy(outputs("bbbb", { slot: "green", digest: "bbbb" }), ledgerWith(), "atom"), "bbbb");
  });

  it("is nothing where the template that was asked for serves, whatever other pods there are", () => {
    assert.throws(() => stagedBy(outputs("aaaa", null), ledgerWith(), "atom"), {
      refusal: "nothing_staged",
      message: /^There is nothing to release: blue serves atom with template aaaa, which is what was asked for\./,
    });
  });

  it("is nothing where the template is quarantined or was rolled back by users, which is said", () => {
    const staged = outputs("bbbb", null);
    assert.throws(() => stagedBy(staged, ledgerWith({ quarantine: [entry] }), "atom"), { refusal: "quarantined" });
    assert.throws(() => stagedBy(staged, ledgerWith({ withdrawn: [entry] }), "atom"), { refusal: "withdrawn" });
  });
});
