import assert from "node:assert/strict";
import { scryptSync } from "node:crypto";
import { PasswordHashError, hashPassword, verifyPassword } from "../../service/src/password.ts";

describe("A password's hash", () => {
  it("is made of that password and of no other", async () => {
    const hash = await hashPassword("correct horse");
    assert.equal(await verifyPassword("correct horse", hash), true);
    assert.equal(await verifyPassword("correct hors", hash), false);
    assert.equal(await verifyPassword("", hash), false);
  });

  it("has a salt of its own, so that equal passwords do not look equal", async () => {
    assert.notEqual(await hashPassword("same"), await hashPassword("same"));
  });

  it("carries its cost, so that older hashes stay valid when the cost is raised", async () => {
    const salt = Buffer.from("a salt of 16 byte");
    const key = scryptSync("correct horse", salt, 32, { N: 2 ** 10, r: 4, p: 2 });
    const cheap = `$scrypt$ln=10,r=4,p=2$${salt.toString("base64url")}$${key.toString("base64url")}`;
    assert.equal(await verifyPassword("correct horse", cheap), true);
    assert.equal(await verifyPassword("another", cheap), false);
    assert.match(await hashPassword("x"), /^\$scrypt\$ln=14,r=8,p=1\$[\w-]{22}\$[\w-]{43}$/);
  });

  it("is refused when it is not one of ours", async () => {
    await assert.rejects(verifyPassword("x", "$2b$10$abcdefghijklmnopqrstuv"), PasswordHashError);
  });
});
