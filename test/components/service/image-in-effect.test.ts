import assert from "node:assert/strict";
import { initialLedger } from "../../../components/ledger/ledger.ts";
import type { PastRelease } from "../../../components/ledger/release-record.ts";
import { imageInEffect } from "../../../components/service/image-in-effect.ts";
import { pastRelease } from "../slots/live.ts";

const configured = "registry.test/atom:1";
const other = "registry.test/atom:2";

/** A release of what the stack's file names. */
const plain = (changes: Partial<PastRelease> = {}): PastRelease => ({
  ...pastRelease,
  outcome: "released",
  ...changes,
});

/** A release of another image than the stack's file named. */
const released = (changes: Partial<PastRelease> = {}): PastRelease =>
  plain({ slot: "green", image: other, insteadOf: configured, ...changes });

const image = (releases: readonly PastRelease[], asked?: string, active: "blue" | "green" = "green"): string =>
  imageInEffect({
    ...{ service: "atom", configured, asked },
    ledger: { ...initialLedger("atom", active), releases: [...releases] },
  }).image;

describe("the image in effect", () => {
  it("is the configured one on the first run, and where no release put another in its place", () => {
    assert.deepEqual(imageInEffect({ service: "atom", configured, asked: undefined, ledger: undefined }), {
      image: configured,
      notes: [],
    });
    assert.equal(image([plain({ slot: "green", image: other })]), configured);
  });

  it("is the released one while the stack's file names what it was released instead of, and a note says so", () => {
    const ledger = { ...initialLedger("atom", "green"), releases: [released({ id: "r4" })] };
    assert.deepEqual(imageInEffect({ service: "atom", configured, asked: undefined, ledger }), {
      image: other,
      notes: [
        "atom: registry.test/atom:2 of release r4 stands in for the configured registry.test/atom:1, until the stack's file names another image.",
      ],
    });
  });

  it("is the configured one again when the stack's file names another, the released one too", () => {
    const ledger = { ...initialLedger("atom", "green"), releases: [released()] };
    for (const now of [other, "registry.test/atom:3"])
      assert.deepEqual(imageInEffect({ service: "atom", configured: now, asked: undefined, ledger }), {
        image: now,
        notes: [],
      });
  });

  it("outlasts releases that were rolled back, and not one that took its place", () => {
    const rolledBack = released({ outcome: "rolled-back", slot: "blue", image: "registry.test/atom:3" });
    assert.equal(image([rolledBack, released()]), other);
    const next = plain({ slot: "blue", image: configured });
    assert.equal(image([next, released()], undefined, "blue"), configured);
  });

  it("is not that of a release whose slot serves no more", () => {
    assert.equal(image([released()], undefined, "blue"), configured);
  });

  it("is what this run was asked for, whatever was released, and a note says for how long", () => {
    assert.equal(image([released()], "registry.test/atom:3"), "registry.test/atom:3");
    const { notes } = imageInEffect({ service: "atom", configured, asked: other, ledger: undefined });
    assert.deepEqual(notes, [
      "atom: registry.test/atom:2 was asked for; the next run has registry.test/atom:1 again, unless it is released before.",
    ]);
    assert.deepEqual(imageInEffect({ service: "atom", configured, asked: configured, ledger: undefined }).notes, []);
  });
});
