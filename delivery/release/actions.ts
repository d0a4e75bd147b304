// What is done in each phase. An action may be begun again at any time: it looks at what is, and does what is still missing.
import { isWeightStep } from "../../components/release-plan/release-plan.ts";
import { LeaseLostError } from "../cluster/errors.ts";
import { wayOf } from "../smoke/way.ts";
import { DeadlineError, within } from "./deadline.ts";
import { measureStep, watchSoak } from "./measuring.ts";
import { confirm, confirmReturn, giveBack, leadGuestsIn, shift, stepBack, turnRound } from "./moving.ts";
import { messageOf } from "./persist.ts";
import type { SmokeResult } from "./ports.ts";
import type { FinalPhase, Phase, ReleaseState } from "./state.ts";
import type { ReleaseEvent } from "./state-machine.ts";
import type { Subject } from "./subject.ts";
import { failed, lookEvery, tryForEver, tryUntil, type Workplace } from "./workplace.ts";

/** Resolves with what became true, or with `undefined` when there is nothing left for this process to do. */
export type Action = (state: ReleaseState, place: Workplace) => Promise<ReleaseEvent | undefined>;

/** How long tidying up is tried before the release ends without it, in milliseconds. */
const tidyPatience = 120_000;

export const actions: Readonly<Record<Exclude<Phase, FinalPhase | "preparing">, Action>> = {
  "waiting-ready": waitUntilReady,
  smoking: smokeCandidate,
  shifting: shift,
  confirming: confirm,
  measuring: measureStep,
  "awaiting-approval": awaitApproval,
  "smoking-public": (_state, place) => smoke("public", place),
  soaking: watchSoak,
  finishing: finish,
  "stepping-back": stepBack,
  held: stayHeld,
  returning: giveBack,
  "confirming-return": confirmReturn,
  quarantining: quarantine,
  "scaling-down": scaleDownCandidate,
};

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

async function smokeCandidate(_state: ReleaseState, place: Workplace): Promise<ReleaseEvent> {
  return (await leadGuestsIn(place)) ?? (await smoke("candidate", place));
}

async function finish(_state: ReleaseState, place: Workplace): Promise<ReleaseEvent> {
  await turnRound(place, tidyPatience);
  return await scaleAway(place.subject.active, "finished", place);
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
  return { type: "failed", reason: "smoke_test_failed", detail: `${detail} (${how})`, evidence: result };
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
