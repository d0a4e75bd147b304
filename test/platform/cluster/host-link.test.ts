import assert from "node:assert/strict";
import { linkCount, linkOf } from "../../../platform/cluster/addresses.ts";
import { freeIndexes } from "../../../platform/cluster/host-link.ts";

describe("The link between the host and an instance", () => {
  it("has names and addresses that follow from its index", () => {
    assert.deepEqual(linkOf(7), {
      index: 7,
      hostInterface: "atom7",
      peerInterface: "atom7in",
      hostAddress: "10.213.7.1",
      address: "10.213.7.2",
    });
  });

  it("has no index beyond the range, since 10.213.256.1 is no address", () => {
    for (const index of [-1, 1.5, linkCount]) assert.throws(() => linkOf(index), RangeError);
  });

  it("takes the lowest index that nobody uses, neither by name nor by address", () => {
    const names = new Set(["lo", "eth0", "atom0", "atom2in"]);
    assert.deepEqual(freeIndexes({ names, addresses: ["127.0.0.1", "10.213.1.9"] }).slice(0, 3), [3, 4, 5]);
  });

  it("fits the 15 characters of an interface's name at every index", () => {
    for (const index of freeIndexes({ names: new Set(), addresses: [] }))
      assert.ok(linkOf(index).peerInterface.length <= 15);
  });
});
