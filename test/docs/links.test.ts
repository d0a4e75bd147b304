import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { glob, readFile } from "node:fs/promises";
import path from "node:path";
import { root } from "../infra/config/stacks.ts";
import { anchorsOf, proseOf, withoutFences } from "./sections.ts";

const pages: string[] = [];
for await (const page of glob(["README.md", "CHANGELOG.md", "docs/**/*.md", ".github/**/*.md"], { cwd: root }))
  pages.push(page);
/** Others have older, longer lines. */
const narrow = ["docs/troubleshooting.md", "docs/runbook.md", ".github/workflows/README.md"];
const columns = 120;

async function textOf(page: string): Promise<string> {
  return readFile(path.join(root, page), "utf8");
}

describe("The documents", () => {
  it("link to files that exist, and to headings that these have", async () => {
    let links = 0;
    for (const page of pages) {
      for (const [, address = ""] of proseOf(await textOf(page)).matchAll(/\]\(([^)\s]+)(?: "[^"]*")?\)/g)) {
        if (/^[a-z]+:/.test(address)) continue;
        links += 1;
        const [file = "", anchor] = address.split("#");
        const target = file === "" ? page : path.join(path.dirname(page), decodeURIComponent(file));
        assert.ok(!target.startsWith("..") && existsSync(path.join(root, target)), `${page}: ${address} leads nowhere`);
        if (anchor === undefined) continue;
        assert.ok(target.endsWith(".md"), `${page}: ${address}: only a document has headings`);
        assert.ok(anchorsOf(await textOf(target)).includes(anchor), `${page}: ${address}: there is no such heading`);
      }
    }
    assert.ok(links > 100);
  });

  it("have anchors as GitHub makes them", () => {
    const page = "# A `b`: c, d & e\n\n```\n# none\n```\n\n## Same\n\n## [Same](x.md)\n\n## npm run tools -- --costs\n";
    assert.deepEqual(anchorsOf(page), ["a-b-c-d--e", "same", "same-1", "npm-run-tools------costs"]);
  });

  for (const page of narrow.filter((each) => pages.includes(each)))
    it(`have no line of prose over ${columns} columns in ${page}`, async () => {
      const long = withoutFences(await textOf(page))
        .split("\n")
        // An address cannot be broken.
        .filter((line) => line.replace(/\]\(https:[^)]*\)/, "]").length > columns && !line.trimStart().startsWith("|"));
      assert.deepEqual(long, []);
    });
});
