// The lower part of a frame: what happened, what does not work, what to do.
import type { GuardSnapshot } from "../release/ports.ts";
import { isFinal } from "../release/state-machine.ts";
import type { LiveModel } from "./live-model.ts";
import { duration } from "./quantities.ts";
import { widthOf, type Lines, type Span } from "./styled-line.ts";
import { oneLine, wrapped } from "./terminal-text.ts";
import { advice, afterwards, happened } from "./words.ts";

/** The smoke steps as they pass, while they do; the one under way is the first without a mark. */
export function smokeLines({ state, smoke, release }: LiveModel, width: number): Lines {
  const smoking = state.phase === "smoking" || state.phase === "smoking-public";
  if (!smoking && !(state.cause?.reason === "smoke_test_failed" && smoke !== undefined)) return [];
  const seen = smoke?.steps ?? [];
  const names = release.plan.smoke.steps.map(({ name }) => name);
  const spans = [...seen.map(({ name }) => name), ...(smoking ? names.slice(seen.length) : [])].map(
    (name, index): Span => {
      const step = seen[index];
      if (step === undefined)
        return [`${index === seen.length ? "▶" : "·"} ${oneLine(name)}`, index === seen.length ? "cyan" : "dim"];
      if (!step.passed) return [`✗ ${oneLine(name)}`, ["bold", "red"]];
      return [`✓ ${oneLine(name)} ${Math.round(step.duration)} ms`, "green"];
    },
  );
  return flowed(spans, width);
}

const yellow: readonly string[] = ["held", "warned", "noted", "capacity-lost", "pods-kept", "rollback-too-late"];

/** The journal's last lines. */
export function storyLines({ journal }: LiveModel, most: number): Lines {
  return journal.slice(-most).map((entry): Span[] => {
    const percent = `[${String(entry.percent).padStart(3)} %]`;
    const style = entry.event === "failed" ? "red" : yellow.includes(entry.event) ? "yellow" : "dim";
    return [
      [`${entry.at.slice(11, 19)} ${percent} `, "dim"],
      [happened(entry), style],
    ];
  });
}

/** What does not work, the newest last. */
export function troubleLines({ state, troubles, counted }: LiveModel, now: number): Lines {
  const problems = counted === undefined || isFinal(state.phase) ? [] : problemsOf(counted.snapshot);
  return [
    ...problems.slice(0, 2).map((detail): Span[] => [
      ["! ", ["bold", "yellow"]],
      [oneLine(detail), "yellow"],
    ]),
    ...troubles.slice(-3).map(({ at, detail, times }): Span[] => {
      const often = times === 1 ? "" : `${times} times, `;
      return [
        ["! ", ["bold", "yellow"]],
        [detail, "yellow"],
        [` (${often}${duration(Math.max(0, now - at))} ago)`, "dim"],
      ];
    }),
  ];
}

/** What the last reading could not see, and who should serve and does not. */
function problemsOf({ problems, candidate, active }: GuardSnapshot): readonly string[] {
  const down = [...candidate.down, ...active.down].map(({ pod, detail }) =>
    pod === "" ? detail : `${pod}: ${detail}`,
  );
  return [...down, ...problems];
}

export function adviceLines({ state, release, role, ended }: LiveModel, width: number): Lines {
  const told = ended ? afterwards(state, release, role) : advice(state, release, role);
  if (told === "") return [];
  return wrapped(told, width).map((text): Span[] => [[text, isFinal(state.phase) ? "dim" : "bold"]]);
}

/** Spans in as many lines as it takes, none of them broken. */
function flowed(spans: readonly Span[], width: number): Lines {
  const lines: Span[][] = [];
  for (const span of spans) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf([...last, "  ", span]) <= width) last.push("  ", span);
    else lines.push([span]);
  }
  return lines;
}
