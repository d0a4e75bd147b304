import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NoSpaceError } from "../../../platform/toolchain/errors.ts";
import { checkSpace, diskOf, type DiskOf } from "../../../platform/toolchain/space.ts";

describe("room on the disk", () => {
  const disks: DiskOf = (folder) => {
    if (folder.startsWith("/home")) return Promise.resolve({ id: 1, freeMegabytes: 1_000 });
    if (folder.startsWith("/big")) return Promise.resolve({ id: 2, freeMegabytes: 90_000 });
    return Promise.reject(new Error("no such folder"));
  };

  it("is enough when each disk has what is needed on it", async () => {
    await checkSpace(
      [
        { folder: "/home/cache", megabytes: 1_000 },
        { folder: "/big/go", megabytes: 8_000 },
      ],
      disks,
    );
  });

  it("is counted together for folders on the same disk", async () => {
    const needs = [
      { folder: "/home/cache", megabytes: 600 },
      { folder: "/home/go", megabytes: 500 },
    ];
    await assert.rejects(checkSpace(needs, disks), (error) => {
      assert.ok(error instanceof NoSpaceError);
      assert.match(error.message, /no room for the tools in \/home\/cache/);
      assert.match(error.message, /about 1100 MB there, and 1000 MB are free/);
      assert.match(error.message, /--context NAME/);
      return true;
    });
  });

  it("is asked of the nearest folder that exists", async () => {
    await checkSpace([{ folder: join(tmpdir(), "not", "there", "yet"), megabytes: 0 }]);
  });

  it("is read from the real disk", async () => {
    const { freeMegabytes } = await diskOf(tmpdir());
    assert.ok(Number.isInteger(freeMegabytes) && freeMegabytes >= 0);
  });
});
