import type { FieldTree, ManagedFields, ObjectMeta } from "./api.ts";

const template = ["f:spec", "f:template"];

/** Whether it is what Pulumi's provider writes as: it applies as a name of its own for each resource, and creates as the bare name. */
export function isPulumi(manager = ""): boolean {
  return /^pulumi($|-(resource-)?kubernetes)/.test(manager);
}

/**
 * Who owns which fields of a Deployment, once those of its pod template that `manager` owns are Pulumi's; `undefined` where it owns none, or
 * Pulumi has never written the object. An update that applies leaves alone what others own: a variable that the kept version had would
 * stay when the next one is staged, and a second port of the same name is refused.
 */
export function withTemplateOwnedByPulumi(
  { managedFields = [] }: ObjectMeta,
  manager: string,
): readonly ManagedFields[] | undefined {
  const given = managedFields.find(
    (each) => each.manager === manager && isWhole(each) && templateOf(each.fieldsV1) !== undefined,
  );
  const fields = templateOf(given?.fieldsV1);
  if (given === undefined || fields === undefined) return undefined;
  const written = managedFields
    .filter((entry) => isWhole(entry) && isPulumi(entry.manager) && entry.apiVersion === given.apiVersion)
    // A stack whose state was lost applies by another name than before.
    .toSorted((one, other) => ((one.time ?? "") < (other.time ?? "") ? 1 : -1));
  const taker = written.find(({ operation }) => operation === "Apply") ?? written[0];
  if (taker === undefined) return undefined;
  return managedFields.flatMap((entry) => {
    if (entry === taker) return [{ ...entry, fieldsV1: union(entry.fieldsV1 ?? {}, only(fields)) }];
    if (entry !== given) return [entry];
    const rest = without(entry.fieldsV1 ?? {}, template);
    return Object.keys(rest).length === 0 ? [] : [{ ...entry, fieldsV1: rest }];
  });
}

/** Whether the object itself was written, and not its status or scale, as controllers do. */
export function isWhole({ subresource = "" }: ManagedFields): boolean {
  return subresource === "";
}

/** A Deployment's pod template in such a tree. */
export function templateOf(fields: FieldTree | undefined): FieldTree | undefined {
  return template.reduce<FieldTree | undefined>((inner, key) => inner?.[key], fields);
}

/** The same fields, beside nothing but what they are part of. */
function only(fields: FieldTree): FieldTree {
  return template.reduceRight<FieldTree>((nested, key) => ({ [key]: nested }), fields);
}

function without(fields: FieldTree, [key, ...path]: readonly string[]): FieldTree {
  if (key === undefined) return {};
  const { [key]: inner = {}, ...rest } = fields;
  const left = without(inner, path);
  return Object.keys(left).length === 0 ? rest : { ...rest, [key]: left };
}

function union(left: FieldTree, right: FieldTree): FieldTree {
  const merged = Object.entries(right).map(([key, fields]) => [key, union(left[key] ?? {}, fields)]);
  return { ...left, ...(Object.fromEntries(merged) as FieldTree) };
}
