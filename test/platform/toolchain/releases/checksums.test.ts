import assert from "node:assert/strict";
import { checksumOf } from "../../../../platform/toolchain/releases/checksums.ts";

describe("a publisher's list of checksums", () => {
  const [a, b] = ["a".repeat(64), "b".repeat(64)];

  it("may be a digest alone", () => {
    assert.equal(checksumOf("saw", a, "list"), a);
    assert.equal(checksumOf("saw", `${a.toUpperCase()}\n`, "list"), a);
  });

  it("may be lines of sha256sum, in text or binary mode, with or without folders, from any system", () => {
    const list = `${b}  saw.tar.gz.sig\r\n${a} *./dist/saw.tar.gz\r\n${b}  chainsaw.tar.gz\r\n`;
    assert.equal(checksumOf("saw.tar.gz", list, "list"), a);
    assert.equal(checksumOf("chainsaw.tar.gz", list, "list"), b);
  });

  it("may name a file twice, but not with two digests", () => {
    assert.equal(checksumOf("saw", `${a}  saw\n${a}  saw\n`, "list"), a);
    assert.throws(() => checksumOf("saw", `${a}  saw\n${b}  saw\n`, "list"), /list has more than one SHA-256 of saw/);
  });

  it("has to name the file, with a whole SHA-256", () => {
    for (const text of ["", "<html>not found</html>", `${a.slice(1)}  saw`, `${a}  hammer`, `${a}0  saw`])
      assert.throws(() => checksumOf("saw", text, "list"), /list has no SHA-256 of saw/);
  });
});
