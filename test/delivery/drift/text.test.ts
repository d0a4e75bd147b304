import assert from "node:assert/strict";
import { driftOf } from "../../../delivery/drift/drift.ts";
import { driftMarkdown } from "../../../delivery/drift/markdown.ts";
import { driftText } from "../../../delivery/drift/terminal.ts";
import { changedService, clean, difference, refreshed, service } from "./changes.ts";

describe("drift in words", () => {
  it("says that an environment is as it was left", () => {
    assert.equal(driftText(clean), "staging is as it was left.\n");
    assert.equal(driftMarkdown(clean), "<code>staging</code> is as it was left.\n");
  });

  it("names on a terminal what differs, and what can be done", () => {
    assert.equal(
      driftText(changedService(), { width: 200 }),
      [
        "1 resource of staging is not as it was left.",
        "",
        "Service atom",
        '  - spec.sessionAffinity: "None"',
        '  + spec.sessionAffinity: "ClientIP"',
        "",
        "What to do next",
        "  Take it back: PULUMI_K8S_ENABLE_PATCH_FORCE=true npm run up -- --stack staging --refresh makes the environment what the program declares.",
        "  Or keep it: write it into the stack's configuration, then npm run up -- --stack staging --refresh.",
        "",
      ].join("\n"),
    );
  });

  it("names in Markdown what differs, and what can be done", () => {
    assert.equal(
      driftMarkdown(changedService()),
      [
        "**1 resource of staging is not as it was left.**",
        "",
        "- <code>Service atom</code>, of <code>atom-staging / atom</code>",
        "",
        "```diff",
        '- spec.sessionAffinity: "None"',
        '+ spec.sessionAffinity: "ClientIP"',
        "```",
        "",
        "### What to do next",
        "",
        "- Take it back: `PULUMI_K8S_ENABLE_PATCH_FORCE=true npm run up -- --stack staging --refresh` makes the environment what the program declares.",
        "- Or keep it: write it into the stack's configuration, then `npm run up -- --stack staging --refresh`.",
        "- Then nothing is left to do here: the next look closes this issue.",
        "",
      ].join("\n"),
    );
  });

  it("says of what is gone that it is, and no more", () => {
    const drift = driftOf("staging", {
      resources: [
        refreshed(service, "atom", { operation: "delete" }),
        refreshed(service, "other", { operation: "delete" }),
      ],
    });
    assert.match(
      driftText(drift),
      /^2 resources of staging are not as they were left\.\n\nService atom is gone\n\nService other is gone\n/,
    );
    assert.match(
      driftMarkdown(drift),
      /^- <code>Service atom<\/code>, of <code>atom-staging \/ atom<\/code> \*\*is gone\*\*$/m,
    );
  });

  it("stays what it is whatever somebody wrote by hand, and within what GitHub takes", () => {
    const hostile = "```\n</details><script>@everyone #1 \u001b[2J";
    const differences = [difference("metadata.annotations.note", { after: hostile })];
    const resources = Array.from({ length: 500 }, (_, index) => {
      const long = [...differences, difference("data.text", { after: "x".repeat(4_000) })];
      return refreshed(service, `${hostile}-${index}`, { differences: long });
    });
    const text = driftMarkdown(driftOf("staging", { resources }));
    assert.ok(text.length <= 60_000, String(text.length));
    assert.match(text, /### What to do next/);
    for (const each of ["<script", "\u001b"]) assert.ok(!text.includes(each), each);
    const fences = text.split("\n").filter((line) => line.startsWith("```"));
    assert.equal(fences.length % 2, 0);
    assert.ok(!driftText(driftOf("staging", { resources: resources.slice(0, 3) })).includes("\u001b"));
  });
});
