/** How many pods each slot runs, and the share of requests that the candidate gets by it. */
export interface ReplicaCounts {
  readonly active: number;
  readonly candidate: number;
  /** The candidate's share of the pods in percent, which is its share of new connections. */
  readonly percent: number;
}

/**
 * Pods for a share of the traffic. The active slot always keeps all of its pods, so that the way back needs no start of a pod; so
 * the candidate gets pods beside them, from one up to as many. Of two numbers that are equally near, the smaller. The nearest share
 * may be far from the wanted one (with 3 pods 10 % become 25 %), and over 50 % there are only 50 and 100.
 *
 * @param replicas pods of a slot that serves; at least 1
 * @throws RangeError unless `percent` is from 0 to 100 and `replicas` a whole number from 1 on
 */
export function replicaCounts(percent: number, replicas: number): ReplicaCounts {
  if (!(percent >= 0 && percent <= 100)) throw new RangeError(`a share is from 0 to 100 percent, not ${percent}`);
  if (!Number.isInteger(replicas) || replicas < 1)
    throw new RangeError(`a slot that serves has a whole number of pods, not ${replicas}`);
  // All or nothing is the selector's doing; the pods of both slots stay.
  if (percent === 0 || percent === 100) return { active: replicas, candidate: replicas, percent };
  let best = shareOf(1, replicas);
  for (let candidate = 2; candidate <= replicas; candidate += 1) {
    const counts = shareOf(candidate, replicas);
    if (Math.abs(counts.percent - percent) < Math.abs(best.percent - percent)) best = counts;
  }
  return best;
}

function shareOf(candidate: number, active: number): ReplicaCounts {
  return { active, candidate, percent: (100 * candidate) / (candidate + active) };
}
