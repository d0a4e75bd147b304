import { UserError } from "../errors/user-error.ts";
import { servingRelease, type Ledger } from "../ledger/ledger.ts";
import { hasServed, type PastRelease } from "../ledger/release-record.ts";
import { slotName } from "../names/names.ts";
import { otherSlot, type SlotName } from "../names/slot-name.ts";
import type { PodTemplate } from "../workload/pod-template.ts";
import type { LiveRelease } from "./live-release.ts";
import type { SlotsPlan } from "./plan.ts";
import { replicasMark, type DesiredReplicas } from "./replicas.ts";

/** The slot that serves, by the ledger, has no Deployment, and what it ran is not kept. */
export class ActiveSlotMissingError extends UserError {
  override readonly name = "ActiveSlotMissingError";
  readonly slot: SlotName;

  constructor(service: string, slot: SlotName) {
    super(
      `The ledger says that ${slot} serves ${service}, but the Deployment ${slotName(service, slot)} does not exist.\n` +
        "Nothing was changed. What it ran is not kept in the ledger any more: restore it from a backup, and run this again.",
    );
    this.slot = slot;
  }
}

/**
 * Somebody deleted the Deployment of the slot that serves: it is made again with what it ran, by the ledger, and no version is staged. Users have
 * no answer, or are with a candidate, until it is there. Where nothing was released yet it ran what came up first, and gets what the file says.
 * Throws an {@link ActiveSlotMissingError}.
 *
 * @param frozen both slots as they are
 */
export function planMissing(
  service: string,
  { ledger, slots }: LiveRelease,
  desired: DesiredReplicas,
  frozen: SlotsPlan["slots"],
): SlotsPlan {
  const { active, current, releases } = ledger;
  const isUnreleased = current === null && releases.length === 0;
  const release = isUnreleased ? undefined : servedBy(ledger);
  if (!isUnreleased && release?.podTemplate === undefined) throw new ActiveSlotMissingError(service, active);
  const how =
    release === undefined
      ? "as the stack's file has it, since no release is on record"
      : `as release ${release.id} left it (template ${release.template})`;
  return {
    slots: {
      ...frozen,
      [active]: {
        outcome: "restored",
        template: release?.podTemplate as PodTemplate | undefined,
        replicas: Math.max(desired.count, slots[otherSlot(active)]?.replicas ?? 0),
        ignoreChanges: [],
        marks: { replicas: replicasMark(desired) },
      },
    },
    active,
    staged: undefined,
    migrate: false,
    notes: [
      `${service}: ${active}, which serves, has no Deployment: it is made again ${how}, and no version is staged. ` +
        "Run this with --refresh: only then does the engine see that it is gone.",
    ],
  };
}

/** The release of what the slot that serves runs, by the ledger. */
function servedBy(ledger: Ledger): PastRelease | undefined {
  const { current, releases } = ledger;
  if (current === null) return servingRelease(ledger);
  return releases.find((release) => hasServed(release) && release.template === current.from.template);
}
