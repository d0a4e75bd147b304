import { stripVTControlCharacters } from "node:util";
import type { Diagnostic, Drift, Operation, PolicyFinding, ResourceChange, StackChanges } from "./changes.ts";
import { differencesOf, readable } from "./differences.ts";
import { readEvents, type EngineEvent, type ResourceState, type StepMetadata } from "./event.ts";

/** Reads the engine's events (JSON lines) as what they do to the stack. Throws an EngineEventsError. @param source names them in messages */
export function parseChanges(text: string, source: string): StackChanges {
  return changesOf(readEvents(text, source));
}

/** What events do to the stack. Pure. */
export function changesOf(events: readonly EngineEvent[]): StackChanges {
  const steps = events.flatMap(stepsOf);
  const summary = events.findLast(({ summaryEvent }) => summaryEvent !== undefined)?.summaryEvent;
  const diagnostics = unique(events.flatMap(diagnosticOf));
  const findings = unique(events.flatMap(findingOf));
  const failed =
    summary === undefined ||
    summary.result === "failed" ||
    diagnostics.some(({ severity }) => severity === "error") ||
    findings.some(({ level }) => level === "mandatory") ||
    events.some(({ resOpFailedEvent }) => resOpFailedEvent !== undefined);
  return {
    stack: steps.map(({ metadata }) => partsOfUrn(metadata.urn).stack).find((name) => name !== ""),
    resources: resourcesOf(steps),
    diagnostics,
    findings,
    outputs: Object.fromEntries(
      Object.entries(steps.findLast(isOutputsOfStack)?.metadata.new?.outputs ?? {}).map(([name, value]) => [
        name,
        readable(value),
      ]),
    ),
    durationSeconds: summary?.durationSeconds,
    outcome: failed ? "failed" : "succeeded",
  };
}

/** A step of the engine: announced, or done (in a preview: thought through). */
interface Step {
  readonly metadata: StepMetadata;
  readonly done: boolean;
}

function stepsOf({ resourcePreEvent, resOutputsEvent, resOpFailedEvent }: EngineEvent): readonly Step[] {
  return [
    ...[resourcePreEvent, resOpFailedEvent].flatMap((each) =>
      each === undefined ? [] : [{ metadata: each.metadata, done: false }],
    ),
    ...(resOutputsEvent === undefined ? [] : [{ metadata: resOutputsEvent.metadata, done: true }]),
  ];
}

const rootType = "pulumi:pulumi:Stack";

function isOutputsOfStack({ metadata, done }: Step): boolean {
  return done && metadata.type === rootType;
}

function resourcesOf(steps: readonly Step[]): readonly ResourceChange[] {
  const parents = new Map(steps.map(({ metadata }) => [metadata.urn, stateOf(metadata)?.parent ?? ""]));
  const byUrn = Map.groupBy(
    steps.filter(({ metadata }) => stateOf(metadata)?.custom === true),
    ({ metadata }) => metadata.urn,
  );
  return [...byUrn.values()].flatMap((own) => resourceOf(own, parents) ?? []);
}

function stateOf(step: StepMetadata): ResourceState | null | undefined {
  return step.new ?? step.old;
}

const operations: Readonly<Record<string, Operation>> = {
  create: "create",
  update: "update",
  delete: "delete",
  replace: "replace",
  "create-replacement": "replace",
  "delete-replaced": "replace",
  "import-replacement": "replace",
  "read-replacement": "replace",
  import: "import",
  read: "read",
  refresh: "same",
  same: "same",
};

