// Back to the version that served before: with its pods, as far as they carry, and seen before the candidate's pods go.
import { ClusterError, LeaseLostError } from "../cluster/errors.ts";
import { pollWeight, rolledBack, split } from "./moving.ts";
import { turnService } from "./own-service.ts";
import { messageOf } from "./persist.ts";
import { countEvery, countPods, type PodCounts } from "./pods.ts";
import { PodsNotReadyError, type Confirmation, type Split } from "./ports.ts";
import { retreat } from "./retreat.ts";
import type { ReleaseState } from "./state.ts";
import type { ReleaseEvent } from "./state-machine.ts";
import { failed, tryForEver, tryUntil, type Workplace } from "./workplace.ts";

/** How long tidying up is tried before the release ends without it, in milliseconds. */
export const tidyPatience = 120_000;
/** Nobody is sent to pods any more that have served no request for so long, in milliseconds. */
const quietFor = 2_000;
/** How long it is waited for that, in milliseconds: gateways follow within seconds, and what goes on for longer follows no weight. */
const lingerPatience = 30_000;
/** Between two looks whether the active slot still has pods, in milliseconds. */
const activeEvery = 1_000;

export async function rollBack(state: ReleaseState, place: Workplace): Promise<ReleaseEvent | undefined> {
  const move = (percent: number): Promise<void> =>
    tryForEver(place, () => place.ports.router.shift(moved(place, percent), place.signal));
  if (!(await retreat(place, state, move))) return undefined;
  return { type: "returned", detail: `all traffic to ${place.subject.active}` };
}

export async function stepBack(state: ReleaseState, place: Workplace): Promise<ReleaseEvent | undefined> {
  const { percent } = state;
  const move = (share: number): Promise<void> =>
    tryForEver(
      place,
      () =>
        place.ports.router.shift(share === percent ? split(place.subject, share) : moved(place, share), place.signal),
      (error) => error instanceof ClusterError,
    );
  try {
    if (!(await retreat(place, state, move))) return undefined;
  } catch (error) {
    place.signal.throwIfAborted();
    // A weight that cannot be gone back to leaves only the way back to none.
    const reason = error instanceof PodsNotReadyError ? "pods_unavailable" : "internal_error";
    if (percent > 0 && !(error instanceof LeaseLostError)) return failed(reason, messageOf(error));
    throw error;
  }
  await turnService(percent, place);
  return { type: "stepped-back", detail: `held with ${percent} % of the traffic on ${place.subject.candidate.slot}` };
}

/** Looks until the active slot is seen to serve everything, and all the while whether it still has pods to do so. */
export async function verifyRollback(state: ReleaseState, place: Workplace): Promise<ReleaseEvent> {
  const over = new AbortController();
  const limited = { ...place, signal: AbortSignal.any([place.signal, over.signal]) };
  const seen = seenRollback(limited);
  const lost = state.rolledBackFrom === undefined ? undefined : activeSlotLost(limited);
  const turned = turnService(0, limited);
  // It is awaited below; until then a rejection is nobody's.
  turned.catch(() => undefined);
  try {
    const verdict = await Promise.race(lost === undefined ? [seen] : [seen, lost]);
    // Users who are on a slot without pods do not wait for a Service.
    if (verdict.type !== "capacity-lost") await turned;
    return verdict;
  } finally {
    over.abort(new Error("the rollback is looked at no longer"));
    await Promise.allSettled([seen, lost]);
  }
}

async function seenRollback(place: Workplace): Promise<ReleaseEvent> {
  const { status, detail } = await pollWeight(place, 0, place.subject.plan.deadlines.return);
  if (status === "confirmed") return { type: "return-confirmed", detail };
  if (status !== "contradicted") return { type: "return-unconfirmed", detail };
  place.ports.notifier.trouble(`the way back is not in effect: ${detail}`);
  return { type: "return-contradicted", detail };
}

