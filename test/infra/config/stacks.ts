import path from "node:path";
import { neededSecrets } from "../../../infra/config/secrets.ts";
import type { RawConfig } from "../../../infra/config/parse.ts";
import { readStackFile } from "../../../infra/config/stack-file.ts";

export const root = path.join(import.meta.dirname, "..", "..", "..");

/** The committed configuration of a stack, as if all of its secrets were set. */
export async function committed(stack: string): Promise<RawConfig> {
  const raw = await readStackFile(root, stack);
  return { ...raw, secrets: neededSecrets(raw.values) };
}

/** A copy of a configuration with other values, by path: `services.atom.replicas`. `undefined` takes a value away. */
export function withValues(raw: RawConfig, changes: Readonly<Record<string, unknown>>): RawConfig {
  const values = structuredClone(raw.values) as Record<string, unknown>;
  for (const [at, value] of Object.entries(changes)) {
    const keys = at.split(".");
    const last = keys.pop() ?? "";
    const parent = keys.reduce((object, key) => object[key] as Record<string, unknown>, values);
    if (value === undefined) Reflect.deleteProperty(parent, last);
    else parent[last] = value;
  }
  return { ...raw, values };
}
