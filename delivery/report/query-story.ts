import type { RecordedQuery } from "./evidence.ts";
import type { Line } from "./story.ts";

/** What Prometheus was asked for a verdict. */
export interface QueryStory {
  readonly seq: number;
  readonly percent: number;
  readonly name: string;
  readonly promql: string;
  /** Values, or why there are none. */
  readonly answer: string;
}

/** All that is on record of what was asked, in its order. */
export function queriesOf(lines: readonly Line[]): readonly QueryStory[] {
  return lines.flatMap((line) => (line.evidence.measured?.queries ?? []).map((query) => asked(line, query)));
}

function asked({ seq, percent }: Line, { name, promql, answer }: RecordedQuery): QueryStory {
  const told = answer.ok
    ? answer.values.map((value) => (value === null ? "not a finite number" : String(value))).join(", ") || "no series"
    : `${answer.problem.kind}: ${answer.problem.detail}`;
  return { seq, percent, name, promql, answer: told };
}
