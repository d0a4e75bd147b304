// Pods before weights: a slot has the ready pods that a share of the traffic needs before it gets it.
import type { BySlot } from "../../components/names/slot-name.ts";
import { LeaseLostError } from "../cluster/errors.ts";
import { podsDue, podsNeeded } from "./capacity.ts";
import { messageOf } from "./persist.ts";
import type { PodCount, StuckPods } from "./ports.ts";
import type { Reason } from "./state.ts";
import type { ReleaseEvent } from "./state-machine.ts";
import type { Subject } from "./subject.ts";
import { failed, tryUntil, type Workplace } from "./workplace.ts";

/** Two Deployments are counted this far apart, in milliseconds: four requests a second. */
export const countEvery = 500;

export interface PodCounts {
  readonly active: PodCount;
  readonly candidate: PodCount;
}

/** What scales the slots by their load: a port like those of ports.ts. */
export interface Autoscalers {
  /**
   * Raises the slots' minima to so many pods, up to their maxima; idempotent. What somebody has set during the release is left as it is.
   * Resolves with what users have to know, a sentence each, and each once.
   */
  hold(needed: Partial<BySlot<number>>, signal: AbortSignal): Promise<readonly string[]>;
  /** Gives every raised minimum back as it was, unless somebody has set another one since; idempotent. Resolves as `hold` does. */
  giveBack(signal: AbortSignal): Promise<readonly string[]>;
}

/** Holds what can be held: an autoscaler that cannot be changed is no reason to leave a slot without pods, or users where they are. */
export async function holdOrSay(
  autoscalers: Autoscalers,
  needed: Partial<BySlot<number>>,
  say: (note: string) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    for (const note of await autoscalers.hold(needed, signal)) say(note);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof LeaseLostError) throw error;
    say(`the autoscalers' minima are not raised: ${messageOf(error)}`);
  }
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
 * Keeps autoscalers from taking away what a share of the traffic needs of the candidate, and what the way back from it needs of the active slot.
 * In an emergency there is no way back to keep warm, and the kept version keeps all of its pods.
 */
export async function holdPods(percent: number, place: Workplace): Promise<void> {
  const { subject, ports, signal, tell } = place;
  const { active, candidate, plan, emergency = false } = subject;
  const counts = await countPods(place).catch(() => undefined);
  signal.throwIfAborted();
  // Whoever needs them counts again.
  if (counts === undefined) return;
  const all = podsOfAllTraffic(subject, counts.active);
  const needed = podsNeeded(percent, all);
  const pods = emergency
    ? { [candidate.slot]: Math.max(needed, counts.candidate.ready) }
    : { [active]: Math.max(all, plan.replicas), [candidate.slot]: needed };
  const say = (detail: string): void => {
    tell({ type: "noted", detail });
  };
  await holdOrSay(ports.autoscalers, pods, say, signal);
}

/**
 * The active slot's pods as the measure of all traffic: those that are due. In an emergency and for a hotfix its ready ones, since what is broken may
 * never have more, and its pods that wait for a node leave none to the fix.
 */
function podsOfAllTraffic(subject: Subject, active: PodCount): number {
  return isUrgent(subject) ? active.ready : podsDue(active);
}

function isUrgent({ emergency = false, hotfix }: Subject): boolean {
  return emergency || hotfix !== undefined;
}

/**
 * Resolves when the candidate has the ready pods that a share of the traffic needs, or with what ends the release. Where ready pods are the measure
 * and the guard's last reading says that it has them nothing is asked for; what is due only a Deployment says.
 *
 * @param percent the share that it is to get
 */
export async function awaitCandidatePods(percent: number, place: Workplace): Promise<ReleaseEvent | undefined> {
  const { subject, ports, guard, signal, tell } = place;
  const { candidate, active, plan } = subject;
  const reading = isUrgent(subject) ? guard.readyPods : undefined;
  if (reading !== undefined && reading.candidate >= podsNeeded(percent, reading.active)) return undefined;
  const start = ports.clock.monotonic();
  for (let round = 0; ; round += 1) {
    const counts = await tryUntil(place, plan.deadlines.ready, () => countPods(place));
    const { ready } = counts.active;
    const due = podsOfAllTraffic(subject, counts.active);
    const needed = podsNeeded(percent, due);
    if (counts.candidate.ready >= needed) return undefined;
    const short =
      `${candidate.slot} has ${counts.candidate.ready} ready pods where ${percent} % of the traffic needs ${needed} ` +
      `(${ready} serve in ${active}${due > ready ? `, which is to have ${due}` : ""})`;
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
