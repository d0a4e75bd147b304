// What is done in each phase. An action may be begun again at any time: it looks at what is, and does what is still missing.
import { isWeightStep } from "../../components/release-plan/release-plan.ts";
import { LeaseLostError } from "../cluster/errors.ts";
import { wayOf } from "../smoke/way.ts";
import { DeadlineError, within } from "./deadline.ts";
import { measureStep, watchSoak } from "./measuring.ts";
import { confirm, removeCanaryRoute, routeCanaryHeader, shift } from "./moving.ts";
import { turnService } from "./own-service.ts";
import { messageOf } from "./persist.ts";
import { countEvery, countPods, unreadyReason } from "./pods.ts";
import type { SmokeResult } from "./ports.ts";
import { objectionToScalingDown, rollBack, stepBack, tidyPatience, verifyRollback } from "./rollback.ts";
import type { FinalPhase, Phase, ReleaseState } from "./state.ts";
import type { ReleaseEvent } from "./state-machine.ts";
import type { Subject } from "./subject.ts";
import { failed, lookEvery, tryForEver, tryUntil, type Workplace } from "./workplace.ts";

/** Resolves with what became true, or with `undefined` when there is nothing left for this process to do. */
export type Action = (state: ReleaseState, place: Workplace) => Promise<ReleaseEvent | undefined>;

export const actions: Readonly<Record<Exclude<Phase, FinalPhase | "preparing">, Action>> = {
  "waiting-ready": waitUntilReady,
  smoking: smokeCandidate,
  shifting: shift,
  confirming: confirm,
  measuring: measureStep,
  "awaiting-approval": awaitApproval,
  "smoking-public": (_state, place) =>
    place.subject.emergency === true ? Promise.resolve(notSmoked) : smoke("public", place),
  soaking: watchSoak,
  finishing: finish,
  "stepping-back": stepBack,
  held: stayHeld,
  returning: rollBack,
  "confirming-return": verifyRollback,
  quarantining: quarantine,
  "scaling-down": scaleDownCandidate,
};

/** How long each part of a release's end is tried where a rollback waits for it, in milliseconds. */
const latePatience = 5_000;

const notSmoked: ReleaseEvent = { type: "smoke-passed", detail: "not smoke-tested, this is an emergency rollback" };

async function waitUntilReady(_state: ReleaseState, place: Workplace): Promise<ReleaseEvent> {
  const { subject, ports, signal, tell } = place;
  const { clock, slots } = ports;
  const { candidate, plan } = subject;
  const start = clock.monotonic();
  let told = false;
  for (;;) {
    const health = await tryUntil(place, plan.deadlines.ready, () => slots.look(candidate.slot, signal));
    if (health.staged?.template !== candidate.template)
      return failed(
        "superseded",
        `${candidate.slot} holds ${health.staged?.template ?? "nothing"} and no longer ${candidate.template}`,
      );
    const { stuck } = health;
    if (stuck?.hopeless === true) return failed(unreadyReason(stuck), stuck.detail);
    if (stuck !== undefined && !told) tell({ type: "noted", detail: `waiting: ${stuck.detail}` });
    told ||= stuck !== undefined;
    const pods = `${health.readyReplicas} of ${health.desiredReplicas} pods are ready`;
    // A candidate that was taken back before had its pods taken away.
    if (health.desiredReplicas < plan.replicas)
      await tryUntil(place, plan.deadlines.ready, () => slots.scale(candidate.slot, "full", signal));
    else if (health.ready) return { type: "ready", detail: pods };
    const waited = clock.monotonic() - start;
    if (waited >= plan.deadlines.ready) {
      const late = `${pods} after ${(waited / 1000).toFixed(0)} s`;
      if (subject.emergency === true && (await canTakeOver(health.readyReplicas, place)))
        return { type: "ready", detail: `${late}: as many as serve in ${subject.active}` };
      return failed(unreadyReason(stuck), stuck === undefined ? late : `${late}: ${stuck.detail}`);
    }
    await clock.sleep(lookEvery, signal);
  }
}

/** A broken version may have fewer ready pods than it should: what is there of the kept one is more than users have. */
async function canTakeOver(ready: number, { subject, ports, signal }: Workplace): Promise<boolean> {
  return ready > 0 && ready >= (await ports.slots.count(subject.active, signal)).ready;
}

async function smokeCandidate(_state: ReleaseState, place: Workplace): Promise<ReleaseEvent> {
  // The route changes once, and nobody has to be able to log in.
  if (place.subject.emergency === true) return notSmoked;
  return (await routeCanaryHeader(place)) ?? (await smoke("candidate", place));
}

