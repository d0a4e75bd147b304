// The upper part of a frame: what is released, how far it is, what is done now.
import { isWeightStep } from "../../components/release-plan/release-plan.ts";
import type { Slot } from "../release/ports.ts";
import type { Phase } from "../release/state.ts";
import { isFinal } from "../release/state-machine.ts";
import type { LiveModel } from "./live-model.ts";
import { countdown, duration, percentage } from "./quantities.ts";
import { stagesOf, type Stage } from "./stages.ts";
import { bar, widthOf, wide, type Lines, type Span, type Style } from "./styled-line.ts";
import { oneLine, wrapped } from "./terminal-text.ts";
import { doneNow, goesBack, phaseNames, versionsOf } from "./words.ts";

/** Slots have the colours of their names. */
export function slotColour(slot: Slot): "blue" | "green" {
  return slot;
}

export function headerLines({ release, role, journal }: LiveModel, now: number, width: number): Lines {
  const { plan, id, from, to, startedAt, hotfix } = release;
  const [older, newer] = versionsOf(release);
  const last = journal.at(-1);
  const end = last !== undefined && isFinal(last.phase) ? Date.parse(last.at) : now;
  const elapsed = countdown(Math.floor((end - startedAt) / 1000) * 1000);
  const what: Span[] = [[`${plan.service} in ${plan.environment}`, "bold"], ` ${id}`];
  if (hotfix !== undefined) what.push([" HOTFIX", ["bold", "yellow"]]);
  if (role !== "releaser") what.push([role === "watcher" ? " (watched)" : " (observed, nothing is moved)", "dim"]);
  const way: Span[] = [[older, slotColour(from.slot)], " → ", [newer, slotColour(to.slot)]];
  if (width < wide) return [[...what, "  ", elapsed], way];
  const slots: Span[] = [["   ", "dim"], ...way, [`  (${from.slot} → ${to.slot})`, "dim"]];
  const space = width - widthOf([...what, ...slots, elapsed]);
  return [[...what, ...slots, " ".repeat(Math.max(2, space)), elapsed]];
}

const marks: Readonly<Record<Stage["status"], string>> = { done: "✓", now: "▶", held: "‖", failed: "✗", todo: "·" };
const styles: Readonly<Record<Stage["status"], Style>> = {
  done: "green",
  now: ["bold", "cyan"],
  held: ["bold", "yellow"],
  failed: ["bold", "red"],
  todo: "dim",
};

/** Every station; where they do not fit, the present one by its number. */
export function stageLines({ release, state, journal }: LiveModel, width: number): Lines {
  const stages = stagesOf(release.plan, state, journal);
  const spans = stages.flatMap(({ name, status }, index): Span[] => [
    ...(index === 0 ? [] : ["   "]),
    [`${marks[status]} ${name}`, styles[status]],
  ]);
  if (widthOf(spans) <= width) return [spans];
  const present = stages.findIndex(({ status }) => status !== "done");
  const stage = stages[present];
  if (stage === undefined) return [[[`${marks.done} all ${stages.length} stages`, styles.done]]];
  return [[[`${marks[stage.status]} ${stage.name}`, styles[stage.status]], ` (${present + 1} of ${stages.length})`]];
}

/** How the traffic is to be divided, and how it was seen divided. */
export function trafficLines({ release, state, counted }: LiveModel, width: number): Lines {
  const [older, newer] = versionsOf(release);
  const { from, to } = release;
  const seen = counted?.share === undefined || state.percent === 0 ? "" : `, ${percentage(counted.share)} seen`;
  const left: Span = [`${older} ${100 - state.percent} %`, slotColour(from.slot)];
  const right: Span = [`${state.percent} % ${newer}${seen}`, slotColour(to.slot)];
  const columns = Math.min(50, width - widthOf([left, right]) - 2);
  if (columns < 10) return [[left, "  ", right]];
  const [filled, rest] = bar(1 - state.percent / 100, columns);
  return [[left, " ", [filled, slotColour(from.slot)], [rest, slotColour(to.slot)], " ", right]];
}

/** What is done now, and the time that it has left. */
export function phaseLines({ release, state, since, ended }: LiveModel, now: number, width: number): Lines {
  const { phase, cause, warned } = state;
  const told = doneNow(state, release);
  const style = phase === "released" ? "green" : goesBack(phase) ? "red" : phase === "held" ? "yellow" : "cyan";
  const lines: Span[][] = [[[width < wide ? phaseNames[phase] : told, ["bold", style]]]];
  if (cause !== undefined)
    for (const text of wrapped(`${cause.reason.replaceAll("_", " ")}: ${oneLine(cause.detail)}`, width))
      lines.push([[text, style]]);
  if (warned.length > 0)
    lines.push([[`in spite of a breach of ${warned.join(", ")}: the policy is to warn`, "yellow"]]);
  const limit = limitOf(release, state);
  if (limit === undefined || ended) return lines;
  const left = since + limit.ms - now;
  const columns = Math.min(30, width - 24);
  const [filled, rest] = bar((now - since) / limit.ms, Math.max(5, columns));
  lines.push([
    [filled, "cyan"],
    [rest, "dim"],
    ` ${left >= 0 ? `${limit.atMost ? "at most " : ""}${countdown(left)} left` : `${duration(-left)} over`}`,
  ]);
  if (left < 0 && phase === "measuring") lines.push(overtime(release));
  return lines;
}

/** Why a step lasts, and what becomes of it. */
function overtime({ plan }: LiveModel["release"]): Span[] {
  const { policy, deadline } = plan.policies.noData;
  const what = { rollback: "it is taken back", warn: "it goes on with a warning", hold: "it is held for a person" }[
    policy
  ];
  return [[`not enough was seen to judge it; at ${duration(deadline)} over ${what}`, "yellow"]];
}

/** How long the present phase lasts, or may last, in milliseconds. */
function limitOf(
  { plan, hotfix }: LiveModel["release"],
  { phase, step: index }: LiveModel["state"],
): { readonly ms: number; readonly atMost: boolean } | undefined {
  const { deadlines, soak, steps } = plan;
  const step = steps[index];
  const weight = step !== undefined && isWeightStep(step);
  const limits: Readonly<Partial<Record<Phase, number | undefined>>> = {
    "waiting-ready": deadlines.ready,
    smoking: deadlines.smoke,
    "smoking-public": deadlines.smoke,
    confirming: deadlines.confirm,
    "confirming-return": deadlines.return,
    "awaiting-approval": weight ? undefined : step?.deadline,
    measuring: weight && hotfix === undefined ? step.wait : undefined,
    soaking: soak,
  };
  const ms = limits[phase];
  return ms === undefined ? undefined : { ms, atMost: phase !== "measuring" && phase !== "soaking" };
}
