// What is done in each phase. An action may be begun again at any time: it looks at what is, and does what is still missing.
import { isWeightStep } from "../../components/release-plan/release-plan.ts";
import { LeaseLostError, UnreachableError } from "../cluster/errors.ts";
import { DeadlineError, within } from "./deadline.ts";
import type { GuardTask } from "./guard-task.ts";
import { measureStep, watchSoak } from "./measuring.ts";
import { messageOf, persist } from "./persist.ts";
import type { Confirmation, ReleasePorts, SmokeResult, Split, StepMeasurement } from "./ports.ts";
import type { FinalPhase, Phase, Reason, ReleaseState } from "./state.ts";
import type { ReleaseEvent } from "./state-machine.ts";
import type { Subject } from "./subject.ts";

/** What an action works with. */
export interface Workplace {
  readonly subject: Subject;
  readonly ports: ReleasePorts;
  readonly guard: GuardTask;
  /** Fires when the phase is over or the release must stop. */
  readonly signal: AbortSignal;
  /** The last measurement of each step that was judged in this run. */
  readonly measured: StepMeasurement[];
  /** Tells of something that does not end the phase. */
  readonly tell: (event: ReleaseEvent) => void;
}

/** Resolves with what became true, or with `undefined` when there is nothing left for this process to do. */
export type Action = (state: ReleaseState, place: Workplace) => Promise<ReleaseEvent | undefined>;

/** Looks at pods and weights are this far apart, in milliseconds. */
const lookEvery = 250;
/** The first counters are worth this much waiting before traffic moves, in milliseconds. */
const guardStart = 1_000;
/** How long tidying up is tried before the release ends without it, in milliseconds. */
const tidyPatience = 120_000;

export const actions: Readonly<Record<Exclude<Phase, FinalPhase | "preparing">, Action>> = {
  "waiting-ready": waitUntilReady,
  smoking: (_state, place) => smoke("candidate", place),
  shifting: shift,
  confirming: confirm,
  measuring: measureStep,
  "awaiting-approval": awaitApproval,
  "smoking-public": (_state, place) => smoke("public", place),
  soaking: watchSoak,
  finishing: (_state, place) => scaleAway(place.subject.active, "finished", place),
  "stepping-back": stepBack,
  held: stayHeld,
  returning: giveBack,
  "confirming-return": confirmReturn,
  quarantining: quarantine,
  "scaling-down": scaleDownCandidate,
};

function split({ active, candidate }: Subject, percent: number): Split {
  return { active, candidate: candidate.slot, percent };
}

function failed(reason: Reason, detail: string): ReleaseEvent {
  return { type: "failed", reason, detail };
}

async function waitUntilReady(_state: ReleaseState, place: Workplace): Promise<ReleaseEvent> {
  const { subject, ports, signal } = place;
  const { clock, slots } = ports;
  const { candidate, plan } = subject;
  const start = clock.monotonic();
  for (;;) {
    const health = await tryUntil(place, plan.deadlines.ready, () => slots.look(candidate.slot, signal));
    if (health.staged?.template !== candidate.template)
      return failed(
        "superseded",
        `${candidate.slot} holds ${health.staged?.template ?? "nothing"} and no longer ${candidate.template}`,
      );
    if (health.stuck !== undefined) return failed("not_ready", health.stuck);
    const pods = `${health.readyReplicas} of ${health.desiredReplicas} pods are ready`;
    // A candidate that was taken back before had its pods taken away.
    if (health.desiredReplicas < plan.replicas)
      await tryUntil(place, plan.deadlines.ready, () => slots.scale(candidate.slot, "full", signal));
    else if (health.ready) return { type: "ready", detail: pods };
    const waited = clock.monotonic() - start;
    if (waited >= plan.deadlines.ready) return failed("not_ready", `${pods} after ${(waited / 1000).toFixed(0)} s`);
    await clock.sleep(lookEvery, signal);
  }
}

async function smoke(through: "candidate" | "public", { subject, ports, signal }: Workplace): Promise<ReleaseEvent> {
  let result: SmokeResult;
  try {
    result = await within(ports.clock, subject.plan.deadlines.smoke, signal, (limited) =>
      ports.smoke.run(through, limited),
    );
  } catch (error) {
    if (error instanceof DeadlineError) return failed("smoke_test_failed", `the smoke test was ${error.message}`);
    throw error;
  }
  const broken = result.steps.find((step) => !step.passed);
  const how = `${through === "candidate" ? "through x-canary" : "as a user"}, ${(result.duration / 1000).toFixed(1)} s`;
  if (result.passed)
    return { type: "smoke-passed", detail: `${result.steps.length} smoke steps passed (${how})`, evidence: result };
  const detail = broken?.detail ?? broken?.name ?? "the smoke test failed";
  return { type: "failed", reason: "smoke_test_failed", detail: `${detail} (${how})`, evidence: result };
}

async function shift({ percent }: ReleaseState, place: Workplace): Promise<ReleaseEvent> {
  const { subject, ports, guard, signal } = place;
  // What the counters show before the first request arrives is what the candidate's are compared with.
  await Promise.race([guard.started(), ports.clock.sleep(guardStart, signal)]);
  try {
    await tryUntil(place, subject.plan.deadlines.confirm, () => ports.router.shift(split(subject, percent), signal));
  } catch (error) {
    if (error instanceof UnreachableError) return failed("shift_not_confirmed", error.message);
    throw error;
  }
  return { type: "shifted", detail: `${percent} % of the traffic to ${subject.candidate.slot}` };
}

