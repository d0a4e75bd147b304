/** How often pods are read, so that the API server sees a bounded number of requests. */
export interface ReadSchedule {
  /** Time from one round of reads to the next, in milliseconds. */
  readonly intervalMs: number;
  /** Time from one look at the list of pods to the next, in milliseconds. */
  readonly listIntervalMs: number;
}

/** Four rounds a second: half an interval is what reading adds to the time until a fault is seen. */
export const shortestIntervalMs = 250;
/** On the API server, lists and reads together. */
export const requestsPerSecond = 20;
const listsPerSecond = 1;

/**
 * The schedule for a number of pods: a round every `everyMs`, or as many as `limit` requests a second allow when there are many
 * pods. A fault is seen at most `intervalMs` (plus the answer's time) after the request that shows it.
 *
 * @param everyMs milliseconds @default 250
 * @param limit requests a second, above 1 @default 20
 */
export function readSchedule(pods: number, everyMs = shortestIntervalMs, limit = requestsPerSecond): ReadSchedule {
  const needed = Math.ceil((pods * 1000) / (limit - listsPerSecond));
  return { intervalMs: Math.max(everyMs, needed), listIntervalMs: 1000 / listsPerSecond };
}
