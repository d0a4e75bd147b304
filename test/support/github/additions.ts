import type { Schema } from "./json-schema.ts";

/**
 * What GitHub's API takes although its description of the bodies does not have it.
 *
 * `can_admins_bypass`: https://github.com/google/go-github/issues/2725; its answer has the field as well, and the official provider sends it
 * with every environment.
 */
const additions: Readonly<Record<string, Schema>> = {
  "PUT /repos/{owner}/{repo}/environments/{environment_name}": { can_admins_bypass: { type: "boolean" } },
};

/** The schema of an operation's body with what is known beyond it. */
export function withAdditions(operation: string, schema: Schema | undefined): Schema | undefined {
  const added = additions[operation];
  if (schema === undefined || added === undefined) return schema;
  return { ...schema, properties: { ...(schema.properties as Schema), ...added } };
}