async function confirm({ percent }: ReleaseState, place: Workplace): Promise<ReleaseEvent> {
  const { subject, ports, tell } = place;
  const { status, detail } = await look(place, percent, subject.plan.deadlines.confirm);
  if (status === "confirmed") return { type: "confirmed", detail };
  if (status !== "contradicted") return { type: "unconfirmed", detail };
  const seconds = subject.plan.deadlines.confirm / 1000;
  const told = `${percent} % was not in effect after ${seconds} s: ${detail}`;
  const response = subject.plan.policies.unconfirmedShift;
  if (response !== "warn")
    return { type: response === "hold" ? "held" : "failed", reason: "shift_not_confirmed", detail: told };
  tell({ type: "warned", metric: "weight", detail: told });
  ports.notifier.trouble(told);
  return { type: "unconfirmed", detail: told };
}

async function awaitApproval(state: ReleaseState, { subject, ports, signal }: Workplace): Promise<ReleaseEvent> {
  const step = subject.plan.steps[state.step];
  if (step === undefined || isWeightStep(step)) throw new Error(`step ${state.step} of the plan is no approval`);
  await ports.clock.sleep(step.deadline, signal);
  return failed("approval_timeout", `nobody approved within ${step.deadline / 1000} s`);
}

async function stepBack({ percent }: ReleaseState, place: Workplace): Promise<ReleaseEvent> {
  await tryForEver(place, () => place.ports.router.shift(split(place.subject, percent), place.signal));
  return { type: "stepped-back", detail: `held with ${percent} % of the traffic on ${place.subject.candidate.slot}` };
}

/** Guards what is held for as long as this process is to live; a person decides what becomes of it. */
async function stayHeld(_state: ReleaseState, { subject, ports, signal }: Workplace): Promise<undefined> {
  await ports.clock.sleep(subject.plan.deadlines.hold, signal);
}

async function giveBack(_state: ReleaseState, place: Workplace): Promise<ReleaseEvent> {
  await tryForEver(place, () => place.ports.router.shift(split(place.subject, 0), place.signal));
  return { type: "returned", detail: `all traffic to ${place.subject.active}` };
}

async function confirmReturn(_state: ReleaseState, place: Workplace): Promise<ReleaseEvent> {
  const { status, detail } = await look(place, 0, place.subject.plan.deadlines.return);
  if (status !== "contradicted") return { type: "return-confirmed", detail };
  place.ports.notifier.trouble(`the way back is not in effect: ${detail}`);
  return { type: "return-contradicted", detail };
}

/** Asks for a weight to be seen in effect, until the deadline. A contradicted weight is set again: somebody may have changed it. */
async function look(place: Workplace, percent: number, patience: number): Promise<Confirmation> {
  const { subject, ports, signal } = place;
  const { clock, router } = ports;
  const wanted = split(subject, percent);
  const since = clock.now();
  const start = clock.monotonic();
  for (;;) {
    const seen = await router.confirm(wanted, since, signal).catch((error: unknown): Confirmation => {
      signal.throwIfAborted();
      return { status: "pending", detail: `it could not be looked at: ${messageOf(error)}` };
    });
    if (seen.status === "confirmed" || seen.status === "unknown") return seen;
    if (clock.monotonic() - start >= patience) return seen;
    if (seen.status === "contradicted") await tryUntil(place, patience, () => router.shift(wanted, signal));
    await clock.sleep(lookEvery, signal);
  }
}

async function quarantine(state: ReleaseState, place: Workplace): Promise<ReleaseEvent> {
  const { candidate } = place.subject;
  const reason = state.cause?.reason ?? "internal_error";
  await tryForEver(place, () => place.ports.journal.quarantine(candidate, reason, place.signal));
  return { type: "quarantined", detail: `template ${candidate.template} must not be staged again` };
}

async function scaleDownCandidate(state: ReleaseState, place: Workplace): Promise<ReleaseEvent> {
  const { slot } = place.subject.candidate;
  if (state.candidateStays === true)
    return { type: "scaled-down", detail: `${slot} keeps its pods: requests still reached them after the return` };
  return scaleAway(slot, "scaled-down", place);
}

/** Takes a slot's pods away. That must not keep a release from ending: after a while it is left to people. */
async function scaleAway(
  slot: Subject["active"],
  type: "finished" | "scaled-down",
  place: Workplace,
): Promise<ReleaseEvent> {
  const { subject, ports, signal } = place;
  try {
    const staged = await tryUntil(
      place,
      tidyPatience,
      () => ports.slots.look(slot, signal),
      () => true,
    );
    if (slot === subject.candidate.slot && staged.staged?.template !== subject.candidate.template)
      return { type, detail: `${slot} holds another template by now and is left alone` };
    await tryUntil(
      place,
      tidyPatience,
      () => ports.slots.scale(slot, 0, signal),
      () => true,
    );
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof LeaseLostError) throw error;
    const told = `${slot} keeps its pods: ${messageOf(error)}`;
    ports.notifier.trouble(told);
    return { type, detail: told };
  }
  return { type, detail: `${slot} has no pods any more` };
}

/** What cannot be reached may come back; what is refused will be refused again. */
function tryUntil<T>(
  { ports, signal }: Workplace,
  patience: number,
  work: () => Promise<T>,
  retry: (error: unknown) => boolean = (error) => error instanceof UnreachableError,
): Promise<T> {
  return persist(work, { clock: ports.clock, signal, patience, retry, onTrouble: trouble(ports) });
}

/** For what there is no alternative to. */
function tryForEver<T>({ ports, signal }: Workplace, work: () => Promise<T>): Promise<T> {
  return persist(work, { clock: ports.clock, signal, onTrouble: trouble(ports) });
}

function trouble({ notifier }: ReleasePorts): (error: unknown) => void {
  return (error) => {
    notifier.trouble(messageOf(error));
  };
}
