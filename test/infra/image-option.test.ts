import assert from "node:assert/strict";
import { ImageOptionError, parseImageOptions } from "../../infra/image-option.ts";

const services = ["atom", "ion"];

describe("images that a run is asked for", () => {
  it("are read by service, digests too", () => {
    const digest = `registry.test:5000/ion@sha256:${"0".repeat(64)}`;
    assert.deepEqual(parseImageOptions(["atom=registry.test/atom:1.4.2", `ion=${digest}`], services), {
      atom: "registry.test/atom:1.4.2",
      ion: digest,
    });
    assert.deepEqual(parseImageOptions([], services), {});
  });

  const refused: Readonly<Record<string, readonly [options: string[], why: RegExp]>> = {
    "of no service": [["registry.test/atom:1.4.2"], /allowed: SERVICE=IMAGE/],
    "of a service without a name": [["=registry.test/atom:1"], /allowed: SERVICE=IMAGE/],
    "of a service that the stack does not have": [["molecule=m:1"], /no service "molecule"; it has atom, ion/],
    "of a service that is named twice": [["atom=a:1", "atom=a:2"], /atom is named twice/],
    "without a fixed version": [["atom=registry.test/atom"], /"registry.test\/atom" is not an image with a fixed tag/],
    "that are none": [["atom="], /"" is not an image/],
  };
  for (const [what, [options, why]] of Object.entries(refused)) {
    it(`${what} are refused, with the option and the reason`, () => {
      assert.throws(
        () => parseImageOptions(options, services),
        (error: unknown) =>
          error instanceof ImageOptionError && why.test(error.message) && error.message.includes("--image "),
      );
    });
  }
});
