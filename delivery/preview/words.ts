// What a preview is about, in words; the same in a comment, a summary and on a terminal.
import type { PolicyFinding, ResourceChange } from "../engine-events/changes.ts";
import { partsOfUrn } from "../engine-events/parse.ts";
import { count } from "../report/figures.ts";
import { duration } from "../view/quantities.ts";
import type { ReleaseCost } from "./release-cost.ts";
import { toldOperations, type ComponentReport, type StackReport, type ToldOperation } from "./report.ts";

/** `1 to delete, 2 to update`; undefined where there is nothing. */
export function countsText(counts: Readonly<Record<ToldOperation, number>>): string | undefined {
  const told = toldOperations.flatMap((each) => (counts[each] === 0 ? [] : [`${count(counts[each])} to ${each}`]));
  return told.length === 0 ? undefined : told.join(", ");
}

/** What becomes of a stack, without its name. */
export function headline(report: StackReport): string {
  if (report.failed) return "the preview failed";
  return countsText(report.counts) ?? "no changes";
}

export function toneOf(report: StackReport): "good" | "warning" | "bad" {
  if (report.failed) return "bad";
  const careful = report.losses.length > 0 || report.findings.length > 0 || report.drifted.length > 0;
  return careful ? "warning" : "good";
}

/** `atom-staging / atom / slots`. */
export function componentText({ path }: Pick<ComponentReport, "path">): string {
  return path.length === 0 ? "the stack itself" : path.join(" / ");
}

/** `Deployment` of `kubernetes:apps/v1:Deployment`. */
export function kindOf({ type }: Pick<ResourceChange, "type">): string {
  return type.split(":").at(-1) ?? type;
}

/** Why a resource is deleted or replaced, or what keeps it from that; undefined where there is nothing to say. */
export function lossText({ operation, differences, protected: kept, retained }: ResourceChange): string | undefined {
  if (kept) return "it is protected: Pulumi will refuse";
  if (operation === "delete") return retained ? "from the state alone: it stays where it is" : undefined;
  const why = differences.filter(({ replaces }) => replaces).map(({ path }) => path);
  const shown = why.slice(0, 3).join(", ");
  return why.length === 0 ? undefined : `because of ${shown}${why.length > 3 ? ` and ${why.length - 3} more` : ""}`;
}

export function driftText({ drift }: ResourceChange): string {
  if (drift?.gone === true) return "it is gone; this makes it anew";
  const paths = (drift?.differences ?? []).map(({ path }) => path);
  return `somebody changed ${paths.slice(0, 3).join(", ")}${paths.length > 3 ? ` and ${paths.length - 3} more` : ""}`;
}

/** Of what a finding is about; undefined for the stack as a whole. */
export function subjectOf({ urn }: PolicyFinding): string | undefined {
  if (urn === undefined) return undefined;
  const { type, name } = partsOfUrn(urn);
  return `${kindOf({ type })} ${name}`;
}

/** How long the release takes that follows the change. */
export function costText({ service, total, steps, soak, approvals }: ReleaseCost): string {
  const stages = [
    ...steps.map(({ percent, wait }) => `${percent} % for ${duration(wait)}`),
    ...(soak === 0 ? [] : [`soak for ${duration(soak)}`]),
  ];
  const people = approvals.map(
    ({ percent, deadline }) => `It waits for a person at ${percent} % besides, for up to ${duration(deadline)}.`,
  );
  return [`Its release (${service}) takes ${minutes(total)}: ${stages.join(", ")}.`, ...people].join(" ");
}

/** Whole minutes, rounded up. */
function minutes(ms: number): string {
  return ms < 60_000 ? `less than a minute (${duration(ms)})` : `${Math.ceil(ms / 60_000)} min`;
}
