import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { parse } from "yaml";
import { groups } from "../support/groups.ts";
import { projectRoot } from "../support/workflows/workflow-file.ts";
import { checkScripts } from "./commands.ts";

interface Form {
  readonly name: string;
  readonly description: string;
  readonly body: readonly {
    readonly type: string;
    readonly id?: string;
    readonly validations?: { readonly required: boolean };
  }[];
}

function read(file: string): Promise<string> {
  return readFile(path.join(projectRoot, file), "utf8");
}

const { license } = JSON.parse(await read("package.json")) as { readonly license: string };

describe("The pages that GitHub looks for", () => {
  it("have the licence that package.json names, whole and with an appendix that nobody has filled in", async () => {
    const text = await read("LICENSE");
    assert.equal(license, "Apache-2.0");
    assert.match(text, /^\s+Apache License\n\s+Version 2\.0, January 2004\n/);
    assert.match(text, /END OF TERMS AND CONDITIONS[^]*Copyright \[yyyy\] \[name of copyright owner\]/);
  });

  for (const [name, required] of [
    ["bug", ["happened", "expected", "commit", "where"]],
    ["feature", ["problem", "proposal"]],
  ] as const)
    it(`have a form for a ${name} that asks for what is needed, each field by an id of its own`, async () => {
      const { body, ...form } = parse(await read(`.github/ISSUE_TEMPLATE/${name}.yml`)) as Form;
      assert.ok(form.name.length > 0 && form.description.length > 0);
      const fields = body.filter(({ type }) => type !== "markdown");
      assert.equal(new Set(fields.map(({ id }) => id)).size, fields.length);
      assert.deepEqual(
        fields.filter(({ validations }) => validations?.required === true).map(({ id }) => id),
        required,
      );
    });

  it("leave no issue without a form, and send whoever found a weakness elsewhere", async () => {
    const config = parse(await read(".github/ISSUE_TEMPLATE/config.yml")) as Readonly<Record<string, unknown>>;
    assert.equal(config.blank_issues_enabled, false);
    assert.match(JSON.stringify(config.contact_links), /\/security\/policy/);
    assert.match(await read("SECURITY.md"), /Write to \*\*CONTACT\*\*/);
  });

  it("name commands, groups of tests and files that exist", async () => {
    for (const file of ["SECURITY.md", ".github/PULL_REQUEST_TEMPLATE.md"]) {
      const text = await read(file);
      await checkScripts(text);
      for (const [line, group = ""] of text.matchAll(/npm test -- --only (\w+)/g))
        assert.ok(Object.hasOwn(groups, group), line);
      for (const [, name = ""] of text.matchAll(/`((?:[\w.-]+\/)+[\w.-]*|[A-Z]+\.md)`/g))
        assert.ok(existsSync(path.join(projectRoot, name)), name);
      for (const [, link = ""] of text.matchAll(/\]\(([^)#]+)[^)]*\)/g))
        assert.ok(existsSync(path.join(projectRoot, path.dirname(file), link)), link);
    }
  });
});
