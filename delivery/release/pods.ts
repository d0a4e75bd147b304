// Pods before weights: a slot has the ready pods that a share of the traffic needs before it gets it.
import { podsNeeded } from "./capacity.ts";
import type { PodCount, StuckPods } from "./ports.ts";
import type { Reason } from "./state.ts";
import type { ReleaseEvent } from "./state-machine.ts";
import { failed, tryUntil, type Workplace } from "./workplace.ts";

/** Two Deployments are counted this far apart, in milliseconds: four requests a second. */
export const countEvery = 500;

export interface PodCounts {
  readonly active: PodCount;
  readonly candidate: PodCount;
}

/** Why a candidate without the pods that it needs is out. Only pods that crashed by themselves speak against the version. */
export function unreadyReason(stuck: StuckPods | undefined): Reason {
  return stuck?.crashed === true ? "not_ready" : "pods_unavailable";
}

export async function countPods({ subject, ports, signal }: Workplace): Promise<PodCounts> {
  const [active, candidate] = await Promise.all([
    ports.slots.count(subject.active, signal),
    ports.slots.count(subject.candidate.slot, signal),
  ]);
  return { active, candidate };
}

/**
 * Resolves when the candidate has the ready pods that a share of the traffic needs, or with what ends the release. Where the guard's last
 * reading says that it has them nothing is asked for.
 *
 * @param percent the share that it is to get
 */
export async function awaitCandidatePods(percent: number, place: Workplace): Promise<ReleaseEvent | undefined> {
  const { subject, ports, guard, signal, tell } = place;
  const { candidate, active, plan } = subject;
  const reading = guard.readyPods;
  if (reading !== undefined && reading.candidate >= podsNeeded(percent, reading.active)) return undefined;
  const start = ports.clock.monotonic();
  for (let round = 0; ; round += 1) {
    const counts = await tryUntil(place, plan.deadlines.ready, () => countPods(place));
    const needed = podsNeeded(percent, counts.active.ready);
    if (counts.candidate.ready >= needed) return undefined;
    const short =
      `${candidate.slot} has ${counts.candidate.ready} ready pods where ${percent} % of the traffic needs ${needed} ` +
      `(${counts.active.ready} serve in ${active})`;
    const waited = ports.clock.monotonic() - start;
    if (waited >= plan.deadlines.ready) {
      const { stuck } = await ports.slots.look(candidate.slot, signal);
      const why = stuck === undefined ? "" : `: ${stuck.detail}`;
      return failed(unreadyReason(stuck), `${short} after ${(waited / 1000).toFixed(0)} s${why}`);
    }
    if (round === 0) tell({ type: "noted", detail: `${short}; waiting for them before any traffic moves` });
    if (counts.candidate.desired < needed)
      await tryUntil(place, plan.deadlines.ready, () => ports.slots.scale(candidate.slot, needed, signal));
    await ports.clock.sleep(countEvery, signal);
  }
}
