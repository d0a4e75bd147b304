import { labelKeys } from "../names/labels.ts";
import type { SlotName } from "../names/slot-name.ts";
import type { LiveRelease } from "./live-release.ts";
import type { SlotsPlan } from "./plan.ts";

/** Who is led to an idle slot all the same, in words; `undefined`: nobody. */
export function whoIsLedTo(
  idle: SlotName,
  service: string,
  { weights, routes }: Pick<LiveRelease, "weights" | "routes">,
): string | undefined {
  if (weights[idle] > 0) return `the route sends it ${weights[idle]} % of the traffic`;
  if (routes?.own?.selector[labelKeys.slot] === idle)
    return `the Service ${service} selects it for callers inside the cluster`;
  return undefined;
}

/**
 * Why what `up` decided of a slot is not written any more, by a look right before it is: a migration may have taken minutes since.
 * `undefined`: it still holds.
 *
 * @param plan what was decided
 * @param live what there is now
 */
export function whyNotWritten(
  slot: SlotName,
  service: string,
  plan: Pick<SlotsPlan, "active" | "staged">,
  live: LiveRelease | undefined,
): string | undefined {
  if (live === undefined) return undefined;
  const { active, current } = live.ledger;
  if (current !== null) return `release ${current.id} has begun`;
  if (active !== plan.active) return `${active} serves now, and no longer ${plan.active}`;
  // What is staged there already is not replaced.
  const isThere = plan.staged !== undefined && live.slots[slot]?.digest === plan.staged.digest;
  if (slot === active || isThere) return undefined;
  return whoIsLedTo(slot, service, live);
}
