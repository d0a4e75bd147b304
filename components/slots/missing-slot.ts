import { UserError } from "../errors/user-error.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { hasServed, type PastRelease } from "../ledger/release-record.ts";
import { slotName } from "../names/names.ts";
import { otherSlot, type SlotName } from "../names/slot-name.ts";
import type { PodTemplate } from "../workload/pod-template.ts";
import type { LiveRelease } from "./live-release.ts";
import type { SlotsPlan } from "./plan.ts";
import { replicasMark, type DesiredReplicas } from "./replicas.ts";

/** The slot that serves, by the ledger, has no Deployment, and what it ran is not on record. */
export class ActiveSlotMissingError extends UserError {
  override readonly name = "ActiveSlotMissingError";
  readonly slot: SlotName;

  constructor(service: string, slot: SlotName) {
    super(
      `The ledger says that ${slot} serves ${service}, but the Deployment ${slotName(service, slot)} does not exist.\n` +
        "Nothing was changed. No release is on record from which it could be made again: restore it from a backup, and run this again.",
    );
    this.slot = slot;
  }
}

/**
 * Somebody deleted the Deployment of the slot that serves: it is made again with what it ran, by the ledger, and nothing else is changed. Users
 * have no answer, or are with a candidate until it is there. Throws an {@link ActiveSlotMissingError}.
 *
 * @param frozen both slots as they are
 */
export function planMissing(
  service: string,
  { ledger, slots }: LiveRelease,
  desired: DesiredReplicas,
  frozen: SlotsPlan["slots"],
): SlotsPlan {
  const { active } = ledger;
  const release = servedBy(ledger);
  if (release?.podTemplate === undefined) throw new ActiveSlotMissingError(service, active);
  return {
    slots: {
      ...frozen,
      [active]: {
        outcome: "restored",
        template: release.podTemplate as unknown as PodTemplate,
        replicas: Math.max(desired.count, slots[otherSlot(active)]?.replicas ?? 0),
        ignoreChanges: [],
        marks: { replicas: replicasMark(desired) },
      },
    },
    active,
    staged: undefined,
    migrate: false,
    notes: [
      `${service}: ${active}, which serves, has no Deployment: it is made again as release ${release.id} left it (template ${release.template}), and nothing else is done. ` +
        "Run this with --refresh: only then does the engine see that it is gone.",
    ],
  };
}

/** What the slot that serves runs by the ledger, the newest first. */
function servedBy({ current, releases, active }: Ledger): PastRelease | undefined {
  const isIt = ({ slot, template }: PastRelease): boolean =>
    current === null ? slot === active : template === current.from.template;
  return releases.find((release) => hasServed(release) && isIt(release));
}
