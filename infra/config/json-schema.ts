import { z } from "zod";
import { stackSchema } from "./schema.ts";
import { knownSecrets } from "./secrets.ts";

interface ObjectSchema {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly required: readonly string[];
}

const encrypted = (key: string) => ({
  description: `Secret: pulumi config set --secret --stack NAME atom:${key}`,
  type: "object",
  properties: { secure: { type: "string" } },
  required: ["secure"],
  additionalProperties: false,
});

/** The JSON Schema of a stack's file, for editors: they complete its keys and mark its mistakes while it is written. */
export function stackFileSchema(): Record<string, unknown> {
  // Editors see what is written, so the input side of the schema counts.
  const { properties, required } = z.toJSONSchema(stackSchema, { io: "input" }) as unknown as ObjectSchema;
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Pulumi.<stack>.yaml of atom",
    type: "object",
    required: ["config"],
    properties: {
      config: {
        type: "object",
        properties: Object.fromEntries([
          ...Object.entries(properties).map(([key, value]): [string, unknown] => [`atom:${key}`, value]),
          ...knownSecrets().map((key): [string, unknown] => [`atom:${key}`, encrypted(key)]),
        ]),
        required: required.map((key) => `atom:${key}`),
        // Pulumi's own keys and those of its providers have namespaces of their own.
        patternProperties: { "^(?!atom:)[^:]+:.+$": true },
        additionalProperties: false,
      },
    },
  };
}
