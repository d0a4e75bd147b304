import type { ManagedFields, ObjectMeta } from "./api.ts";

type FieldSet = Readonly<Record<string, unknown>>;

/** What Pulumi's provider writes as: it applies as a name of its own for each resource, and creates as the bare name. */
const isPulumi = /^pulumi-(resource-)?kubernetes/;
const template = ["f:spec", "f:template"];

/**
 * Who owns which fields of a Deployment, once those of its pod template that `manager` owns are Pulumi's; `undefined` where it owns none, or
 * Pulumi has never written the object. An update that applies leaves alone what others own: a variable that the kept version had would
 * stay when the next one is staged, and a second port of the same name is refused.
 */
export function withTemplateOwnedByPulumi(
  { managedFields = [] }: ObjectMeta,
  manager: string,
): readonly ManagedFields[] | undefined {
  const given = managedFields.find((entry) => entry.manager === manager && isWhole(entry) && holds(entry.fieldsV1));
  if (given === undefined) return undefined;
  const written = managedFields
    .filter((entry) => isWhole(entry) && isPulumi.test(entry.manager ?? "") && entry.apiVersion === given.apiVersion)
    // A stack whose state was lost applies by another name than before.
    .toSorted((one, other) => ((one.time ?? "") < (other.time ?? "") ? 1 : -1));
  const taker = written.find(({ operation }) => operation === "Apply") ?? written[0];
  if (taker === undefined) return undefined;
  return managedFields.flatMap((entry) => {
    if (entry === taker) return [{ ...entry, fieldsV1: union(fieldsOf(entry.fieldsV1), only(given.fieldsV1)) }];
    if (entry !== given) return [entry];
    const rest = without(fieldsOf(entry.fieldsV1), template);
    return Object.keys(rest).length === 0 ? [] : [{ ...entry, fieldsV1: rest }];
  });
}

/** Of the object itself, and not of its status or scale. */
function isWhole({ subresource = "" }: ManagedFields): boolean {
  return subresource === "";
}

function fieldsOf(value: unknown): FieldSet {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function holds(fields: unknown): boolean {
  return template.reduce<unknown>((inner, key) => fieldsOf(inner)[key], fields) !== undefined;
}

/** The pod template's part of a set of fields. */
function only(fields: unknown): FieldSet {
  const inner = template.reduce<unknown>((outer, key) => fieldsOf(outer)[key], fields);
  return template.reduceRight<FieldSet>((nested, key) => ({ [key]: nested }), fieldsOf(inner));
}

function without(fields: FieldSet, [key, ...path]: readonly string[]): FieldSet {
  if (key === undefined) return {};
  const { [key]: inner, ...rest } = fields;
  const left = without(fieldsOf(inner), path);
  return Object.keys(left).length === 0 ? rest : { ...rest, [key]: left };
}

function union(left: FieldSet, right: FieldSet): FieldSet {
  const merged = Object.entries(right).map(([key, fields]) => [key, union(fieldsOf(left[key]), fieldsOf(fields))]);
  return { ...left, ...(Object.fromEntries(merged) as FieldSet) };
}