/** What all steps with one resource come to; undefined where they are the engine's own housekeeping. */
function resourceOf(steps: readonly Step[], parents: ReadonlyMap<string, string>): ResourceChange | undefined {
  const { refreshed, later } = splitAtRefresh(steps);
  const telling =
    // Of the steps of a replacement that which says why; the last word of any other.
    later.findLast(({ metadata }) => metadata.op === "replace") ??
    later.findLast(({ metadata }) => operations[metadata.op] === "replace") ??
    later.at(-1) ??
    refreshed;
  if (telling === undefined) return undefined;
  const { metadata } = telling;
  const operation = telling === refreshed && later.length === 0 ? outcomeOfRefresh(metadata) : operations[metadata.op];
  if (operation === undefined) return undefined;
  const ofRefresh = later.length === 0;
  const drift = ofRefresh || refreshed === undefined ? undefined : driftOf(refreshed.metadata);
  const state = metadata.old ?? metadata.new;
  return {
    urn: metadata.urn,
    type: metadata.type,
    name: partsOfUrn(metadata.urn).name,
    component: componentOf(metadata.urn, parents),
    operation,
    differences: operation === "same" || operation === "delete" ? [] : differencesOf(metadata, { refresh: ofRefresh }),
    ...(drift === undefined ? {} : { drift }),
    protected: state?.protect ?? false,
    retained: state?.retainOnDelete ?? false,
  };
}

/** A refresh is announced as one, and done as what came of it (`same`, `update`, `delete`), or as itself before an update. */
function splitAtRefresh(steps: readonly Step[]): { refreshed: Step | undefined; later: readonly Step[] } {
  const announced = steps.findLastIndex(({ metadata, done }) => metadata.op === "refresh" && !done);
  if (announced < 0) return { refreshed: undefined, later: steps };
  const answer = steps[announced + 1];
  return answer?.done === true
    ? { refreshed: answer, later: steps.slice(announced + 2) }
    : { refreshed: steps[announced], later: steps.slice(announced + 1) };
}

function outcomeOfRefresh({ op, new: next }: StepMetadata): Operation | undefined {
  return op === "refresh" && next == null ? "delete" : operations[op];
}

function driftOf(step: StepMetadata): Drift | undefined {
  if (step.new == null) return { gone: true, differences: [] };
  const told = Object.keys(step.detailedDiff ?? {}).length > 0;
  return told ? { gone: false, differences: differencesOf(step, { refresh: true }) } : undefined;
}

/** Names of the components above a resource, the outermost first. */
function componentOf(urn: string, parents: ReadonlyMap<string, string>): readonly string[] {
  const names: string[] = [];
  const seen = new Set<string>();
  for (let parent = parents.get(urn) ?? ""; parent !== "" && !seen.has(parent); parent = parents.get(parent) ?? "") {
    seen.add(parent);
    const { name, type } = partsOfUrn(parent);
    if (type !== rootType) names.unshift(name);
  }
  return names;
}

/** `urn:pulumi:<stack>::<project>::<types of the parents>$<type>::<name>`. */
export function partsOfUrn(urn: string): { readonly stack: string; readonly type: string; readonly name: string } {
  const [head = "", , types = "", ...name] = urn.split("::");
  return {
    stack: head.replace(/^urn:pulumi:/, ""),
    type: types.split("$").at(-1) ?? "",
    name: name.join("::"),
  };
}

const severities: Readonly<Record<string, Diagnostic["severity"]>> = {
  info: "info",
  "info#err": "output",
  warning: "warning",
  error: "error",
};

function diagnosticOf({ diagnosticEvent }: EngineEvent): readonly Diagnostic[] {
  if (diagnosticEvent === undefined || diagnosticEvent.ephemeral) return [];
  const { urn } = diagnosticEvent;
  const severity = severities[diagnosticEvent.severity];
  const message = readableMessage(diagnosticEvent.message);
  if (severity === undefined || message === "") return [];
  return [{ severity, message, ...(urn === "" ? {} : { urn }) }];
}

function findingOf({ policyEvent }: EngineEvent): readonly PolicyFinding[] {
  if (policyEvent === undefined) return [];
  const { policyName, policyPackName, enforcementLevel, message, resourceUrn } = policyEvent;
  return [
    {
      policy: policyName,
      pack: policyPackName,
      level: enforcementLevel === "mandatory" ? "mandatory" : "advisory",
      message: readableMessage(message),
      ...(resourceUrn === "" ? {} : { urn: resourceUrn }),
    },
  ];
}

/** Without colours, as the engine writes them for itself (`<{%fg 1%}>`) or for a terminal. */
function readableMessage(text: string): string {
  return stripVTControlCharacters(text.replace(/<\{%.*?%\}>/g, "")).trim();
}

/** Each once: the engine tells some things on two ways. */
function unique<T extends object>(items: readonly T[]): readonly T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}
