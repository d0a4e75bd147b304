// How many ready pods a share of the traffic needs, and what a slot with fewer of them can carry. Pure.
import type { PodCount } from "./ports.ts";

/** Ready pods of both slots. */
export interface ReadyPods {
  readonly active: number;
  readonly candidate: number;
}

/**
 * Pods are planned with some of their capacity to spare (an autoscaler's target is 70 to 80 %), so a slot that carries most of the traffic
 * carries a quarter more of it as well.
 */
const headroom = 1.25;

/**
 * Pods that a slot's load asks for: those that it is to have, ready or not, since an autoscaler asked for them; and not fewer than are ready,
 * since those that are on their way out serve until they are gone.
 */
export function podsDue({ ready, desired }: PodCount): number {
  return Math.max(ready, desired);
}

/**
 * Ready pods that a slot needs for a share of the traffic: that share of the pods that all of it takes, rounded up, and at least one.
 *
 * @param percent of the traffic, 0 to 100
 * @param all pods for all of the traffic: the other slot's, either those that are due ({@link podsDue}) or those that are ready
 */
export function podsNeeded(percent: number, all: number): number {
  return percent === 0 ? 0 : Math.max(1, Math.ceil((percent * all) / 100));
}

/**
 * The candidate's share while its traffic is to go to the active slot: 0 as soon as that can carry everything. Until then the active slot
 * gets what its ready pods carry, and the candidate never more than it has, unless it alone has ready pods: a version that answers some
 * requests is better than no pods.
 *
 * @param from the candidate's share when the rollback began, in percent; 0 where no user was on it, who must not get there now
 * @param current its share now
 */
export function shareOnRollback({ active, candidate }: ReadyPods, from: number, current: number): number {
  if (from === 0 || candidate === 0 || active >= podsNeeded(100, candidate)) return 0;
  if (active === 0) return 100;
  const byPods = Math.floor((100 * active) / candidate);
  const byLoad = Math.floor((100 - from) * headroom);
  return Math.min(current, 100 - Math.min(100, Math.max(byPods, byLoad)));
}
