import { hadTraffic, verificationEnds } from "./restoration.ts";
import type { Line } from "./story.ts";

/** How long one thing took, by the instants of the journal. */
export interface Timing {
  readonly name: TimingName;
  /** The weight that it was about, where there was one. */
  readonly percent: number | undefined;
  /** Seconds since the release began. */
  readonly from: number;
  readonly seconds: number;
}

/** `to-return`: from the verdict until the router had accepted the rollback. `to-confirmed-return`: until it was verified. */
export type TimingName =
  | "until-ready"
  | "smoke"
  | "shift"
  | "confirm"
  | "measure"
  | "approval"
  | "public-smoke"
  | "soak"
  | "finish"
  | "held"
  | "to-return"
  | "to-confirmed-return"
  | "tidy-up";

/** What a phase is spent with; a phase takes from the line that led to it until the one that led out of it. */
const spentWith: Partial<Record<Line["phase"], TimingName>> = {
  "waiting-ready": "until-ready",
  smoking: "smoke",
  shifting: "shift",
  confirming: "confirm",
  measuring: "measure",
  "awaiting-approval": "approval",
  "smoking-public": "public-smoke",
  soaking: "soak",
  finishing: "finish",
  held: "held",
};

const withWeight: readonly TimingName[] = ["shift", "confirm", "measure", "approval", "held"];

/** All that can be told, in the order in which it began. */
export function timingsOf(lines: readonly Line[]): readonly Timing[] {
  const timings: Timing[] = [];
  let entered: Line | undefined;
  for (const line of lines) {
    const name = entered && spentWith[entered.phase];
    if (entered !== undefined && name !== undefined && line.phase !== entered.phase) {
      const percent = withWeight.includes(name) ? entered.percent : undefined;
      timings.push({ name, percent, from: entered.since, seconds: line.since - entered.since });
    }
    if (line.phase !== entered?.phase) entered = line;
  }
  return [...timings, ...wayBack(lines)];
}

function wayBack(lines: readonly Line[]): readonly Timing[] {
  const verdict = lines.findIndex(({ phase }) => phase === "returning");
  const from = lines[verdict];
  // Without any traffic there was none to bring back.
  const moved = hadTraffic(lines.slice(0, Math.max(0, verdict)), lines[0]);
  if (from === undefined) return [];
  const after = lines.slice(verdict + 1);
  const returned = after.find(({ event }) => event === "returned");
  const looked = after.find(({ event }) => verificationEnds.includes(event));
  const over = after.find(({ event }) => event === "scaled-down");
  const since = (name: TimingName, start: Line | undefined, end: Line | undefined): readonly Timing[] =>
    start === undefined || end === undefined
      ? []
      : [{ name, percent: undefined, from: start.since, seconds: end.since - start.since }];
  return [
    ...(moved ? since("to-return", from, returned) : []),
    ...(moved && looked?.event === "return-confirmed" ? since("to-confirmed-return", from, looked) : []),
    ...since("tidy-up", looked, over),
  ];
}