async function activeSlotLost(place: Workplace): Promise<ReleaseEvent> {
  for (;;) {
    await place.ports.clock.sleep(activeEvery, place.signal);
    const counts = await countPods(place).catch(() => undefined);
    place.signal.throwIfAborted();
    const lost = counts && lostActiveSlot(place, counts);
    if (lost !== undefined) return lost;
  }
}

function lostActiveSlot(
  { subject, guard, judged }: Workplace,
  { active, candidate }: PodCounts,
): ReleaseEvent | undefined {
  const cutOff = judged.access.lostWith(subject.active);
  const isLost = active.ready === 0 || cutOff !== undefined;
  if (!isLost || candidate.ready === 0 || judged.access.lostWith(subject.candidate.slot) !== undefined)
    return undefined;
  // The rollback begins anew, and by counting: a reading of a moment ago led here.
  guard.forgetPods();
  const what = cutOff === undefined ? "has no ready pods any more" : `cannot serve without ${cutOff}`;
  const detail = `${subject.active} ${what}, and ${subject.candidate.slot} has ${candidate.ready} ready pods`;
  return { type: "capacity-lost", detail };
}

/**
 * Resolves with what speaks against taking the candidate's pods away: until the active slot was seen to serve everything, or has all of
 * its pods ready, they may be all that users have. A proxy that follows later than others may still send requests to them, so these are waited
 * for; those that go on are of callers whose connections end with the pods. Rejects when that cannot be looked at.
 */
export async function objectionToScalingDown(state: ReleaseState, place: Workplace): Promise<ReleaseEvent | undefined> {
  const { subject, ports, signal, tell } = place;
  const { slot } = subject.candidate;
  const unturned = await turnService(0, place, tidyPatience);
  if (unturned !== undefined) return { type: "pods-kept", detail: `${slot} keeps its pods: ${unturned}` };
  if (state.rolledBackFrom === undefined) return undefined;
  const start = ports.clock.monotonic();
  for (;;) {
    const counts = await tryUntil(
      place,
      tidyPatience,
      () => countPods(place),
      () => true,
    );
    const lost = lostActiveSlot(place, counts);
    if (lost !== undefined) return lost;
    const { ready, desired } = counts.active;
    const isShort = ready < Math.max(1, state.rollbackVerified === true ? 1 : desired);
    if (!isShort) {
      const served = await stillServed(place);
      if (served === 0) return undefined;
      if (ports.clock.monotonic() - start >= lingerPatience) {
        const requests = `${served} request${served === 1 ? "" : "s"}`;
        const callers = `connections that callers inside the cluster keep, or requests to the Service of ${slot}`;
        const detail = `${slot} still answered ${requests} in ${quietFor / 1000} s, which no weight sends there`;
        tell({ type: "noted", detail: `${detail} (${callers}); its pods go all the same` });
        return undefined;
      }
    } else if (ports.clock.monotonic() - start >= tidyPatience) {
      const detail = `${slot} keeps its pods: ${ready} of ${desired} pods of ${subject.active} are ready`;
      ports.notifier.trouble(detail);
      return { type: "pods-kept", detail };
    }
    await ports.clock.sleep(countEvery, signal);
  }
}

/** Requests that the candidate serves in {@link quietFor}; 0 where they are not counted. */
async function stillServed(place: Workplace): Promise<number> {
  const { router, clock } = place.ports;
  const since = clock.now();
  const look = async (): Promise<Confirmation | undefined> => {
    const seen = await router.confirm(split(place.subject, 0), since, place.signal).catch(() => undefined);
    place.signal.throwIfAborted();
    return seen;
  };
  // What was served until now is what is counted from.
  if ((await look())?.status === "unknown") return 0;
  await clock.sleep(quietFor, place.signal);
  return (await look())?.candidateServed ?? 0;
}

function moved({ subject }: Workplace, percent: number): Split {
  return percent === 0 ? rolledBack(subject) : { ...split(subject, percent), podsAsTheyAre: true };
}
