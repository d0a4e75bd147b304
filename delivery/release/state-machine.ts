// The release as a table: which event leads from which phase to which state. Pure; `runner.ts` acts on what it says.
import { isWeightStep, type ReleasePlan } from "../../components/release-plan/release-plan.ts";
import { cutText } from "../../components/text/cut.ts";
import { finalPhases, type Cause, type FinalPhase, type Phase, type Reason, type ReleaseState } from "./state.ts";

/** What the machine needs of a plan. */
export type MachinePlan = Pick<ReleasePlan, "steps" | "quarantine">;

interface Told {
  /** For people, one line. */
  readonly detail: string;
  /** JSON: what it was decided on. */
  readonly evidence?: unknown;
}

/** Something that was done or found out. Its name says what is true now. */
export type ReleaseEvent =
  | (Told & { readonly type: PlainEventType })
  | (Told & { readonly type: "failed" | "held"; readonly reason: Reason; readonly withdraws?: boolean })
  | (Told & { readonly type: "warned"; readonly metric: string });

export const plainEventTypes = [
  "prepared",
  "ready",
  "smoke-passed",
  "shifted",
  "confirmed",
  "unconfirmed",
  "step-passed",
  "approved",
  "soaked",
  "finished",
  "stepped-back",
  "resumed",
  "noted",
  "returned",
  "return-confirmed",
  "return-unconfirmed",
  "return-contradicted",
  "capacity-lost",
  "quarantined",
  "scaled-down",
  "pods-kept",
  "rollback-too-late",
  "taken-over",
] as const;
type PlainEventType = (typeof plainEventTypes)[number];
export type EventType = ReleaseEvent["type"];
export const eventTypes: readonly EventType[] = [...plainEventTypes, "failed", "held", "warned"];

type Move = (state: ReleaseState, event: ReleaseEvent, plan: MachinePlan) => ReleaseState;
type Row = Readonly<Partial<Record<EventType, Move>>>;

const to =
  (phase: Phase): Move =>
  (state) => ({ ...state, phase });
const stay: Move = (state) => state;

/** What may happen at any moment with traffic on the candidate. */
const guarded: Row = { failed: goBack, held: stepBack, warned: remember, noted: stay, "taken-over": stay };

/** An event that a phase does not list is refused. After `taken-over` a weight that was not judged yet is set, seen and judged anew. */
export const table: Readonly<Record<Phase, Row>> = {
  preparing: { prepared: to("waiting-ready"), failed: abandon },
  "waiting-ready": { ready: to("smoking"), failed: goBack, noted: stay, "taken-over": stay },
  smoking: { "smoke-passed": firstStep, failed: goBack, noted: stay, "taken-over": stay },

  shifting: { ...guarded, shifted: to("confirming") },
  confirming: { ...guarded, confirmed: to("measuring"), unconfirmed: to("measuring"), "taken-over": to("shifting") },
  measuring: { ...guarded, "step-passed": nextStep, "taken-over": to("shifting") },
  "awaiting-approval": { ...guarded, approved: nextStep },
  "smoking-public": { ...guarded, "smoke-passed": to("soaking") },
  soaking: { ...guarded, soaked: to("finishing") },
  // The old slot may be going away: from here there is no way back but a new release.
  finishing: {
    finished: to("released"),
    // A rollback that comes too late for this release: the next one begins with the old slot's pods.
    "rollback-too-late": (state) => ({ ...state, activeStays: true }),
    noted: stay,
    "taken-over": stay,
  },

  "stepping-back": { failed: goBack, warned: remember, noted: stay, "stepped-back": to("held"), "taken-over": stay },
  held: { failed: goBack, warned: remember, noted: stay, resumed: thisStep, "taken-over": stay },

  // Once on its way back a release only goes on going back.
  returning: { returned: to("confirming-return"), noted: stay, "taken-over": stay },
  "confirming-return": {
    "return-confirmed": (state, event, plan) => ({ ...condemn(state, event, plan), rollbackVerified: true }),
    "return-unconfirmed": condemn,
    "return-contradicted": (state, event, plan) => ({ ...condemn(state, event, plan), candidateStays: true }),
    // The active slot has no ready pods any more, and the candidate has.
    "capacity-lost": to("returning"),
    noted: stay,
    "taken-over": to("returning"),
  },
  quarantining: { quarantined: to("scaling-down"), noted: stay, "taken-over": stay },
  "scaling-down": {
    "scaled-down": conclude,
    "pods-kept": (state) => ({ ...conclude(state), candidateStays: true }),
    "capacity-lost": (state) => ({ ...withoutVerdict(state), phase: "returning" }),
    noted: stay,
    "taken-over": stay,
  },

  released: {},
  "rolled-back": {},
  aborted: {},
};

