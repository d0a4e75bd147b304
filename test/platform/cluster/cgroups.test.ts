import assert from "node:assert/strict";
import { cgroupVersion, hierarchiesIn } from "../../../platform/cluster/cgroups.ts";
import { mountsBelow } from "../../../platform/cluster/remains.ts";

const line = (mountPoint: string, type: string): string =>
  `36 35 0:29 / ${mountPoint} rw,relatime shared:9 - ${type} ${type} rw`;

describe("The hierarchies of control groups", () => {
  it("are found among a machine's mounts, with their version", () => {
    const text = [
      line("/", "ext4"),
      line("/sys/fs/cgroup/cpu", "cgroup"),
      line("/sys/fs/cgroup/unified", "cgroup2"),
      "",
    ].join("\n");
    assert.deepEqual(hierarchiesIn(text), [
      { version: 1, mountPoint: "/sys/fs/cgroup/cpu" },
      { version: 2, mountPoint: "/sys/fs/cgroup/unified" },
    ]);
  });

  it("are of version 1 where there are both, as containers use them", () => {
    assert.equal(cgroupVersion(hierarchiesIn([line("/a", "cgroup2"), line("/b", "cgroup")].join("\n"))), 1);
    assert.equal(cgroupVersion(hierarchiesIn(line("/sys/fs/cgroup", "cgroup2"))), 2);
  });
});

describe("The mounts of an instance", () => {
  it("are those at and below its folder, the innermost first", () => {
    const text = ["/", "/x/a", "/x/a/b", "/x/ab", "/x"].map((mountPoint) => line(mountPoint, "tmpfs")).join("\n");
    assert.deepEqual(mountsBelow("/x/a", text), ["/x/a/b", "/x/a"]);
  });
});
