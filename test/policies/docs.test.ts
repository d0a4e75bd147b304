import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { rulesFor } from "../../policies/rules.ts";

describe("docs/policies.md", () => {
  it("has a row for every policy and no other, and says what each looks at", async () => {
    const text = await readFile(path.join(import.meta.dirname, "..", "..", "docs", "policies.md"), "utf8");
    const rows = [...text.matchAll(/^\| `([\w-]+)` +\| (a resource|a stack) +\|/gm)].map(([, name, looks]) => [
      name,
      looks,
    ]);
    const rules = rulesFor(undefined).map((rule) => [rule.name, "violations" in rule ? "a resource" : "a stack"]);
    assert.deepEqual(rows, rules);
  });
});
