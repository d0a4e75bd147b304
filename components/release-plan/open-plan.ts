// A release plan of a newer version, as far as this one understands it: enough to roll a release back, and not enough to begin one.
import type { z } from "zod";
import { cutText } from "../text/cut.ts";
import { parseReleasePlan } from "./parse-plan.ts";
import { releasePlanSchema, releasePlanSchemaVersion, type ReleasePlan } from "./release-plan.ts";

export interface OpenPlan {
  readonly plan: ReleasePlan;
  /** What was left out, or replaced by what does least, by its path; none for a plan of this version. */
  readonly unread: readonly string[];
}

/** Where traffic is moved, and onto what: nothing can stand for that. */
const essential: readonly string[] = ["namespace", "service", "port", "router"];

/** What stands for a part that cannot be read; a part without a substitute is left to its default. */
const substitutes = (namespace: string, service: string): Fields => ({
  schema: releasePlanSchemaVersion,
  environment: namespace,
  replicas: 1,
  entry: { url: `http://${service}.${namespace}` },
  steps: [{ percent: 100, wait: 0 }],
  thresholds: {
    errorRate: { max: 0.01, policy: "rollback" },
    latency: { seconds: 1, policy: "rollback" },
  },
  prometheus: null,
  smoke: { steps: [] },
});

/** A plan has fewer parts than that; each is replaced once. */
const mostRounds = 100;
/** Of a part's name in a message, in bytes. */
const longestName = 200;

/**
 * Reads a plan's text openly: keys and words that this version does not know are left out, and named. Throws a ReleasePlanInvalidError where
 * it is no JSON object, or where it cannot be told how traffic is moved.
 *
 * @param where names the plan in messages, e.g. `atom-staging/atom-release-plan`
 */
export function parseReleasePlanOpenly(
  text: string,
  where: string,
  { namespace, service }: { readonly namespace: string; readonly service: string },
): OpenPlan {
  const strictly = (): OpenPlan => ({ plan: parseReleasePlan(text, where), unread: [] });
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    return strictly();
  }
  if (!isFields(root)) return strictly();
  const known = substitutes(namespace, service);
  const unread = new Set<string>();
  for (let round = 0; round < mostRounds; round += 1) {
    const result = releasePlanSchema.safeParse(root);
    if (result.success) return { plan: result.data, unread: [...unread].sort() };
    for (const { path, isUnknownKey } of result.error.issues.flatMap(unreadParts)) {
      let part = path;
      // Its substitute does not do: what is around it is replaced.
      while (part.length > 0 && unread.has(nameOf(part))) part = part.slice(0, -1);
      const [first] = part;
      if (first === undefined || (!isUnknownKey && essential.includes(first))) return strictly();
      unread.add(nameOf(part));
      replaceAt(root, part, valueAt(known, part));
    }
  }
  return strictly();
}

type Fields = Record<string, unknown>;
type Path = readonly string[];

/** A list is understood whole or not at all. */
function unreadParts(issue: z.core.$ZodIssue): readonly { readonly path: Path; readonly isUnknownKey: boolean }[] {
  const index = issue.path.findIndex((key) => typeof key === "number");
  const path = (index === -1 ? issue.path : issue.path.slice(0, index)).map(String);
  if (issue.code !== "unrecognized_keys" || index !== -1) return [{ path, isUnknownKey: false }];
  return issue.keys.map((key) => ({ path: [...path, key], isUnknownKey: true }));
}

function nameOf(path: Path): string {
  return cutText(path.join("."), longestName);
}

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) => (isFields(value) && Object.hasOwn(value, key) ? value[key] : undefined),
    root,
  );
}

/** Without a value the part goes. The root is this module's own. */
function replaceAt(root: Fields, path: Path, value: unknown): void {
  const [last = ""] = path.slice(-1);
  const around = valueAt(root, path.slice(0, -1));
  if (!isFields(around)) return;
  if (value === undefined) Reflect.deleteProperty(around, last);
  else Reflect.set(around, last, structuredClone(value));
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
