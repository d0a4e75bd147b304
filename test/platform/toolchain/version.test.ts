import assert from "node:assert/strict";
import fc from "fast-check";
import { compareVersions, findVersion, isAccepted } from "../../../platform/toolchain/version.ts";

describe("the versions of tools", () => {
  const words: readonly [words: string, version: string][] = [
    ["Kubernetes v1.36.3", "1.36.3"],
    ["Client Version: v1.32.4-dispatcher\nKustomize Version: v5.5.0", "1.32.4"],
    ["containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3", "1.6.20"],
    ["runc version 1.1.5+ds1\ncommit: 1.1.5+ds1-1+deb12u1", "1.1.5"],
    ["iptables v1.8.9 (nf_tables)", "1.8.9"],
    ["Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0", "7.0.15"],
    ["go1.26.8", "1.26.8"],
  ];
  for (const [text, version] of words) {
    it(`reads ${version} in "${text.split("\n")[0] ?? ""}"`, () => {
      assert.equal(findVersion(text), version);
    });
  }

  it("takes the version from where a pattern says", () => {
    assert.equal(findVersion("envoy  version: 12ab/1.40.0/Clean/RELEASE/BoringSSL", /\/(\d+\.\d+\.\d+)\//), "1.40.0");
  });

  it("finds none in words without a dotted number", () => {
    assert.equal(findVersion("saw, built on 12 May"), undefined);
  });

  it("compares numbers place by place, a missing place being 0", () => {
    assert.ok(compareVersions("1.10", "1.9.9") > 0);
    assert.ok(compareVersions("1.9", "1.10") < 0);
    assert.equal(compareVersions("15", "15.0.0"), 0);
  });

  it("leaves Debian's epoch out", () => {
    assert.ok(compareVersions("5:7.0.15-1~deb12u10", "7.0.14") > 0);
    assert.ok(compareVersions("5:7.0.15-1~deb12u10", "7.0.16") < 0);
  });

  it("orders any two versions the same way from both sides", () => {
    const version = fc.array(fc.nat(40), { minLength: 1, maxLength: 4 }).map((places) => places.join("."));
    fc.assert(
      fc.property(version, version, (a, b) => {
        assert.equal(Math.sign(compareVersions(a, b)), 0 - Math.sign(compareVersions(b, a)));
      }),
    );
  });

  it("accepts a range with its lower end and without its upper end", () => {
    const range = { atLeast: "1.36.0", below: "1.37" };
    assert.equal(isAccepted("1.36.0", range), true);
    assert.equal(isAccepted("1.36.9", range), true);
    assert.equal(isAccepted("1.37.0", range), false);
    assert.equal(isAccepted("1.35.9", range), false);
  });
});