async function finish({ activeStays = false }: ReleaseState, place: Workplace): Promise<ReleaseEvent> {
  const { active } = place.subject;
  const patience = activeStays ? latePatience : tidyPatience;
  await removeCanaryRoute(place, patience);
  await giveBackMinima(place, patience);
  if (activeStays) {
    const unturned = await turnService(100, place, patience);
    const why = unturned === undefined ? "" : `; ${unturned}`;
    return { type: "finished", detail: `${active} keeps the pods that it has, since a rollback was asked for${why}` };
  }
  return await scaleAway(active, "finished", place, () => candidateWithoutPods(place));
}

/** What speaks against taking the pods away that served before: callers still reach them, or those that serve now are not all ready. */
async function candidateWithoutPods(place: Workplace): Promise<ReleaseEvent | undefined> {
  const { subject, ports, signal } = place;
  const unturned = await turnService(100, place, tidyPatience);
  if (unturned !== undefined) return { type: "finished", detail: `${subject.active} keeps its pods: ${unturned}` };
  const start = ports.clock.monotonic();
  for (;;) {
    const { candidate } = await tryUntil(
      place,
      tidyPatience,
      () => countPods(place),
      () => true,
    );
    if (candidate.ready >= Math.max(1, candidate.desired)) return undefined;
    if (ports.clock.monotonic() - start >= tidyPatience) {
      const detail = `${subject.active} keeps its pods: ${candidate.ready} of ${candidate.desired} pods of ${subject.candidate.slot} are ready`;
      ports.notifier.trouble(detail);
      return { type: "finished", detail };
    }
    await ports.clock.sleep(countEvery, signal);
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
  const how = `${wayOf(through, subject.plan)}, ${(result.duration / 1000).toFixed(1)} s`;
  if (result.passed)
    return {
      type: "smoke-passed",
      detail: `${result.steps.length} smoke ${result.steps.length === 1 ? "step" : "steps"} passed (${how})`,
      evidence: result,
    };
  const detail = broken?.detail ?? broken?.name ?? "the smoke test failed";
  const reason = result.strayed === true ? "shift_not_confirmed" : "smoke_test_failed";
  return { type: "failed", reason, detail: `${detail} (${how})`, evidence: result };
}

async function awaitApproval(state: ReleaseState, { subject, ports, signal }: Workplace): Promise<ReleaseEvent> {
  const step = subject.plan.steps[state.step];
  if (step === undefined || isWeightStep(step)) throw new Error(`step ${state.step} of the plan is no approval`);
  await ports.clock.sleep(step.deadline, signal);
  return failed("approval_timeout", `nobody approved within ${step.deadline / 1000} s`);
}

/** Guards what is held for as long as this process is to live; a person decides what becomes of it. */
async function stayHeld(_state: ReleaseState, { subject, ports, signal }: Workplace): Promise<undefined> {
  await ports.clock.sleep(subject.plan.deadlines.hold, signal);
}

async function quarantine(state: ReleaseState, place: Workplace): Promise<ReleaseEvent> {
  const { candidate } = place.subject;
  const reason = state.cause?.reason ?? "internal_error";
  await tryForEver(place, () => place.ports.journal.quarantine(candidate, reason, place.signal));
  return { type: "quarantined", detail: `template ${candidate.template} must not be staged again` };
}

async function scaleDownCandidate(state: ReleaseState, place: Workplace): Promise<ReleaseEvent> {
  const { slot } = place.subject.candidate;
  await giveBackMinima(place, tidyPatience);
  if (state.candidateStays === true)
    return { type: "scaled-down", detail: `${slot} keeps its pods: requests still reached them after the return` };
  return scaleAway(slot, "scaled-down", place, () => objectionToScalingDown(state, place));
}

/** A minimum that cannot be given back is said, with what it was, and does not keep a release from ending. */
async function giveBackMinima(place: Workplace, patience: number): Promise<void> {
  const { ports, signal, tell } = place;
  try {
    const give = (): Promise<readonly string[]> => ports.autoscalers.giveBack(signal);
    const always = (): boolean => true;
    for (const detail of await tryUntil(place, patience, give, always)) tell({ type: "noted", detail });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof LeaseLostError) throw error;
    ports.notifier.trouble(
      `autoscalers keep the minima of the release: ${messageOf(error)}; \`minima\` of its record in the ledger says what they were`,
    );
  }
}

/** Takes a slot's pods away. That must not keep a release from ending: after a while it is left to people. */
async function scaleAway(
  slot: Subject["active"],
  type: "finished" | "scaled-down",
  place: Workplace,
  objection: () => Promise<ReleaseEvent | undefined>,
): Promise<ReleaseEvent> {
  const { subject, ports, signal } = place;
  try {
    const objected = await objection();
    if (objected !== undefined) return objected;
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