/** An event that the phase does not list: a mistake in the releaser. */
export class TransitionError extends Error {
  override readonly name = "TransitionError";
  readonly phase: Phase;
  readonly event: EventType;

  constructor(phase: Phase, event: EventType) {
    super(
      `A release that is ${phase} takes no event "${event}" (it takes: ${Object.keys(table[phase]).join(", ") || "none"}).`,
    );
    this.phase = phase;
    this.event = event;
  }
}

/** The state after an event. Throws a {@link TransitionError} for one that the phase does not list. */
export function transition(state: ReleaseState, event: ReleaseEvent, plan: MachinePlan): ReleaseState {
  const move = table[state.phase][event.type];
  if (move === undefined) throw new TransitionError(state.phase, event.type);
  return move(state, event, plan);
}

/** Where every release begins. */
export const initialState: ReleaseState = { phase: "preparing", step: 0, percent: 0, judged: 0, warned: [] };

export function isFinal(phase: Phase): phase is FinalPhase {
  return (finalPhases as readonly Phase[]).includes(phase);
}

/** Whether the release is on its way to the candidate, as opposed to back, over or held. */
export function isForward(phase: Phase): boolean {
  return table[phase].held !== undefined || phase === "waiting-ready" || phase === "smoking";
}

/** On the way back or over: phases from which nothing moves towards the candidate. */
export function isBack(phase: Phase): boolean {
  return !isForward(phase) && phase !== "finishing" && phase !== "held";
}

/** Whether traffic is on the move, from the decision until it is seen in effect: a bad version is found out and taken back in that time. */
export function isMoving(phase: Phase): boolean {
  return moving.includes(phase);
}

const moving: readonly Phase[] = ["shifting", "confirming", "returning", "confirming-return"];

/** The traffic is where it belongs, and only pods and the ledger are left to be put in order. */
export function isTidying(phase: Phase): boolean {
  return phase === "finishing" || phase === "quarantining" || phase === "scaling-down";
}

/** Whether an event is said and leaves the release where it is: what is under way goes on. */
export function isAside({ type }: ReleaseEvent): boolean {
  return type === "warned" || type === "noted";
}

/**
 * Whether nothing is done before the line that leads there is written, however long that takes: the end, and that the old slot's pods are left. The
 * next releaser would not know of these and would take them away.
 */
export function isBinding(from: ReleaseState, next: ReleaseState): boolean {
  return isFinal(next.phase) || from.activeStays !== next.activeStays;
}

/** Whether requests of users may reach the candidate without its having been found good at 100 %: the guard must run. */
export function needsGuard({ phase, percent }: ReleaseState): boolean {
  return percent > 0 && "warned" in table[phase];
}

/** Whether the candidate itself is to blame, so that its template must not come again. */
export function blamesCandidate(reason: Reason): boolean {
  return blaming.includes(reason);
}

const blaming: readonly Reason[] = [
  "smoke_test_failed",
  "high_error_rate",
  "high_latency",
  "metric_breached",
  "pods_restarted",
  "not_ready",
];

/** Ended by people, or before there was anything to roll back. */
const endedByPeople: readonly Reason[] = ["manual", "superseded", "converge_failed"];

/**
 * What a releaser that finds a release of another one does first. With traffic on a candidate that nobody judged for longer than
 * `resumeWithin` the release goes back, else it is taken up where it was.
 *
 * @param deadFor milliseconds since the other one was last seen alive
 */
