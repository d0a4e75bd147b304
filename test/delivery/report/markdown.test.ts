import assert from "node:assert/strict";
import { reportMarkdown } from "../../../delivery/report/markdown.ts";
import { storyOf } from "../../../delivery/report/story.ts";
import { recordNames, records, withHostileText } from "./records.ts";

/** What is outside of code, where Markdown and GitHub read something into text. */
function outsideOfCode(markdown: string): string {
  return markdown.replace(/^(`{3,})text\n[^]*?\n\1$/gm, "").replace(/`[^`\n]*`/g, "");
}

describe("a release's story as Markdown", () => {
  it("has outcome, reason, steps, evidence and timings, with journal and queries folded", async () => {
    const markdown = reportMarkdown(storyOf(await records.guard()));
    const headings = markdown.split("\n").filter((line) => /^#+ /.test(line));
    assert.deepEqual(headings, [
      "## ❌ Rolled back at 10 %: it failed too many requests",
      "### Steps",
      "### Evidence",
      "### Smoke tests",
      "### Timings",
      "### What to do next",
    ]);
    assert.match(markdown, /^\*\*Why:\*\* `high_error_rate`: guard: errorRate FAIL /m);
    assert.match(markdown, /^\| 10 % \| failed by the guard \| from 7\.65 s to /m);
    assert.match(markdown, /^\| 50 % \| not reached \| planned for 20 s \|$/m);
    assert.match(markdown, /^\| verdict → restored, verified \| 438 ms \|$/m);
    assert.match(markdown, /^<details><summary>Journal, 10 lines<\/summary>$/m);
    assert.match(
      markdown,
      /^- Release a changed version\. This one is quarantined: only `atom quarantine lift bbbbbbbbbbbb --stack staging --reason "…"`/m,
    );
  });

  it("starts at the level that is asked for, without what is folded where that is too much", async () => {
    const markdown = reportMarkdown(storyOf(await records.healthy()), { level: 3, details: false });
    assert.match(markdown, /^### ✅ Released$/m);
    assert.match(markdown, /^#### Steps$/m);
    assert.doesNotMatch(markdown, /<details>/);
  });

  it("makes nothing of hostile text: no tag, link, image, mention, reference, heading or cell", async () => {
    for (const name of recordNames) {
      const markdown = reportMarkdown(storyOf(withHostileText(await records[name]())));
      const text = outsideOfCode(markdown);
      assert.doesNotMatch(text, /<(?!\/?details>|\/?summary>)/, name);
      assert.doesNotMatch(text, /\]\(/, name);
      assert.doesNotMatch(text, /@(?!&#8203;)/, name);
      assert.doesNotMatch(text, /(?<![&#])#\d/, name);
      assert.doesNotMatch(text, /:\/\/|www\./, name);
      assert.doesNotMatch(text, /^# /m, name);
      const cells = text
        .split("\n")
        .filter((line) => line.startsWith("|"))
        .map((line) => line.split("|").length);
      assert.ok(
        cells.every((count) => [4, 5, 6, 9].includes(count)),
        name,
      );
    }
  });

  it("fences its journal so that nothing in it can close the fence", async () => {
    const record = await records.guard();
    const journal = record.journal.map((entry) => ({ ...entry, detail: "```` ```\n</details>" }));
    const markdown = reportMarkdown(storyOf({ ...record, journal }));
    assert.match(markdown, /^`{5}text$/m);
    assert.equal(outsideOfCode(markdown).match(/<\/details>/g)?.length, 1);
  });

  it("has rows of as many cells as their table has titles", async () => {
    for (const name of recordNames) {
      const markdown = reportMarkdown(storyOf(await records[name]()));
      let titles = 0;
      for (const line of markdown.split("\n")) {
        if (!line.startsWith("|")) titles = 0;
        else if (titles === 0) titles = line.split("|").length;
        else assert.equal(line.split("|").length, titles, `${name}: ${line}`);
      }
    }
  });
});
