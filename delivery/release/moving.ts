// What is done about the weights on the way to the candidate; `rollback.ts` has the other direction.
import { LeaseLostError, UnreachableError } from "../cluster/errors.ts";
import { turnService } from "./own-service.ts";
import { messageOf } from "./persist.ts";
import { awaitCandidatePods, holdPods, unreadyReason } from "./pods.ts";
import { PodsNotReadyError, type Confirmation, type Split } from "./ports.ts";
import type { ReleaseState } from "./state.ts";
import type { ReleaseEvent } from "./state-machine.ts";
import type { Subject } from "./subject.ts";
import { untilAborted } from "./until-aborted.ts";
import { failed, lookEvery, tryUntil, type Workplace } from "./workplace.ts";

/** The first counters are worth this much waiting before traffic moves, in milliseconds. */
const guardStart = 1_000;
/** What a broken version does to users is counted for so long, in milliseconds: the kept one is not to be blamed for doing the same. */
const brokenCounted = 2_000;

/** Adds the route by which requests with `x-canary` reach the candidate, and leaves all users where they are. Resolves with what went wrong. */
export async function routeCanaryHeader(place: Workplace): Promise<ReleaseEvent | undefined> {
  const { subject, ports, signal } = place;
  try {
    await tryUntil(place, subject.plan.deadlines.confirm, () => ports.router.shift(split(subject, 0), signal));
    return undefined;
  } catch (error) {
    return await notShifted(error, place);
  }
}

/** The candidate is what serves from now on, and requests with `x-canary` are anybody's, before the pods of the other slot go. */
export async function removeCanaryRoute(place: Workplace, patience: number): Promise<void> {
  const { subject, ports, signal } = place;
  try {
    const work = (): Promise<void> => ports.router.shift(released(subject), signal);
    await tryUntil(place, patience, work, (error) => !(error instanceof LeaseLostError));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof LeaseLostError) throw error;
    ports.notifier.trouble(`x-canary still leads to ${subject.candidate.slot}, until the next up: ${messageOf(error)}`);
  }
}

export async function shift({ percent, judged }: ReleaseState, place: Workplace): Promise<ReleaseEvent> {
  const { subject, ports, guard, judged: basis, signal } = place;
  // What the counters show before the first request arrives is what the candidate's are compared with.
  await Promise.race([guard.started(), ports.clock.sleep(guardStart, signal)]);
  if (subject.emergency === true) await ports.clock.sleep(brokenCounted, signal);
  try {
    const short = await awaitCandidatePods(percent, place);
    if (short !== undefined) return short;
    // A release begins and is promoted under watches alone. An emergency rollback is ended by no change, and waits for none.
    const isSure = basis.isAsJudged || subject.emergency === true;
    const changed = isSure ? undefined : await basis.confirm(judged === 0 || percent === 100, signal);
    if (changed !== undefined) return changed;
    await tryUntil(place, subject.plan.deadlines.confirm, () => ports.router.shift(sent(subject, percent), signal));
  } catch (error) {
    return await notShifted(error, place);
  }
  // The pods are there; an autoscaler takes minutes to take them away, and no request stands between the check and the patch.
  await holdPods(percent, place);
  return { type: "shifted", detail: `${percent} % of the traffic to ${subject.candidate.slot}` };
}

/** What a weight that could not be set means; throws what is none of the way's or the candidate's fault. */
async function notShifted(error: unknown, { subject, ports, signal }: Workplace): Promise<ReleaseEvent> {
  if (error instanceof UnreachableError) return failed("shift_not_confirmed", error.message);
  if (!(error instanceof PodsNotReadyError)) throw error;
  const { stuck } = await ports.slots.look(subject.candidate.slot, signal);
  return failed(unreadyReason(stuck), stuck === undefined ? error.message : `${error.message}: ${stuck.detail}`);
}

export async function confirm({ percent }: ReleaseState, place: Workplace): Promise<ReleaseEvent> {
  const { subject, ports, signal, tell } = place;
  // Callers inside the cluster are among those whose share is looked at: at 100 % they are to be where the weights send users.
  const turned = percent === 100 ? turnService(percent, place) : undefined;
  const stopped = untilAborted(signal);
  // It is awaited below; until then a rejection is nobody's.
  turned?.catch(() => undefined);
  let seen: Confirmation;
  try {
    seen = await pollWeight(place, percent, subject.plan.deadlines.confirm);
  } catch (error) {
    return await notShifted(error, place);
  } finally {
    // Not for longer than the release goes on: a patch that was sent is answered when it is.
    await Promise.race([turned, stopped.promise]).finally(stopped.forget);
  }
  const { status, detail } = seen;
  if (status !== "contradicted") return { type: status === "confirmed" ? "confirmed" : "unconfirmed", detail };
  const seconds = subject.plan.deadlines.confirm / 1000;
  const told = `${percent} % was not in effect after ${seconds} s: ${detail}`;
  const response = subject.plan.policies.unconfirmedShift;
  if (response !== "warn")
    return { type: response === "hold" ? "held" : "failed", reason: "shift_not_confirmed", detail: told };
  tell({ type: "warned", metric: "weight", detail: told });
  ports.notifier.trouble(told);
  return { type: "unconfirmed", detail: told };
}

/** Asks for a weight to be seen in effect, until the deadline. A contradicted weight is set again: somebody may have changed it. */
export async function pollWeight(place: Workplace, percent: number, patience: number): Promise<Confirmation> {
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
    if (seen.status === "contradicted")
      await tryUntil(place, patience, () => router.shift(sent(subject, percent), signal));
    await clock.sleep(lookEvery, signal);
  }
}

export function split({ active, candidate }: Subject, percent: number): Split {
  return { active, candidate: candidate.slot, percent };
}

/** All traffic on the active slot for good. */
export function rolledBack(subject: Subject): Split {
  return { ...split(subject, 0), withoutCanaryRoute: true };
}

/** All traffic on the candidate for good. */
function released({ active, candidate }: Subject): Split {
  return { active: candidate.slot, candidate: active, percent: 0, withoutCanaryRoute: true };
}

/** What the router is asked for: in an emergency a rollback, which overwrites whatever the routes are and waits for no number of pods. */
function sent(subject: Subject, percent: number): Split {
  if (percent === 0) return rolledBack(subject);
  return subject.emergency === true && percent === 100 ? released(subject) : split(subject, percent);
}
