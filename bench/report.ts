import { cpus } from "node:os";
import type { Section } from "./sections.ts";
import { highest, median, quantile } from "./statistics.ts";
import { strangersOf, type Trial } from "./trial.ts";

/** A section with what came of it. */
export interface Measured {
  readonly section: Section;
  readonly trials: readonly Trial[];
  /** Releases that did not end as the measurement needs it, one line each. */
  readonly odd: readonly string[];
}

export interface Measurements {
  readonly startedAt: string;
  readonly machine: { readonly cores: number; readonly model: string; readonly node: string };
  /** Between two readings of the pods' counters, in milliseconds. */
  readonly guardInterval: number;
  /** By bare patches without a releaser, from the patch's answer to the last bad answer, in milliseconds. */
  readonly bare: readonly number[];
  readonly measured: readonly Measured[];
}

export function machine(): Measurements["machine"] {
  const cores = cpus();
  return { cores: cores.length, model: cores[0]?.model.trim() ?? "unknown", node: process.version };
}

interface Row {
  readonly what: string;
  readonly values: string;
  readonly bar?: string;
  readonly met?: boolean;
}

/** What was measured, beside the bars of the project, as Markdown. */
export function tables(all: Measurements): string {
  const { measured, machine: on, startedAt } = all;
  const trials = measured.flatMap((one) => one.trials);
  const strangers = trials.reduce((sum, trial) => sum + strangersOf(trial), 0);
  const odd = measured.flatMap((one) => one.odd);
  return [
    `Measured from ${startedAt} on ${on.cores} cores (${on.model}), Node ${on.node}: ${trials.length} releases that were taken back.`,
    "",
    ...table("Going back", [
      ...[true, false].flatMap((prometheus) => speedRows(measured, prometheus)),
      ...ratioRows(all),
    ]),
    ...table("Telling places that never answer", measured.flatMap(deadEndRows)),
    ...table(
      "Requests at the candidate until FAIL",
      measured
        .filter(({ section, trials: some }) => section.purpose === "judgement" && some.length > 0)
        .map(judgementRow),
    ),
    `Failures of clients that were not the candidate's: ${strangers} of ${trials.reduce((sum, { requests }) => sum + requests, 0)} requests.`,
    ...odd.map((line) => `Not counted: ${line}`),
  ].join("\n");
}

function speedRows(measured: readonly Measured[], prometheus: boolean): Row[] {
  const these = measured.filter(
    ({ section, trials }) => section.purpose === "rollback" && section.prometheus === prometheus && trials.length > 0,
  );
  if (these.length === 0) return [];
  const without = prometheus ? "" : ", Prometheus stopped";
  const pooled = these.flatMap(({ trials }) => trials.map(({ verdictToLast }) => verdictToLast));
  const p99 = quantile(pooled, 0.99);
  return [
    {
      what: `verdict → last request at the candidate, ${pooled.length} rollbacks${without}`,
      values: `p50 ${seconds(median(pooled))}, p99 ${seconds(p99)}, max ${seconds(highest(pooled))}`,
      bar: "p99 ≤ 0.5 s",
      met: p99 <= 500,
    },
    ...these.flatMap(({ section: { perSecond }, trials }): Row[] => {
      const spans = trials.map(({ firstToLast }) => firstToLast);
      const bad = trials.map(({ badAnswers }) => badAnswers);
      const limit = perSecond === 50 ? 1_000 : 600;
      const at = `at ${perSecond}/s${without}`;
      const plain = (what: string, values: readonly number[]): Row => ({
        what: `  ${what} ${at}`,
        values: spread(values),
      });
      return [
        {
          what: `first → last bad answer ${at}`,
          values: spread(spans),
          bar: `median ≤ ${seconds(limit)}`,
          met: median(spans) <= limit,
        },
        {
          what: `bad answers ${at}`,
          values: `median ${median(bad)}, p90 ${quantile(bad, 0.9)}, max ${highest(bad)}`,
          ...(perSecond === 50 ? { bar: "median ≤ 6", met: median(bad) <= 6 } : {}),
        },
        plain(
          "of which first bad answer → verdict",
          trials.flatMap(({ detection }) => detection ?? []),
        ),
        plain(
          "of which verdict → patch answered",
          trials.map(({ patched }) => patched),
        ),
        plain(
          "verdict → last bad answer",
          trials.map(({ verdictToLast }) => verdictToLast),
        ),
      ];
    }),
  ];
}

