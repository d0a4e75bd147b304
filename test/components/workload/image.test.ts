import assert from "node:assert/strict";
import fc from "fast-check";
import { imageVersion, parseImage } from "../../../components/workload/image.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

describe("a reference to an image", () => {
  const good: readonly (readonly [reference: string, version: string])[] = [
    ["atom:1.4.2", "1.4.2"],
    ["registry.example.com:5000/team/atom:v2", "v2"],
    ["atom.local/atom:0.1.0", "0.1.0"],
    [`registry.example.com/atom@${digest}`, "0123456789ab"],
    [`registry.example.com/atom:1.4.2@${digest}`, "1.4.2"],
    [`atom:latest@${digest}`, "latest"],
    ["atom:_build.7-", "build.7"],
    [`atom:${"a".repeat(100)}`, "a".repeat(63)],
  ];
  for (const [reference, version] of good) {
    it(`${reference} names the version ${version}`, () => {
      assert.notEqual(parseImage(reference), undefined);
      assert.equal(imageVersion(reference), version);
    });
  }

  const bad = [
    "",
    "atom",
    "atom:",
    "atom:latest",
    "registry.example.com:5000/atom",
    "Atom:1",
    "atom:1 2",
    "atom@sha256:12",
    `atom@${digest}@${digest}`,
    "-atom:1",
  ];
  for (const reference of bad) {
    it(`"${reference}" names no fixed version and is refused`, () => {
      assert.equal(parseImage(reference), undefined);
    });
  }

  it("always gives a version that a label can hold", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 200, unit: "grapheme-ascii" }), (tag) => {
        assert.match(imageVersion(`atom:${tag}`), /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/);
      }),
    );
  });
});
