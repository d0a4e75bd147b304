import assert from "node:assert/strict";
import { parse } from "yaml";
import { withoutDescriptions } from "../../../platform/cluster/crd-text.ts";

describe("A CRD without descriptions", () => {
  it("loses texts of one line, of several, and blocks with empty lines in them", () => {
    const yaml = [
      "schema:",
      "  description: one line",
      "  properties:",
      "    a:",
      "      description: |-",
      "        a block",
      "",
      "        with an empty line, and a line like a key:",
      "          type: nothing",
      "      type: string",
      "    b:",
      "      description: a text that goes on",
      "        in the next line",
      "      type: integer",
    ].join("\n");
    assert.deepEqual(parse(withoutDescriptions(yaml)), {
      schema: { properties: { a: { type: "string" }, b: { type: "integer" } } },
    });
  });

  it("keeps a property that is called description", () => {
    const yaml =
      "properties:\n  description:\n    description: what it is\n    type: string\n  other:\n    type: string";
    assert.deepEqual(parse(withoutDescriptions(yaml)), {
      properties: { description: { type: "string" }, other: { type: "string" } },
    });
  });

  it("keeps what holds no description as it is", () => {
    const yaml = "kind: CustomResourceDefinition\nspec:\n  group: example.org\n\n  scope: Namespaced\n";
    assert.equal(withoutDescriptions(yaml), yaml);
  });
});
