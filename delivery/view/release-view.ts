import type { PastRelease, ReleaseUnderWay } from "../../components/ledger/release-record.ts";
import { releasePlanSchema, type ReleasePlan } from "../../components/release-plan/release-plan.ts";
import type { Candidate, GuardSnapshot, Notifier, Slot, SmokeResult } from "../release/ports.ts";
import type { JournalEntry, ReleaseState } from "../release/state.ts";
import { initialState } from "../release/state-machine.ts";
import type { Subject } from "../release/subject.ts";

/** A release as a view is introduced to it. */
export interface ViewedRelease {
  readonly id: string;
  /** The one in effect: waits and limits are read from it. */
  readonly plan: ReleasePlan;
  readonly from: { readonly slot: Slot; readonly version: string };
  readonly to: Candidate;
  /** Instant. */
  readonly startedAt: number;
  /** Why the canary's waits are skipped. */
  readonly hotfix?: string | undefined;
  /** Where it is when the view begins. */
  readonly state: ReleaseState;
  /** What was journalled before the view begins, the oldest first. */
  readonly journal: readonly JournalEntry[];
}

export type Through = "candidate" | "public";
export type SmokeStepSeen = SmokeResult["steps"][number];

/** Whose terminal it is: the process that releases, one that watches another's release, or one that moves nothing. */
export type Role = "releaser" | "watcher" | "observer";

/**
 * Shows a release to whoever watches. Nothing in it may throw or wait: a view must not be able to hold up a release.
 *
 * `note` may come at any time; `begin` comes once, before everything else.
 */
export interface ReleaseView extends Notifier, Disposable {
  /** What happens where there is no journal: before a release is opened, and around it. One line. */
  note(text: string): void;
  begin(release: ViewedRelease): void;
  /** A reading of the guard. */
  onSnapshot(snapshot: GuardSnapshot): void;
  /** A smoke step at its end. */
  onSmokeStep(through: Through, step: SmokeStepSeen): void;
  /** Leaves the terminal as it was found. May be called again. */
  end(): void;
}

/**
 * A release of the ledger, for a view.
 *
 * @param published used where the record has no plan any more, or one that this version does not know
 */
export function viewedRecord(record: ReleaseUnderWay | PastRelease, published: ReleasePlan): ViewedRelease {
  const { id, slot, template, version, image, from, startedAt, hotfix, state, journal } = record;
  const plan = releasePlanSchema.safeParse(record.plan);
  return {
    id,
    plan: plan.success ? plan.data : published,
    from: { slot: from.slot, version: from.version },
    to: { slot, template, version, image },
    startedAt: Date.parse(startedAt),
    hotfix,
    state,
    journal,
  };
}

/**
 * A release that no ledger knows (`--observe`), for a view.
 *
 * @param startedAt instant
 * @param version what serves in the active slot
 */
export function viewedSubject(subject: Subject, startedAt: number, version: string): ViewedRelease {
  const { id, plan, active, candidate, hotfix } = subject;
  const from = { slot: active, version };
  return { id, plan, from, to: candidate, startedAt, hotfix, state: initialState, journal: [] };
}
