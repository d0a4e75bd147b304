// Users go to the slot that served before as far as it can serve them, and wait where they are answered until it can serve all.
import { ClusterError, LeaseLostError, UnreachableError } from "../cluster/errors.ts";
import { shareOnRollback, type ReadyPods } from "./capacity.ts";
import { split } from "./moving.ts";
import { turnService } from "./own-service.ts";
import { messageOf } from "./persist.ts";
import { countEvery, countPods, type PodCounts } from "./pods.ts";
import type { PodCount } from "./ports.ts";
import { makeAgain } from "./slot-access.ts";
import type { ReleaseState } from "./state.ts";
import { tryForEver, type Workplace } from "./workplace.ts";

/**
 * Moves traffic to the active slot until the candidate has no more than `state.percent`. Where the guard's last reading says that the
 * active slot carries it, that is one patch. Else the active slot is scaled up at once, and gets what its ready pods carry as they come.
 * Resolves to false when they did not come for as long as a held release is guarded: the release is then left as it is, to be resumed.
 */
export async function retreat(
  place: Workplace,
  { percent: target, rolledBackFrom: from = 0 }: ReleaseState,
  move: (percent: number) => Promise<void>,
): Promise<boolean> {
  const { subject, ports, guard, judged, signal, tell } = place;
  const { clock, router, notifier } = ports;
  const { deadlines } = subject.plan;
  const carries = (ready: ReadyPods): boolean => ready.active > 0 && shareOnRollback(ready, from, from) <= target;
  const { active, candidate } = subject;
  // Ready pods say nothing where nothing leads to them.
  const isLedTo = judged.access.isKnown(active) && judged.access.lostWith(active) === undefined;
  const reading = isLedTo ? guard.readyPods : undefined;
  if (from <= target || (reading !== undefined && carries(reading))) {
    await move(target);
    return true;
  }
  const start = clock.monotonic();
  let current: number | undefined;
  let lateTold = false;
  let told: string | undefined;
  // Beside counting and moving: pods may come back before an autoscaler, or the API server for it, has answered.
  const scaling = inBackground((counts: PodCounts) => scaleUpActive(place, counts));
  for (;;) {
    const [counts] = await Promise.all([countedPods(place), judged.access.look(signal)]);
    const cutOff = judged.access.lostWith(active);
    const ready = counts && {
      active: cutOff === undefined ? lastingPods(counts.active) : 0,
      candidate: judged.access.lostWith(candidate.slot) === undefined ? counts.candidate.ready : 0,
    };
    if (counts === undefined || ready === undefined || carries(ready)) {
      await move(target);
      return true;
    }
    const { short, remedy, advice } = shortOf(place, ready, cutOff);
    const isFirst = current === undefined;
    if (isFirst || cutOff !== told) tell({ type: "noted", detail: `${short}: ${remedy}` });
    told = cutOff;
    if (current === undefined) {
      const live = await router.weight(split(subject, target), signal).catch(() => undefined);
      signal.throwIfAborted();
      current = live ?? from;
    }
    if (cutOff === undefined) scaling(counts);
    const share = Math.max(target, shareOnRollback(ready, from, current));
    if (isFirst || share !== current) {
      await move(share);
      // What others move while this waits is put back: they may send users to where no pods are.
      judged.start();
      // The active slot has nothing to serve callers with.
      if (share === 100) await turnService(share, place);
    }
    current = share;
    const waited = clock.monotonic() - start;
    if (waited >= deadlines.ready && !lateTold) {
      lateTold = true;
      notifier.trouble(
        `${short} after ${(waited / 1000).toFixed(0)} s, so that ${share} % of the traffic stays on the candidate: ${advice}`,
      );
    }
    if (waited >= deadlines.hold) return false;
    await clock.sleep(countEvery, signal);
  }
}

/**
 * Why the active slot does not carry all users, what is done about it, and what a person does.
 *
 * @param cutOff the object without which it serves nobody
 */
function shortOf(
  { subject }: Workplace,
  ready: ReadyPods,
  cutOff: string | undefined,
): Record<"short" | "remedy" | "advice", string> {
  const { active, candidate } = subject;
  if (cutOff !== undefined) {
    const short = `${active} cannot serve without ${cutOff}, which is gone or changed`;
    const remedy = `users stay where they are answered, as far as they are, until it is back; ${makeAgain}`;
    return { short, remedy, advice: makeAgain };
  }
  return {
    short: `${active} has ${ready.active} ready pods, and ${ready.candidate} serve in ${candidate.slot}`,
    remedy: "it is scaled up and gets what its ready pods carry",
    advice: `look at why the pods of ${active} do not become ready (kubectl describe deployment)`,
  };
}

/** Does one piece of work at a time, and lets others pass meanwhile. Throws, when it is asked again, what the last one was rejected with. */
function inBackground<T>(work: (given: T) => Promise<void>): (given: T) => void {
  let busy = false;
  let broken: { readonly error: unknown } | undefined;
  return (given) => {
    if (broken !== undefined) throw broken.error;
    if (busy) return;
    busy = true;
    void work(given)
      .catch((error: unknown) => {
        broken = { error };
      })
      .finally(() => {
        busy = false;
      });
  };
}

/** Resolves to `undefined` where the pods must not be counted: what cannot be known must not keep users on the candidate. */
async function countedPods(place: Workplace): Promise<PodCounts | undefined> {
  try {
    return await tryForEver(
      place,
      () => countPods(place),
      (error) => error instanceof UnreachableError,
    );
  } catch (error) {
    place.signal.throwIfAborted();
    if (!(error instanceof ClusterError)) throw error;
    place.ports.notifier.trouble(`the pods cannot be counted: ${messageOf(error)}`);
    return undefined;
  }
}

/** Ready pods that nobody has asked to go: of a slot that was scaled down, or whose Deployment is gone, some go within seconds. */
function lastingPods({ ready, desired }: PodCount): number {
  return Math.min(ready, desired);
}

/** To the pods that serve now, or that a serving slot has, whichever is more. */
async function scaleUpActive({ subject, ports, signal }: Workplace, { active, candidate }: PodCounts): Promise<void> {
  const wanted = Math.max(subject.plan.replicas, candidate.ready);
  if (active.desired >= wanted) return;
  try {
    await ports.slots.scale(subject.active, wanted, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof LeaseLostError) throw error;
    ports.notifier.trouble(`${subject.active} cannot be scaled to ${wanted} pods: ${messageOf(error)}`);
  }
}
