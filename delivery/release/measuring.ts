import { isWeightStep } from "../../components/release-plan/release-plan.ts";
import { eventsOf } from "./guard-task.ts";
import { describeJudged, judgeStep, measurementOf, type Judgement } from "./judging.ts";
import type { GuardSnapshot, StepMeasurement } from "./ports.ts";
import type { ReleaseState } from "./state.ts";
import type { ReleaseEvent } from "./state-machine.ts";
import { StepPeriods } from "./step-periods.ts";
import type { Subject } from "./subject.ts";
import type { Workplace } from "./workplace.ts";

/** Watches a step for its wait, looks at it all the while, and decides at its end; without enough evidence it goes on looking. */
export async function measureStep(state: ReleaseState, place: Workplace): Promise<ReleaseEvent> {
  const { subject, ports, signal, measured, tell } = place;
  const { plan, hotfix } = subject;
  const step = plan.steps[state.step];
  if (step === undefined || !isWeightStep(step)) throw new Error(`step ${state.step} of the plan has no weight`);
  if (hotfix !== undefined) return { type: "step-passed", detail: `not measured, this is a hotfix: ${hotfix}` };

  const measure = measurer(state, place);
  const start = ports.clock.monotonic();
  for (;;) {
    const left = step.wait - (ports.clock.monotonic() - start);
    await ports.clock.sleep(left > 0 ? Math.min(left, plan.gate.every) : plan.gate.every, signal);
    const overtime = ports.clock.monotonic() - start - step.wait;
    const measurement = await measure();
    const judgement = judgeStep(measured, measurement, plan, overtime);
    const { action, judged } = judgement;
    const detail = describeJudged(judged);
    const evidence = { overtime: Math.round(overtime), judged, measurement };
    const events = eventsOf(action, detail, evidence);
    const decisive = events.find(({ type }) => type !== "warned");
    for (const event of events) if (event !== decisive) tell(event);
    if (decisive !== undefined) return decisive;
    if (action.kind === "proceed") {
      measured.push(measurement);
      return { type: "step-passed", detail, evidence };
    }
    if (overtime >= 0 && isStarving(judgement)) await ports.synthetic?.drive(signal);
  }
}

/**
 * Looks at a release that has all the traffic, for as long as the old slot is kept warm. Only a breach matters. At its end all must be as it
 * was judged; what cannot be read then is waited for as long as a held release is guarded.
 */
export async function watchSoak(state: ReleaseState, place: Workplace): Promise<ReleaseEvent> {
  const { subject, ports, guard, judged: basis, signal, measured, tell } = place;
  const { plan } = subject;
  if (subject.emergency === true) {
    // There is nothing healthy to compare with; the guard goes on.
    await ports.clock.sleep(plan.soak, signal);
    return { type: "soaked", detail: `guarded for ${plan.soak / 1000} s at 100 %` };
  }
  const measure = measurer(state, place);
  const { clock } = ports;
  const start = clock.monotonic();
  const passed = `no breach in ${plan.soak / 1000} s at 100 %`;
  let unreadSince: number | undefined;
  for (;;) {
    const left = plan.soak - (clock.monotonic() - start);
    // Without pods in the old slot the soak keeps nothing warm: it lasts until they are back, or the guard holds the release.
    if (left <= 0 && guard.isActiveSlotEmpty) {
      await clock.sleep(plan.gate.every, signal);
      continue;
    }
    if (left <= 0) {
      const { changed, unread } = await basis.look(signal);
      if (changed !== undefined) return changed;
      if (unread.length === 0) return { type: "soaked", detail: passed };
      if (unreadSince === undefined) tell({ type: "noted", detail: waitingToRead(unread, subject) });
      unreadSince ??= clock.monotonic();
      // Nothing speaks against what has served everybody for the whole soak; a rollback would move all users because of an API server.
      if (clock.monotonic() - unreadSince >= plan.deadlines.hold)
        return { type: "soaked", detail: `${passed}; ${unreadToTheEnd(unread, subject)}` };
    }
    await clock.sleep(left > 0 ? Math.min(left, plan.gate.every) : plan.gate.every, signal);
    const measurement = await measure();
    const { action, judged } = judgeStep(measured, measurement, plan, -1);
    const events = eventsOf(action, `soak: ${describeJudged(judged)}`, { judged, measurement });
    const decisive = events.find(({ type }) => type !== "warned");
    for (const event of events) if (event !== decisive) tell(event);
    if (decisive !== undefined) return decisive;
  }
}

function waitingToRead(unread: readonly string[], { candidate, plan }: Subject): string {
  return (
    `the soak is over, and this could not be read to see that it is as it was judged: ${unread.join("; ")}. Users stay on ${candidate.slot}, ` +
    `guarded, and the old pods stay, until it can be read, for at most ${plan.deadlines.hold / 1000} s`
  );
}

function unreadToTheEnd(unread: readonly string[], { candidate, plan }: Subject): string {
  return (
    `${plan.deadlines.hold / 1000} s later this could still not be read: ${unread.join("; ")}. Users stay on ${candidate.slot}; ` +
    "whether it is as it was judged, nobody knows: see atom drift once it can be read"
  );
}

/** Measures from now on: by Prometheus, or by the guard's counts where there is none. */
function measurer(state: ReleaseState, { subject, ports, guard, signal }: Workplace): () => Promise<StepMeasurement> {
  const { candidate, active } = subject;
  const window = { candidate, active, step: state.step, percent: state.percent, since: ports.clock.now() };
  const { gate } = ports;
  const periods = new StepPeriods();
  if (gate !== null) return async () => periods.divide(await gate.measure(window, signal));
  let first: GuardSnapshot | undefined = guard.latest;
  return () => {
    first ??= guard.latest;
    if (first === undefined || guard.latest === undefined) return Promise.resolve(nothingRead);
    return Promise.resolve(periods.divide(measurementOf(first, guard.latest, state.percent)));
  };
}

const unread = {
  status: "unavailable",
  problem: { kind: "unreachable", detail: "the pods' counters were not read" },
} as const;
const nothingRead: StepMeasurement = { errorRate: unread, latency: unread, custom: {} };

function isStarving({ judged }: Judgement): boolean {
  return judged.some(
    ({ verdict }) =>
      verdict.kind === "NO_TRAFFIC" || (verdict.kind === "TOO_FEW" && verdict.reason === "requests_below_minimum"),
  );
}
