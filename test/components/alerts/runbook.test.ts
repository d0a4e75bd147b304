import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { checkAtomCommands } from "../../docs/commands.ts";
import { root } from "../../infra/config/stacks.ts";
import { alertsOfStack, rulesFile, stacks } from "./world.ts";

const page = await readFile(path.join(root, "docs", "runbook", "alerts.md"), "utf8");
const headings = [...page.matchAll(/^## (\S+)$/gm)].map(([, heading = ""]) => heading);

describe("the runbook of alerts", () => {
  it("has a heading for every alert, and none for another", async () => {
    const linked = new Set<string>();
    for (const stack of stacks)
      for (const { rules = [] } of rulesFile(await alertsOfStack(stack)).groups ?? [])
        for (const { alert, annotations = {} } of rules) {
          if (alert === undefined) continue;
          const [address, anchor = ""] = (annotations.runbook_url ?? "").split("#");
          assert.match(address ?? "", /\/docs\/runbook\/alerts\.md$/, alert);
          linked.add(anchor);
        }
    // A page's anchors are its headings in lower case.
    assert.deepEqual(headings.map((heading) => heading.toLowerCase()).sort(), [...linked].sort());
  });

  it("says of each what it means, what to look at and what to do", () => {
    for (const part of page.split(/^## /m).slice(1)) {
      const bold = [...part.matchAll(/^\*\*([^*]+)\.\*\*/gm)].map(([, word]) => word);
      assert.deepEqual(bold, ["Means", "Look at", "Do"], part.split("\n")[0]);
    }
  });

  it("has a line of the table at its beginning for each, and links that lead somewhere", () => {
    const rows = [...page.matchAll(/^\| \[(\w+)\]/gm)].map(([, name]) => name);
    assert.deepEqual([...rows].sort(), [...headings].sort());
    for (const [, anchor = ""] of page.matchAll(/\]\(#([^)]+)\)/g))
      assert.ok(
        headings.some((heading) => heading.toLowerCase() === anchor),
        anchor,
      );
  });

  it("names commands and options of atom that exist", async () => {
    assert.ok((await checkAtomCommands(page)) > 10);
  });
});
