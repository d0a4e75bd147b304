// What of a slot's pod template was set by others than the program and the releaser, by the API server's own record.
import { z } from "zod";

/** The entries of `metadata.managedFields` that tell of an object's own fields. */
export const managedFieldsSchema = z
  .array(
    z.object({
      manager: z.string().default(""),
      subresource: z.string().default(""),
      fieldsV1: z.record(z.string(), z.unknown()).default({}),
    }),
  )
  .default([]);

export type ManagedFields = z.output<typeof managedFieldsSchema>;

/** More of them make a note unreadable. */
const most = 10;

/**
 * Fields of a Deployment's pod template that neither Pulumi nor the releaser owns, each as `spec.containers.atom.env.HOTPATCH (kubectl-set)`,
 * sorted, at most ten. With server-side apply an update takes none of them away.
 */
export function setByOthers(entries: ManagedFields): string[] {
  const own = new Set<string>();
  const others = new Map<string, string>();
  for (const { manager, subresource, fieldsV1 } of entries) {
    const fields = childOf(childOf(fieldsV1, "f:spec"), "f:template");
    if (subresource !== "" || fields === undefined) continue;
    const isOwn = manager.startsWith("pulumi") || manager === "atom-release";
    for (const path of pathsOf(fields))
      if (isOwn) own.add(path);
      else others.set(path, manager);
  }
  // A new item of a list is one field, and not each of its own.
  const paths = [...others.keys()].filter((path) => !own.has(path)).sort();
  const outermost = paths.filter((path) => !paths.some((other) => path.startsWith(`${other}.`)));
  return outermost.slice(0, most).map((path) => `${path} (${others.get(path) ?? ""})`);
}

/** Whatever is owned, in the notation of `managedFields`: `f:` a field, `k:` an item by its keys, `.` the thing itself. */
function pathsOf(fields: object, above: readonly string[] = []): string[] {
  return Object.entries(fields).flatMap(([key, inner]: [string, unknown]) => {
    if (key === ".") return [above.join(".")];
    const path = [...above, nameOf(key)];
    const isLeaf = typeof inner !== "object" || inner === null || Object.keys(inner).length === 0;
    return isLeaf ? [path.join(".")] : pathsOf(inner, path);
  });
}

/** Items of lists are named by their names, as far as they have one. */
function nameOf(key: string): string {
  const text = key.slice(2);
  if (!key.startsWith("k:")) return text;
  const name = /"name":"([^"]*)"/.exec(text)?.[1];
  return name ?? text;
}

function childOf(fields: object | undefined, key: string): object | undefined {
  const child = (fields as Readonly<Record<string, unknown>> | undefined)?.[key];
  return typeof child === "object" && child !== null ? child : undefined;
}
