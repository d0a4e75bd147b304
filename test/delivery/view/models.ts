import type { GuardSnapshot, SlotSnapshot } from "../../../delivery/release/ports.ts";
import type { JournalEntry, ReleaseState } from "../../../delivery/release/state.ts";
import { initialState } from "../../../delivery/release/state-machine.ts";
import type { ViewedRelease } from "../../../delivery/view/release-view.ts";
import { begun, transitioned, type LiveModel } from "../../../delivery/view/live-model.ts";
import { releasePlan } from "../support/plans.ts";

/** When the release of these models began. */
export const start = Date.UTC(2026, 0, 1, 12);

export const plan = releasePlan({
  environment: "production",
  steps: [
    { percent: 10, wait: 300_000 },
    { percent: 50, wait: 300_000 },
    { pause: "approval", deadline: 3_600_000 },
    { percent: 100, wait: 300_000 },
  ],
  smoke: {
    steps: [
      { name: "login", method: "POST", path: "/api/auth/login" },
      { name: "live", method: "GET", path: "/health/live" },
      { name: "skills", method: "GET", path: "/api/skills" },
    ],
  },
  soak: 600_000,
});

export const release: ViewedRelease = {
  id: "r7",
  plan,
  from: { slot: "blue", version: "1.4.1" },
  to: { slot: "green", template: "bbbbbbbbbbbb", version: "1.4.2", image: "registry.test/atom:1.4.2" },
  startedAt: start,
  state: { ...initialState, phase: "waiting-ready" },
  journal: [
    line(1, 0, "waiting-ready", "prepared", "1.4.2 (bbbbbbbbbbbb) in green, after 1.4.1 (aaaaaaaaaaaa) in blue"),
  ],
};

type At = Partial<Pick<JournalEntry, "step" | "percent">>;

/** A line of the journal, so many seconds after the start. */
export function line(
  seq: number,
  seconds: number,
  phase: JournalEntry["phase"],
  event: string,
  detail: string,
  { step = 0, percent = 0 }: At = {},
): JournalEntry {
  return { seq, at: new Date(start + seconds * 1000).toISOString(), phase, step, percent, event, detail };
}

const at10 = { percent: 10 };

/** Up to the measuring of the first step, 5 s after the start. */
export const toFirstStep: readonly JournalEntry[] = [
  line(2, 3, "smoking", "ready", "2 of 2 pods are ready"),
  line(3, 4, "shifting", "smoke-passed", "3 smoke steps passed (through x-canary, 0.9 s)", at10),
  line(4, 4, "confirming", "shifted", "10 % of the traffic to green", at10),
  line(5, 5, "measuring", "confirmed", "green took 9.6 % of 412 requests", at10),
];

/** The model after lines of the journal. */
export function after(entries: readonly JournalEntry[], changes: Partial<ReleaseState> = {}): LiveModel {
  return entries.reduce(
    (model, entry) => {
      const { phase, step, percent } = entry;
      return transitioned(model, entry, { ...model.state, phase, step, percent, ...changes });
    },
    begun(release, "releaser"),
  );
}

export function slot(
  requests: number,
  errors: number,
  slow: number,
  changes: Partial<SlotSnapshot> = {},
): SlotSnapshot {
  return {
    requests,
    errors,
    slow,
    slowKnown: true,
    read: 2,
    pods: 2,
    ready: 2,
    restarts: 0,
    silentMs: 0,
    down: [],
    signals: [],
    ...changes,
  };
}

/** A reading of the guard, so many seconds after the start. */
export function reading(seconds: number, candidate: SlotSnapshot, active: SlotSnapshot): GuardSnapshot {
  return { at: start + seconds * 1000, podsAt: start + seconds * 1000, candidate, active, problems: [] };
}
