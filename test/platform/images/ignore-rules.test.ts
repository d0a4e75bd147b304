import assert from "node:assert/strict";
import { ignoreRules } from "../../../platform/images/ignore-rules.ts";
import { ImageError } from "../../../platform/images/image-error.ts";

/** Each line: a file that says what to ignore, a path, and what github.com/moby/patternmatcher 0.6.1 says of it. */
const answers: readonly (readonly [string, string, boolean])[] = [
  ["", "a", false],
  ["# a", "a", false],
  [" # a", "# a", true],
  ["a", "a", true],
  ["a", "a/b/c", true],
  ["a", "b/a", false],
  ["/a", "a", true],
  ["./a/", "a/b", true],
  ["a/../b", "b", true],
  ["*.md", "README.md", true],
  ["*.md", "docs/README.md", false],
  ["**/*.md", "README.md", true],
  ["**/*.md", "docs/a/README.md", true],
  ["docs/**", "docs/a/README.md", true],
  ["docs/**", "docs", false],
  ["**", "a/b", true],
  ["a/**/z", "a/z", true],
  ["a/**/z", "a/b/c/z", true],
  ["a/*/z", "a/b/c/z", false],
  ["temp?", "temp1", true],
  ["temp?", "temp", false],
  ["temp?", "temp/", false],
  ["a.b", "axb", false],
  ["[ab].ts", "a.ts", true],
  ["[ab].ts", "c.ts", false],
  ["[^ab].ts", "c.ts", true],
  ["a\\*b", "a*b", true],
  ["a\\*b", "axb", false],
  ["a+(b)|{c}$", "a+(b)|{c}$", true],
  ["*\n!package.json", "package.json", false],
  ["*\n!package.json", "service/package.json", true],
  ["*\n!service/package.json", "service/package.json", false],
  ["*\n!service\nservice/Dockerfile*", "service/src/main.ts", false],
  ["*\n!service\nservice/Dockerfile*", "service/Dockerfile", true],
  ["*.md\n!README*.md\nREADME-secret.md", "README-secret.md", true],
  ["*.md\nREADME-secret.md\n!README*.md", "README-secret.md", false],
  ["*\n! a ", "a", false],
  ["a\r\nb\r\n", "b", true],
];

describe("The rules of a .dockerignore", () => {
  for (const [rules, file, excluded] of answers)
    it(`${excluded ? "keep out" : "let in"} ${JSON.stringify(file)} by ${JSON.stringify(rules)}`, () => {
      assert.equal(ignoreRules(rules).excludes(file), excluded);
    });

  it("are refused where BuildKit would refuse them", () => {
    assert.throws(() => ignoreRules("a\n!"), new ImageError('"!" is no pattern: "!" needs one behind it.'));
    assert.throws(() => ignoreRules("[a"), new ImageError('"[a" is no pattern of a .dockerignore.'));
  });
});
