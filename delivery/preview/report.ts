// What a preview says to people, before it has a form. Pure.
import type { Operation, PolicyFinding, ResourceChange, StackChanges } from "../engine-events/changes.ts";
import { withoutReleasersFields } from "../drift/releaser-fields.ts";
import { partsOfUrn } from "../engine-events/parse.ts";
import { releaseCost, type ReleaseCost } from "./release-cost.ts";
import type { StackPreview } from "./stack-preview.ts";

/** Operations that a preview tells of, in the order in which people want to hear of them. */
export const toldOperations = [
  "delete",
  "replace",
  "create",
  "import",
  "update",
] as const satisfies readonly Operation[];
export type ToldOperation = (typeof toldOperations)[number];

export interface ComponentReport {
  /** Names from the outermost component inwards; empty for what is part of the stack itself. */
  readonly path: readonly string[];
  readonly changes: readonly ResourceChange[];
}

export interface StackReport {
  readonly stack: string;
  readonly failed: boolean;
  /** Why it failed: paragraphs. */
  readonly reasons: readonly string[];
  readonly counts: Readonly<Record<ToldOperation, number>>;
  /** Deletes and replacements, which may lose what is in them. */
  readonly losses: readonly ResourceChange[];
  /** What becomes of versions, and why: staged at 0 %, quarantined, frozen. */
  readonly versions: readonly string[];
  readonly costs: readonly ReleaseCost[];
  /** Mandatory ones first. */
  readonly findings: readonly PolicyFinding[];
  /** Resources that are not as the state has them. */
  readonly drifted: readonly ResourceChange[];
  readonly warnings: readonly string[];
  /** All changes, by component. */
  readonly components: readonly ComponentReport[];
}

export function reportOf({ stack, changes, plans, lastLines }: StackPreview): StackReport {
  const { resources, findings } = changes;
  const told = resources.filter(isTold).toSorted(byDanger);
  return {
    stack,
    failed: changes.outcome === "failed",
    reasons: changes.outcome === "failed" ? reasonsOf(changes, lastLines) : [],
    counts: countsOf(told),
    losses: told.filter(({ operation }) => operation === "delete" || operation === "replace"),
    versions: versionsOf(changes),
    costs: plans.filter(({ service }) => stagedOf(changes, service)).map(releaseCost),
    findings: findings.toSorted((a, b) => Number(b.level === "mandatory") - Number(a.level === "mandatory")),
    drifted: resources.flatMap(driftedOf),
    warnings: messages(changes, "warning").filter((message) => !aboutMachine.test(message)),
    components: componentsOf(told),
  };
}

/** A resource with what of its drift is no release's doing. */
function driftedOf(resource: ResourceChange): readonly ResourceChange[] {
  const { drift } = resource;
  if (drift === undefined) return [];
  const differences = withoutReleasersFields({ urn: resource.urn, differences: drift.differences });
  return drift.gone || differences.length > 0 ? [{ ...resource, drift: { ...drift, differences } }] : [];
}

/** Whether there is nothing to tell but that nothing changes. */
export function isQuiet({ failed, counts, findings, drifted }: StackReport): boolean {
  return !failed && findings.length === 0 && drifted.length === 0 && toldOperations.every((each) => counts[each] === 0);
}

function isTold({ operation }: ResourceChange): boolean {
  return toldOperations.some((told) => told === operation);
}

function countsOf(resources: readonly ResourceChange[]): StackReport["counts"] {
  const count = (operation: ToldOperation) => resources.filter((each) => each.operation === operation).length;
  return {
    delete: count("delete"),
    replace: count("replace"),
    create: count("create"),
    import: count("import"),
    update: count("update"),
  };
}

function byDanger(a: ResourceChange, b: ResourceChange): number {
  const rank = ({ operation }: ResourceChange) => toldOperations.findIndex((told) => told === operation);
  return rank(a) - rank(b) || compare(a.type, b.type) || compare(a.name, b.name);
}

const { compare } = new Intl.Collator("en", { numeric: true });

function componentsOf(resources: readonly ResourceChange[]): readonly ComponentReport[] {
  const groups = Map.groupBy(resources, ({ component }) => JSON.stringify(component));
  return [...groups.values()]
    .map((changes) => ({ path: changes[0]?.component ?? [], changes }))
    .toSorted((a, b) => compare(a.path.join("/"), b.path.join("/")));
}

/** Where a plugin lies on the machine that previews is nobody's concern. */
const aboutMachine = /^using pulumi-\S+ from \$PATH at /;

/** What the engine says of every failure, beside the reason. */
const hollow = /^(?:preview|update) failed$/;

function reasonsOf(changes: StackChanges, lastLines: string | undefined): readonly string[] {
  const errors = messages(changes, "error").filter((message) => !hollow.test(message));
  const broken = changes.findings.filter(({ level }) => level === "mandatory").length;
  const policies =
    broken === 0
      ? []
      : [`${broken === 1 ? "A mandatory policy is" : `${broken} mandatory policies are`} not kept to; see below.`];
  const known = [...errors, ...policies];
  if (known.length > 0) return known;
  const printed = [lastLines ?? "", ...messages(changes, "output")].filter((text) => text !== "");
  return printed.length > 0
    ? printed
    : ["The engine ended before it was done, and did not say why. Its output is in the log of this run."];
}

function messages(
  { diagnostics }: StackChanges,
  wanted: StackChanges["diagnostics"][number]["severity"],
): readonly string[] {
  return diagnostics.flatMap(({ severity, message }) => (severity === wanted ? [message] : []));
}

/** The program's own components, whose notes are about versions; what providers have to say is about themselves. */
const ownTypes = "atom:";

function versionsOf(changes: StackChanges): readonly string[] {
  const notes = changes.diagnostics.flatMap(({ severity, message, urn }) =>
    severity === "info" && urn !== undefined && partsOfUrn(urn).type.startsWith(ownTypes) ? [message] : [],
  );
  if (notes.length > 0 || changes.outcome === "failed") return notes;
  const isNew = changes.resources.length > 0 && changes.resources.every(({ operation }) => operation === "create");
  return [
    isNew
      ? "This is the first run: what is made here serves at once."
      : "No version is staged: what serves goes on serving.",
  ];
}

/** Whether a version of this service waits for its release after the change, by the stack's outputs. */
function stagedOf({ outputs }: StackChanges, service: string): boolean {
  const found = [outputs.services].flatMap((services) => (isRecord(services) ? [services[service]] : []))[0];
  return isRecord(found) && isRecord(found.staged);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
