// What machines are told of a release. The shapes are stable: fields are added, and neither renamed nor taken away, while `schema` is 1.
import type { Change } from "../../components/ledger/release-record.ts";
import type { Restoration } from "./restoration.ts";
import { storyOf, type Outcome, type ReleaseRecord, type Story, type Surroundings, type Version } from "./story.ts";

/** What `atom release --json` answers. */
export interface ReleaseResult {
  readonly id: string;
  readonly outcome: Outcome;
  /** Nothing was moved; `outcome` is what would have come of it. */
  readonly observed: boolean;
  readonly service: string | null;
  readonly environment: string | null;
  readonly mode: "canary" | "hotfix";
  readonly from: Version;
  readonly to: Version;
  /** Of the version that was released. */
  readonly image: string;
  readonly template: string;
  /** Share of the traffic on it, in percent. */
  readonly percent: number;
  /** Why it went back or is held. */
  readonly reason: string | null;
  readonly detail: string | null;
  readonly startedAt: string;
  readonly startedBy: string;
  readonly change: Change | null;
  readonly endedAt: string | null;
  readonly durationSeconds: number;
  /** From the verdict until the traffic was seen back; null where nothing went back, and where it was not seen: see `restoration`. */
  readonly returnSeconds: number | null;
  /** What became of the traffic; null where none was to be brought back. */
  readonly restoration: Restoration["result"] | null;
  readonly warned: readonly string[];
  readonly steps: readonly {
    readonly kind: "weight" | "approval" | "soak";
    readonly percent: number;
    readonly result: string;
    /** Seconds since the release began; null where it was not reached. */
    readonly from: number | null;
    readonly until: number | null;
  }[];
  /** Of the process; null while the release is under way. */
  readonly exitCode: number | null;
}

/** What `atom explain --json` answers: the result, and the story in full. Logarithms of e-values are natural ones. */
export interface ReleaseReport {
  readonly schema: 1;
  readonly result: ReleaseResult;
  readonly story: Story;
}

const exitCodes: Readonly<Record<Outcome, number | null>> = {
  released: 0,
  baseline: 0,
  "rolled-back": 10,
  aborted: 10,
  held: 11,
  "under-way": null,
};

/** A release in short. Pure. */
export function resultOf(release: ReleaseRecord, surroundings: Surroundings = {}): ReleaseResult {
  return resultFrom(storyOf(release, surroundings), release.state.warned);
}

/** A release in full. Pure; the answer is JSON, and absent values are left out of `story`. */
export function reportJson(release: ReleaseRecord, surroundings: Surroundings = {}): ReleaseReport {
  const story = storyOf(release, surroundings);
  return {
    schema: 1,
    result: resultFrom(story, release.state.warned),
    story: JSON.parse(JSON.stringify(story)) as Story,
  };
}

function resultFrom({ header, steps, restoration }: Story, warned: readonly string[]): ReleaseResult {
  return {
    id: header.id,
    outcome: header.outcome,
    observed: header.observed,
    service: header.service ?? null,
    environment: header.environment ?? null,
    mode: header.mode,
    from: header.from,
    to: header.to,
    image: header.to.image,
    template: header.to.template,
    percent: header.percent,
    reason: header.cause?.reason ?? null,
    detail: header.cause?.detail ?? null,
    startedAt: header.startedAt,
    startedBy: header.by,
    change: header.change ?? null,
    endedAt: header.endedAt ?? null,
    durationSeconds: header.durationSeconds,
    returnSeconds: restoration?.result === "verified" ? restoration.seconds : null,
    restoration: restoration?.result ?? null,
    warned,
    steps: steps.map(({ kind, percent, result, from, until }) => {
      return { kind, percent, result, from: from ?? null, until: until ?? null };
    }),
    exitCode: header.observed ? 0 : exitCodes[header.outcome],
  };
}
