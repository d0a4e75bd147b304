import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { inspect } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { SecretContent, VersionKey } from "../../../components/secret/secret-content.ts";
import { canonicalJson } from "../../../components/workload/digest.ts";
import "../../infra/pulumi-globals.ts";

const key = new VersionKey("a key of the service atom");
const contents = fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { maxKeys: 6 });
const versionOf = (values: Readonly<Record<string, string>>, by = key) => SecretContent.of(values).version("atom", by);

describe("the version of a Secret's content", () => {
  it("is the same for the same content, in whichever order it is written", () => {
    fc.assert(
      fc.property(contents, (values) => {
        const reversed = Object.fromEntries(Object.entries(values).reverse());
        assert.deepEqual(versionOf(reversed), versionOf(values));
      }),
    );
  });

  it("is another one for another content, and names the keys that differ", () => {
    fc.assert(
      fc.property(contents, contents, (left, right) => {
        fc.pre(canonicalJson(left) !== canonicalJson(right));
        const [before, after] = [versionOf(left), versionOf(right)];
        assert.notEqual(before.name, after.name);
        for (const name of Object.keys({ ...left, ...right }))
          assert.equal(before.keys[name] === after.keys[name], left[name] === right[name], name);
      }),
    );
  });

  it("is that of the same content as the API server gives it back", () => {
    fc.assert(
      fc.property(contents, (values) => {
        const data = Object.entries(values).map(([name, text]) => [name, Buffer.from(text).toString("base64")]);
        const read = SecretContent.ofData(Object.fromEntries(data) as Record<string, string>);
        assert.deepEqual(read.version("atom", key), versionOf(values));
      }),
    );
  });

  it("has a name that Kubernetes takes", () => {
    fc.assert(
      fc.property(contents, (values) => {
        assert.match(versionOf(values).name, /^atom-secrets-[0-9a-f]{12}$/);
      }),
    );
  });

  it("tells nothing of a weak secret to those who can guess it and do not have the key", () => {
    const guesses = ["admin", "letmein", "hunter2", "password", "atom"];
    for (const guess of guesses) {
      const values = { password: guess };
      const data = { password: Buffer.from(guess).toString("base64") };
      const { name, keys } = versionOf(values);
      const hashes = [values, data, guess, data.password, ["password", data.password]].flatMap((value) => {
        const text = canonicalJson(value);
        return [
          createHash("sha256").update(text).digest("hex"),
          ...["", "atom", "atom-secrets"].map((wrong) => createHmac("sha256", wrong).update(text).digest("hex")),
        ];
      });
      for (const hash of hashes) {
        assert.ok(!hash.startsWith(name.slice("atom-secrets-".length)));
        assert.ok(!hash.startsWith(keys.password ?? ""));
      }
    }
  });

  it("is another one under another key, for every content", () => {
    fc.assert(
      fc.property(contents, fc.string({ minLength: 1 }), (values, text) => {
        const other = new VersionKey(text);
        const [one, two] = [versionOf(values), versionOf(values, other)];
        assert.notEqual(one.name, two.name);
        for (const name of Object.keys(values)) assert.notEqual(one.keys[name], two.keys[name]);
      }),
    );
  });

  it("does not show that two keys have the same value", () => {
    const { keys } = versionOf({ databasePassword: "the same", redisPassword: "the same" });
    assert.notEqual(keys.databasePassword, keys.redisPassword);
  });
});

describe("the key of the versions", () => {
  it("comes from the bytes of the run that needed one, and is another one for each service", () => {
    const of = (entropy: string, service: string) => VersionKey.fresh(entropy, service).hash("value", 64);
    assert.equal(of("random", "atom"), of("random", "atom"));
    assert.notEqual(of("random", "atom"), of("other", "atom"));
    assert.notEqual(of("random", "atom"), of("random", "other"));
  });

  it("is read back from the Secret that keeps it; one without any is as if there were none", () => {
    const kept = key.content().versionKey();
    assert.equal(kept?.hash("value", 64), key.hash("value", 64));
    assert.equal(SecretContent.ofData({}).versionKey(), undefined);
    assert.equal(SecretContent.of({ key: "" }).versionKey(), undefined);
  });
});

describe("the content of a Secret", () => {
  it("shows no value and no key when it is printed, serialised or copied", () => {
    const content = SecretContent.of({ password: "hunter2" });
    for (const each of [content, key, Object.assign({}, content), Object.assign({}, key)])
      assert.doesNotMatch(
        `${inspect(each, { depth: 5, showHidden: true })}${JSON.stringify(each)}${canonicalJson(each)}`,
        /hunter2|aHVudGVyMg|a key of the service/,
      );
  });

  it("is marked as secret where it is declared", async () => {
    const data = SecretContent.of({ password: "hunter2" }).data();
    assert.deepEqual(Object.keys(data), ["password"]);
    assert.equal(await pulumi.isSecret(data.password ?? pulumi.output("")), true);
  });

  it("keeps bytes that are no text", () => {
    const base64 = Buffer.from([0xff, 0xfe, 0]).toString("base64");
    const changed = SecretContent.ofData({ password: Buffer.from([0xff, 0xfd, 0]).toString("base64") });
    assert.notEqual(
      SecretContent.ofData({ password: base64 }).version("atom", key).name,
      changed.version("atom", key).name,
    );
  });
});
