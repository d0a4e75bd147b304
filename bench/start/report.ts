import { median, quantile } from "../statistics.ts";
import type { MeasuredStarts, Start, Starts } from "./measure.ts";

/** Of the project, in milliseconds and MB. */
const bars = { version: 250, rollback: 500, memory: 80 } as const;

/** What was measured, beside the bars, as Markdown. */
export function startTables({ startedAt, machine, measured }: MeasuredStarts): string {
  const { cores, model, node } = machine;
  const rounds = measured[0]?.starts.length ?? 0;
  return [
    `Measured until ${startedAt} on ${cores} cores (${model}), Node ${node}: ${rounds} starts of each kind, in turn.`,
    "",
    "| start | processors | wall | memory | bar | |",
    "| --- | --- | --- | --- | --- | --- |",
    ...measured.map(rowOf),
  ].join("\n");
}

function rowOf({ form, command, starts }: Starts): string {
  const what = command === "version" ? "`atom --version`" : "`atom rollback` → first request";
  const of = (figure: (start: Start) => number): readonly number[] => starts.map(figure);
  const [cpu, wall, memory] = [of((start) => start.cpu), of((start) => start.wall), of((start) => start.memory)];
  const limit = bars[command];
  const met = Math.max(median(cpu), median(wall)) <= limit && median(memory) <= bars.memory;
  return `| ${what}, ${form} | ${seconds(cpu)} | ${seconds(wall)} | ${median(memory).toFixed(0)} MB | ≤ ${(limit / 1000).toFixed(2)} s, ≤ ${bars.memory} MB | ${met ? "met" : "MISSED"} |`;
}

function seconds(values: readonly number[]): string {
  return `median ${(median(values) / 1000).toFixed(2)} s, p90 ${(quantile(values, 0.9) / 1000).toFixed(2)} s`;
}
