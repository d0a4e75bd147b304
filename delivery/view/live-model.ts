// What the live view knows. Plain data; each function gives the model after something was heard.
import { shareOf, detections, type Detected } from "../forecast/detections.ts";
import { addSnapshot, criterionOf, noEvidence, type GuardEvidence } from "../release/judging.ts";
import type { GuardSnapshot } from "../release/ports.ts";
import type { JournalEntry, ReleaseState } from "../release/state.ts";
import type { Role, SmokeStepSeen, Through, ViewedRelease } from "./release-view.ts";
import { standingOf, type Standing } from "./standing.ts";
import { oneLine } from "./terminal-text.ts";

export interface Counted {
  /** The last reading. */
  readonly snapshot: GuardSnapshot;
  readonly standing: Standing;
  /** Requests a second at both slots; `undefined` until enough was read. */
  readonly perSecond: number | undefined;
  /** The candidate's share of the requests since the weight was set, 0 to 1; `undefined` without any. */
  readonly share: number | undefined;
  readonly evidence: GuardEvidence;
  /** The weight that the reading was taken at. */
  readonly percent: number;
  /** The last reading before the present weight. */
  readonly before: GuardSnapshot;
  /** Readings of the last half minute, the oldest first. */
  readonly recent: readonly { readonly at: number; readonly total: number }[];
  /** When the standing was worked out. */
  readonly stoodAt: number;
}

export interface Trouble {
  readonly at: number;
  readonly detail: string;
  /** How often it was heard. */
  readonly times: number;
}

export interface LiveModel {
  readonly role: Role;
  readonly release: ViewedRelease;
  readonly state: ReleaseState;
  readonly journal: readonly JournalEntry[];
  /** Instant at which the present phase was begun, or begun again. */
  readonly since: number;
  readonly smoke: { readonly through: Through; readonly steps: readonly SmokeStepSeen[] } | undefined;
  readonly counted: Counted | undefined;
  /** The newest last. */
  readonly troubles: readonly Trouble[];
  /** How many of its requests give a bad candidate away at the present weight; empty without traffic on it. */
  readonly detections: readonly Detected[];
  /** The view has ended; the release may have not. */
  readonly ended: boolean;
}

const recently = 30_000;
/** The standing is worked out this often at most, in milliseconds: it asks "what if" a dozen times. */
const standEvery = 1_000;
const mostTroubles = 5;

/** Where the view of a release begins. */
export function begun(release: ViewedRelease, role: Role): LiveModel {
  const { state, journal, startedAt } = release;
  const since = journal.findLast(({ event }) => event !== "warned")?.at;
  return {
    ...{ role, release, state, journal },
    since: since === undefined ? startedAt : Date.parse(since),
    smoke: undefined,
    counted: undefined,
    troubles: [],
    detections: detectionsAt(release, state.percent),
    ended: false,
  };
}

export function transitioned(model: LiveModel, entry: JournalEntry, state: ReleaseState): LiveModel {
  const entered = entry.event !== "warned";
  const smokes = entered && (state.phase === "smoking" || state.phase === "smoking-public");
  return {
    ...model,
    state,
    journal: [...model.journal, entry],
    since: entered ? Date.parse(entry.at) : model.since,
    smoke: smokes ? undefined : model.smoke,
    detections: state.percent === model.state.percent ? model.detections : detectionsAt(model.release, state.percent),
  };
}

export function smoked(model: LiveModel, through: Through, step: SmokeStepSeen): LiveModel {
  const before = model.smoke?.through === through ? model.smoke.steps : [];
  return { ...model, smoke: { through, steps: [...before, step] } };
}

export function troubled(model: LiveModel, at: number, detail: string): LiveModel {
  const told = oneLine(detail);
  const known = model.troubles.find((trouble) => trouble.detail === told);
  const others = model.troubles.filter((trouble) => trouble !== known);
  const trouble = { at, detail: told, times: (known?.times ?? 0) + 1 };
  return { ...model, troubles: [...others, trouble].slice(-mostTroubles) };
}

export function counted(model: LiveModel, snapshot: GuardSnapshot): LiveModel {
  const { percent } = model.state;
  const total = totalOf(snapshot);
  const earlier = model.counted;
  // Counts that fall are those of a new watch.
  const known = earlier !== undefined && total >= totalOf(earlier.snapshot) ? earlier : undefined;
  const newWeight = known !== undefined && known.percent !== percent;
  const evidence = addSnapshot(known?.evidence ?? noEvidence, snapshot, percent, newWeight);
  const before = known === undefined ? snapshot : newWeight ? known.snapshot : known.before;
  const recent = [
    ...(newWeight ? [] : (known?.recent ?? [])).filter(({ at }) => snapshot.at - at <= recently),
    { at: snapshot.at, total },
  ];
  const stale =
    known === undefined ||
    snapshot.at - known.stoodAt >= standEvery ||
    snapshot.candidate.errors !== known.snapshot.candidate.errors;
  return {
    ...model,
    counted: {
      ...{ snapshot, evidence, percent, before, recent },
      perSecond: perSecond(recent),
      share: shareSince(before, snapshot),
      standing: stale ? standingOf(evidence, snapshot, model.release.plan) : known.standing,
      stoodAt: stale ? snapshot.at : known.stoodAt,
    },
  };
}

function detectionsAt({ plan }: ViewedRelease, percent: number): readonly Detected[] {
  return percent === 0 ? [] : detections(criterionOf("guard", "errorRate", plan), shareOf(plan, percent));
}

function totalOf({ candidate, active }: GuardSnapshot): number {
  return candidate.requests + active.requests;
}

function perSecond(recent: Counted["recent"]): number | undefined {
  const [first] = recent;
  const last = recent.at(-1);
  if (first === undefined || last === undefined || last.at - first.at < 2_000) return undefined;
  return ((last.total - first.total) * 1000) / (last.at - first.at);
}

function shareSince(before: GuardSnapshot, now: GuardSnapshot): number | undefined {
  const total = totalOf(now) - totalOf(before);
  return total <= 0 ? undefined : (now.candidate.requests - before.candidate.requests) / total;
}
