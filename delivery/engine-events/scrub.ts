import type { Difference, Json, ResourceChange, StackChanges } from "./changes.ts";
import { isList, isObject } from "./property-path.ts";

type Scrub = (text: string) => string;

/** The same changes, with every text in them scrubbed: before they are written, so that nothing can hide a secret by its form. */
export function scrubbedChanges(changes: StackChanges, scrub: Scrub): StackChanges {
  const { stack, resources, diagnostics, findings, outputs } = changes;
  const about = ({ urn }: { readonly urn?: string }) => (urn === undefined ? {} : { urn: scrub(urn) });
  return {
    ...changes,
    stack: stack === undefined ? undefined : scrub(stack),
    resources: resources.map((resource) => scrubbedResource(resource, scrub)),
    diagnostics: diagnostics.map((each) => ({ ...each, ...about(each), message: scrub(each.message) })),
    findings: findings.map((each) => ({ ...each, ...about(each), message: scrub(each.message) })),
    outputs: Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, scrubbedJson(value, scrub)])),
  };
}

function scrubbedResource(resource: ResourceChange, scrub: Scrub): ResourceChange {
  const { urn, name, component, differences, drift } = resource;
  const each = (difference: Difference) => scrubbedDifference(difference, scrub);
  return {
    ...resource,
    urn: scrub(urn),
    name: scrub(name),
    component: component.map(scrub),
    differences: differences.map(each),
    ...(drift === undefined ? {} : { drift: { ...drift, differences: drift.differences.map(each) } }),
  };
}

function scrubbedDifference(difference: Difference, scrub: Scrub): Difference {
  const { path, before, after } = difference;
  return {
    ...difference,
    path: scrub(path),
    ...(before === undefined ? {} : { before: scrubbedJson(before, scrub) }),
    ...(after === undefined ? {} : { after: scrubbedJson(after, scrub) }),
  };
}

function scrubbedJson(value: Json, scrub: Scrub): Json {
  if (typeof value === "string") return scrub(value);
  if (isList(value)) return value.map((each) => scrubbedJson(each, scrub));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [scrub(key), scrubbedJson(each, scrub)]));
}
