import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { commentText, summaryText } from "../../../delivery/preview/publish.ts";
import { isQuiet, reportOf, type StackReport } from "../../../delivery/preview/report.ts";
import { previewText } from "../../../delivery/preview/terminal.ts";
import { longestComment } from "../../../delivery/github/sticky-comment.ts";
import { examples, golden, goldenFile, knownSecret, logs, previewOf, type Example } from "./previews.ts";
import { faultsOf } from "./structure.ts";

const run = { url: "https://github.example/example/atom/actions/runs/42", commit: "0123456789abcdef" };

function reported(...names: readonly Example[]): readonly StackReport[] {
  return names.map((name) => reportOf(previewOf(logs[name]())));
}

async function assertGolden(name: string, text: string): Promise<void> {
  if (process.env.UPDATE_GOLDEN === "1") await writeFile(goldenFile(name), text);
  assert.equal(text, await golden(name));
}

describe("a preview", () => {
  for (const name of examples) {
    it(`of the kind ${name} reads as in the golden comment (UPDATE_GOLDEN=1 writes it anew)`, async () => {
      await assertGolden(`${name}.md`, commentText(reported(name), run));
    });

    it(`of the kind ${name} is closed, quotes nothing alive and fits, as comment and as summary`, () => {
      const texts = [commentText(reported(name), run), summaryText(reported(name), run)];
      for (const text of texts) assert.deepEqual(faultsOf(text), []);
      assert.ok((texts[0]?.length ?? 0) <= longestComment);
      assert.ok(Buffer.byteLength(texts[1] ?? "") < 1024 * 1024);
    });
  }

  for (const name of ["update", "failure", "not-staged", "hostile"] as const)
    it(`of the kind ${name} reads as in the golden file on a terminal`, async () => {
      await assertGolden(`${name}.txt`, previewText(reported(name), { width: 100 }));
    });

  it("of several stacks is one comment, with a line for each at its head", () => {
    const text = commentText(reported("update", "delete", "failure", "no-change"), run);
    assert.deepEqual(faultsOf(text), []);
    const titles = [...text.matchAll(/^### (.*)$/gm)].map(([, title]) => title);
    assert.deepEqual(titles, [
      "⚠️ <code>staging</code>: 2 to update",
      "⚠️ <code>production</code>: 3 to delete, 1 to update",
      "❌ <code>production</code>: the preview failed",
      "✅ <code>staging</code>: no changes",
    ]);
    assert.equal([...text.matchAll(/^\| [✅❌⚠]/gmu)].length, 4);
  });

  it("tells deletes and replacements before anything else of its stack", () => {
    for (const name of ["delete", "replace"] as const) {
      const text = commentText(reported(name), run);
      assert.ok(text.indexOf("**Deleted or replaced**") < text.indexOf("**Versions**"));
      assert.ok(text.indexOf("**Versions**") < text.indexOf("<details>"));
    }
  });

  it("says how long the release takes that follows, and that a person is waited for besides", () => {
    const text = previewText(reported("update"), { width: 400 });
    assert.match(text, /takes 25 min: 10 % for 5 min, 50 % for 5 min, 100 % for 5 min, soak for 10 min\./);
    assert.match(text, /It waits for a person at 10 % besides, for up to 24 h\./);
  });

  it("says nothing of a release where none follows", () => {
    for (const name of ["no-change", "create", "not-staged", "failure"] as const)
      assert.doesNotMatch(previewText(reported(name), { width: 400 }), /release \(/);
  });

  it("takes what a release moves for no drift", () => {
    const preview = previewOf(logs["not-staged"]());
    const [slot] = preview.changes.resources;
    assert.ok(slot?.drift);
    const urn = "urn:pulumi:staging::atom::atom:slots:Slots$kubernetes:apps/v1:Deployment::atom-blue";
    const drifted = (resource: typeof slot) =>
      reportOf({ ...preview, changes: { ...preview.changes, resources: [resource] } }).drifted.length;
    assert.equal(drifted({ ...slot, urn }), 0);
    assert.equal(drifted(slot), 1);
  });

  it("is quiet where there is nothing to read", () => {
    assert.deepEqual(
      examples.filter((name) => isQuiet(reportOf(previewOf(logs[name]())))),
      ["no-change"],
    );
  });

  it("shows a secret nowhere, in whatever form it travels", () => {
    const forms = [knownSecret, encodeURIComponent(knownSecret), Buffer.from(knownSecret).toString("base64")];
    const texts = [
      commentText(reported("secret-in-list"), run),
      summaryText(reported("secret-in-list"), run),
      previewText(reported("secret-in-list")),
    ];
    for (const text of texts) for (const form of forms) assert.ok(!text.includes(form), form);
    for (const text of texts) assert.match(text, /\[redacted\]/);
  });

  it("of a command that ended before the engine began says what it printed last", () => {
    const preview = { ...previewOf(logs["no-change"]()), lastLines: 'There is no stack "x".' };
    const report = reportOf({ ...preview, changes: { ...preview.changes, outcome: "failed" } });
    assert.deepEqual(report.reasons, ['There is no stack "x".']);
    const silent = reportOf({ ...previewOf(logs["no-change"]()), changes: { ...preview.changes, outcome: "failed" } });
    assert.match(silent.reasons.join(), /did not say why/);
  });

  it("that leaves something out of the comment says where it is, and the summary has it", () => {
    const comment = commentText(reported("500-resources"), run);
    assert.match(comment, /settings-499/);
    assert.ok(summaryText(reported("500-resources"), run).length > comment.length);
    const many = commentText(Array.from({ length: 8 }, () => reported("500-resources")).flat(), run);
    assert.match(many, /_\d+ more(?: parts)?: see the \[summary of the run\]\(https:\/\/github\.example/);
    assert.deepEqual(faultsOf(many), []);
    assert.ok(many.length <= longestComment);
  });
});
