/** A schema as GitHub publishes it: of OpenAPI 3.0. */
export type Schema = Readonly<Record<string, unknown>>;

type Schemas = Readonly<Record<string, Schema>>;

/** The JSON Schema of a request's body. */
export function requestSchemaOf(schema: Schema, schemas: Schemas): Schema {
  return converted(schema, schemas, (keywords) => keywords);
}

/** The JSON Schema of an answer of which the stand-in gives a part: each field that is there has its form, and none has to be there. */
export function answerSchemaOf(schema: Schema, schemas: Schemas): Schema {
  return converted(schema, schemas, (keywords) => {
    const { oneOf, anyOf, ...rest } = Object.fromEntries(
      Object.entries(keywords).filter(([key]) => key !== "required"),
    );
    // Without what they require, several forms may fit at once.
    const forms = oneOf ?? anyOf;
    return forms === undefined ? rest : { ...rest, anyOf: forms };
  });
}

/** Names of the fields of an object. */
export function fieldsOf(schema: Schema | undefined, schemas: Schemas): readonly string[] {
  return Object.keys((schema && resolved(schema, schemas).properties) ?? {});
}

/** GitHub's schemas have no cycles, so that a reference can be what it refers to. */
function resolved(schema: Schema, schemas: Schemas): Schema {
  const { $ref } = schema;
  if (typeof $ref !== "string") return schema;
  const found = schemas[$ref.split("/").at(-1) ?? ""];
  if (found === undefined) throw new Error(`GitHub publishes no ${$ref}`);
  return resolved(found, schemas);
}

function converted(schema: Schema, schemas: Schemas, adapt: (keywords: Schema) => Schema): Schema {
  const inner = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inner);
    return typeof value === "object" && value !== null ? converted(value as Schema, schemas, adapt) : value;
  };
  const keywords = Object.entries(adapt(resolved(schema, schemas))).map(([key, value]): [string, unknown] => [
    key,
    key === "properties" ? valuesOf(value as Schema, inner) : subschemas.has(key) ? inner(value) : value,
  ]);
  const { nullable, ...rest } = Object.fromEntries(keywords);
  // OpenAPI 3.0 says `nullable` also where it names no type, which JSON Schema does not know.
  if (nullable !== true) return rest;
  return "type" in rest ? { ...rest, nullable } : { anyOf: [rest, { type: "null" }] };
}

/** The names of properties are no keywords. */
function valuesOf(properties: Schema, inner: (value: unknown) => unknown): Schema {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, inner(value)]));
}

const subschemas: ReadonlySet<string> = new Set(["items", "allOf", "anyOf", "oneOf", "not", "additionalProperties"]);
