import assert from "node:assert/strict";
import fc from "fast-check";
import { Scrubber } from "../../../delivery/http/scrubber.ts";

const secret = fc
  .string({ minLength: 4, maxLength: 40, unit: "grapheme-ascii" })
  .filter((text) => /^\S.*\S$/.test(text));

describe("the scrubber", () => {
  it("hides what it learned, plain, escaped, URL-encoded and in base64", () => {
    fc.assert(
      fc.property(secret, (hidden) => {
        const scrubber = new Scrubber();
        scrubber.learn(hidden);
        const escaped = JSON.stringify(hidden).slice(1, -1);
        for (const form of [hidden, escaped, encodeURIComponent(hidden), Buffer.from(hidden).toString("base64")])
          assert.equal(scrubber.scrub(`¿${form}¡`), "¿[redacted]¡");
      }),
      { numRuns: 200 },
    );
  });

  it("hides a secret that an answer's JSON holds, at any place", () => {
    fc.assert(
      fc.property(
        fc.uuid(),
        fc.constantFrom("access_token", "refreshToken", "password", "set-cookie", "apiKey"),
        (hidden, key) => {
          const body = JSON.stringify({ list: [{ [key]: hidden }], message: "ok" });
          assert.equal(new Scrubber().excerpt(body), `{"list":[{"${key}":"[redacted]"}],"message":"ok"}`);
          assert.doesNotMatch(new Scrubber().excerpt(body.slice(0, -5)), new RegExp(hidden));
        },
      ),
      { numRuns: 100 },
    );
  });

  it("hides tokens by their look", () => {
    const scrubber = new Scrubber();
    assert.equal(scrubber.scrub("got eyJhbGciOi.eyJzdWIi.c2ln!"), "got [redacted]!");
    assert.equal(scrubber.scrub("Authorization: Bearer abc.def-1"), "Authorization: [redacted]");
    assert.equal(scrubber.scrub("Basic dXNlcjpwYXNz"), "[redacted]");
  });

  it("keeps an excerpt to one short line", () => {
    assert.equal(new Scrubber().excerpt("a\r\n\tb\u001b[31m"), "a b [31m");
    assert.equal(new Scrubber().excerpt("word ".repeat(100)).length, 201);
    assert.equal(new Scrubber().excerpt(""), "");
  });

  it("learns nothing from values that are too short to be secrets", () => {
    const scrubber = new Scrubber();
    scrubber.learn("");
    scrubber.learn("abc");
    assert.equal(scrubber.scrub("abcdef"), "abcdef");
  });
});