/** Releases in turn, so that whatever else the machine does is the same for both. */
function deadEndRows({ section, trials }: Measured): Row[] {
  if (section.purpose !== "dead-ends" || trials.length < 2) return [];
  const figure = (what: string, of: (trial: Trial) => number): Row[] => {
    const [dead, quiet] = [true, false].map((deadEnds) =>
      trials.filter((trial) => trial.deadEnds === deadEnds).map((trial) => of(trial)),
    ) as [number[], number[]];
    return [
      { what: `${what}, ${dead.length} releases that tell`, values: spread(dead) },
      { what: `${what}, ${quiet.length} that tell nobody`, values: spread(quiet) },
      { what: `${what}, the first ÷ the second`, values: `${(median(dead) / median(quiet)).toFixed(2)} (medians)` },
    ];
  };
  return [
    ...figure("verdict → last bad answer", ({ verdictToLast }) => verdictToLast),
    ...figure("first → last bad answer", ({ firstToLast }) => firstToLast),
  ];
}

/** Figures that say more than seconds where the machine is another one. */
function ratioRows({ measured, bare, guardInterval }: Measurements): Row[] {
  const mesh =
    bare.length === 0
      ? []
      : [
          {
            what: `the mesh alone: patch answered → last bad answer, ${bare.length} bare patches at 500/s`,
            values: spread(bare),
          },
        ];
  const fast = measured.find(({ section }) => section.purpose === "rollback" && section.perSecond === 500);
  if (fast === undefined || fast.trials.length === 0) return mesh;
  const span = median(fast.trials.map(({ firstToLast }) => firstToLast));
  const back = median(fast.trials.map(({ verdictToLast }) => verdictToLast));
  const ratio = (what: string, value: number): Row => ({ what, values: `${value.toFixed(1)} (medians)` });
  return [
    ...mesh,
    ratio("first → last bad answer at 500/s ÷ guard interval", span / guardInterval),
    ...(bare.length === 0 ? [] : [ratio("verdict → last bad answer at 500/s ÷ the mesh alone", back / median(bare))]),
  ];
}

function judgementRow({ section: { name, expected }, trials }: Measured): Row {
  const totals = trials.map(({ atCandidate }) => atCandidate.total);
  const byGate = trials.filter(({ judgedBy }) => judgedBy === "gate").length;
  return {
    what: name,
    values:
      `median ${median(totals)}, p90 ${quantile(totals, 0.9)}, max ${highest(totals)} (${totals.length} releases` +
      `${byGate === 0 ? "" : `, ${byGate} by the gate`})`,
    ...(expected === undefined
      ? {}
      : { bar: `GATE.md: ${expected.median}${expected.p90 === undefined ? "" : ` / ${expected.p90}`}` }),
  };
}

function table(title: string, rows: readonly Row[]): string[] {
  if (rows.length === 0) return [];
  const cells = [
    [title, "measured", "bar", ""],
    ...rows.map(({ what, values, bar = "", met }) => [
      what,
      values,
      bar,
      met === undefined ? "" : met ? "met" : "MISSED",
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(3, ...cells.map((row) => (row[column] ?? "").length)));
  const lines = cells.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`);
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [lines[0] ?? "", rule, ...lines.slice(1), ""];
}

function spread(values: readonly number[]): string {
  return `median ${seconds(median(values))}, p90 ${seconds(quantile(values, 0.9))}, max ${seconds(highest(values))}`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(2)} s`;
}