export function takeOver(state: ReleaseState, deadFor: number, plan: Pick<ReleasePlan, "resumeWithin">): ReleaseEvent {
  const seconds = (deadFor / 1000).toFixed(0);
  const unjudged = state.percent > 0 && "held" in table[state.phase];
  if (unjudged && deadFor > plan.resumeWithin)
    return {
      type: "failed",
      reason: "releaser_lost",
      detail: `the releaser was gone for ${seconds} s with ${state.percent} % of the traffic on the candidate (limit ${plan.resumeWithin / 1000} s)`,
    };
  return { type: "taken-over", detail: `taken over from a releaser that was gone for ${seconds} s` };
}

/**
 * What a releaser that is to end a release of another one does first. Past its soak a release ends as released: where users ask for a rollback then,
 * the pods are left to go back to.
 *
 * @param goOn what is done where the release can no longer be ended
 */
export function endOf({ phase }: ReleaseState, end: ReleaseEvent, goOn: ReleaseEvent): ReleaseEvent {
  if (table[phase].failed !== undefined) return end;
  const isLate = phase === "finishing" && "reason" in end && end.reason === "manual";
  const detail = `${end.detail}; that came after the soak: the release ends as released, and the pods that the slot before still has are left`;
  return isLate ? { type: "rollback-too-late", detail } : goOn;
}

function firstStep(state: ReleaseState, _event: ReleaseEvent, plan: MachinePlan): ReleaseState {
  return enter(state, 0, plan);
}

function thisStep(state: ReleaseState, _event: ReleaseEvent, plan: MachinePlan): ReleaseState {
  const resumed = { ...state };
  delete resumed.cause;
  delete resumed.rolledBackFrom;
  return enter(resumed, state.step, plan);
}

function nextStep(state: ReleaseState, _event: ReleaseEvent, plan: MachinePlan): ReleaseState {
  return enter({ ...state, judged: state.percent }, state.step + 1, plan);
}

function enter(state: ReleaseState, index: number, plan: MachinePlan): ReleaseState {
  const step = plan.steps[index];
  if (step === undefined) return { ...state, phase: "smoking-public" };
  if (isWeightStep(step)) return { ...state, phase: "shifting", step: index, percent: step.percent };
  return { ...state, phase: "awaiting-approval", step: index };
}

function goBack(state: ReleaseState, event: ReleaseEvent): ReleaseState {
  const withdraws = event.type === "failed" && event.withdraws === true ? { withdraws: true } : {};
  const from = state.percent === 0 ? {} : { rolledBackFrom: state.percent };
  return { ...state, phase: "returning", percent: 0, cause: causeOf(event), ...from, ...withdraws };
}

/** What was seen of a rollback that has to begin anew no longer counts. */
function withoutVerdict(state: ReleaseState): ReleaseState {
  const unverified = { ...state };
  delete unverified.rollbackVerified;
  delete unverified.candidateStays;
  return unverified;
}

/** Back to the last weight that was found good, to wait there for a person. */
function stepBack(state: ReleaseState, event: ReleaseEvent): ReleaseState {
  const from = state.percent === 0 ? {} : { rolledBackFrom: state.percent };
  return { ...state, phase: "stepping-back", percent: state.judged, cause: causeOf(event), ...from };
}

function abandon(state: ReleaseState, event: ReleaseEvent): ReleaseState {
  return { ...state, phase: "aborted", cause: causeOf(event) };
}

/** A metric is noted once, so that a release cannot go on warning for ever. */
function remember(state: ReleaseState, event: ReleaseEvent): ReleaseState {
  if (event.type !== "warned" || state.warned.includes(event.metric))
    throw new TransitionError(state.phase, event.type);
  return { ...state, warned: [...state.warned, event.metric] };
}

function condemn(state: ReleaseState, _event: ReleaseEvent, plan: MachinePlan): ReleaseState {
  const quarantine = plan.quarantine && state.cause !== undefined && blamesCandidate(state.cause.reason);
  return { ...state, phase: quarantine ? "quarantining" : "scaling-down" };
}

function conclude(state: ReleaseState): ReleaseState {
  const byPeople = state.cause !== undefined && endedByPeople.includes(state.cause.reason);
  return { ...state, phase: byPeople ? "aborted" : "rolled-back" };
}

function causeOf(event: ReleaseEvent): Cause {
  if (!("reason" in event)) throw new Error(`the event ${event.type} gives no reason`);
  return { reason: event.reason, detail: cutText(event.detail) };
}
