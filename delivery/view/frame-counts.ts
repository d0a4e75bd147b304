// The middle of a frame: what was counted, against its limits, and how soon a fault would be seen.
import type { Slot, SlotSnapshot } from "../release/ports.ts";
import { reactionOf } from "../forecast/reaction.ts";
import { slotColour } from "./frame-progress.ts";
import type { Counted, LiveModel } from "./live-model.ts";
import { count } from "../report/figures.ts";
import { duration, percentage, rate } from "./quantities.ts";
import type { MetricStanding } from "./standing.ts";
import { bar, cell, wide, type Lines, type Span } from "./styled-line.ts";
import { versionsOf } from "./words.ts";

/** The guard's counts since its watch began. */
export function countLines(model: LiveModel, width: number): Lines {
  const { counted, release } = model;
  if (counted === undefined) return [];
  const { candidate, active } = counted.snapshot;
  const { errors, slow } = counted.standing;
  if (width < wide)
    return [
      [`${count(candidate.requests)} requests, ${count(active.requests)} at the active slot`],
      [...against("failed ", errors, candidate.errors, 0)],
      [...against("slow ", slow, candidate.slow, 0)],
    ];
  const [older, newer] = versionsOf(release);
  const name = Math.min(20, Math.max(older.length, newer.length));
  const meter = width >= 100 ? 10 : 0;
  const columns = { requests: 10, metric: meter + 16 };
  const seconds = release.plan.thresholds.latency.seconds;
  const head: Span[] = [
    " ".repeat(name),
    cell(["requests", "dim"], columns.requests, "right"),
    "   ",
    cell(["failed", "dim"], columns.metric),
    cell([`over ${duration(seconds * 1000)}`, "dim"], columns.metric),
    ["pods", "dim"],
  ];
  const row = (version: string, slot: Slot, of: SlotSnapshot, cells: readonly Span[]): readonly Span[] => [
    cell([version, slotColour(slot)], name),
    cell(count(of.requests), columns.requests, "right"),
    "   ",
    ...cells,
    podsOf(of),
  ];
  return [
    head,
    row(newer, release.to.slot, candidate, [
      ...metricCell(errors, candidate.errors, columns.metric, meter),
      ...metricCell(slow, candidate.slow, columns.metric, meter),
    ]),
    row(older, release.from.slot, active, [
      cell(ofAll(active.errors, active.requests), columns.metric),
      cell(ofAll(active.slow, active.requests), columns.metric),
    ]),
    ...legend(errors, slow),
  ];
}

/** How soon a bad candidate would be found out at the traffic that is seen. */
export function boundLines({ counted, detections, release }: LiveModel, width: number): Lines {
  if (detections.length === 0 || width < wide) return [];
  const candidatePerSecond = candidateRate(counted);
  const { poll, patch } = reactionOf(release.plan);
  const found = detections.map(({ breach, median }) => {
    if (median === null) return `${percentage(breach)}: not here`;
    if (candidatePerSecond === undefined) return `${percentage(breach)}: ${count(median)} requests`;
    return `${percentage(breach)}: ${duration((1000 * median) / candidatePerSecond + poll + patch)}`;
  });
  const at = counted?.perSecond === undefined ? "" : ` at ${rate(counted.perSecond)} requests/s`;
  return [
    [[`found out, if failing   ${found.join("   ")}`, "dim"]],
    [[`(median${at}; with the guard's reading and the patch back)`, "dim"]],
  ];
}

function candidateRate(counted: Counted | undefined): number | undefined {
  if (counted?.perSecond === undefined || counted.share === undefined) return undefined;
  const perSecond = counted.perSecond * counted.share;
  return perSecond > 0 ? perSecond : undefined;
}

function metricCell(standing: MetricStanding | null, bad: number, columns: number, meter: number): readonly Span[] {
  const spans = against("", standing, bad, meter);
  const used = spans.reduce((sum, span) => sum + (typeof span === "string" ? span : span[0]).length, 0);
  return [...spans, " ".repeat(Math.max(1, columns - used))];
}

/** `1 of 4`: the fourth in a row would be proof. */
function against(label: string, standing: MetricStanding | null, bad: number, meter: number): readonly Span[] {
  if (standing === null) return [[`${label}${count(bad)}, not judged`, "yellow"]];
  if (standing.breached) return [[`${label}${count(bad)} BREACH`, ["bold", "red"]]];
  if (standing.limit === null) return [`${label}${count(bad)}`];
  const share = bad / standing.limit;
  const style = share >= 0.5 ? "yellow" : "green";
  const text: Span = [`${label}${count(bad)} of ${count(standing.limit)}`, bad === 0 ? "green" : style];
  if (meter === 0) return [text];
  const [filled, rest] = bar(share, meter);
  return [[filled, style], [rest, "dim"], " ", text];
}

function ofAll(bad: number, all: number): string {
  return all === 0 ? count(bad) : `${count(bad)} (${percentage(bad / all)})`;
}

function podsOf({ read, pods, restarts }: SlotSnapshot): Span {
  const told = `${read === pods ? pods : `${read} of ${pods} answer`}${restarts === 0 ? "" : `, ${restarts} restarts`}`;
  return read < pods || restarts > 0 ? [told, "yellow"] : told;
}

/** What the numbers mean, until one of them is reached. */
function legend(errors: MetricStanding | null, slow: MetricStanding | null): Lines {
  const standings = [errors, slow];
  const example = standings.find((standing) => standing !== null && standing.limit !== null);
  if (example?.limit == null || standings.some((standing) => standing?.breached === true)) return [];
  const what = { rollback: "takes it back", warn: "is warned of", hold: "holds it" }[example.response];
  const limits = standings.map((standing) => (standing === null ? "–" : percentage(standing.threshold)));
  const told = `limits ${limits.join(" and ")}; "of ${count(example.limit)}": ${count(example.limit)} would prove a breach, which ${what}`;
  return [[[told, "dim"]]];
}
