import { UserError } from "../errors/user-error.ts";
import { slotName } from "../names/names.ts";
import { otherSlot, type BySlot, type SlotName } from "../names/slot-name.ts";
import type { LiveRelease, LiveSlot } from "./live-release.ts";

/** What `pulumi up` does with one slot. */
export interface SlotPlan {
  /**
   * `desired`: it gets the pod template of the configuration. `frozen`: it keeps what it runs, and the releaser and people may change
   * it; what is declared counts only where the Deployment does not exist.
   */
  readonly outcome: "desired" | "frozen";
  /** Replicas to declare. */
  readonly replicas: number;
  /** Properties of the Deployment that `pulumi up` leaves alone. */
  readonly ignoreChanges: readonly string[];
}

/** What `pulumi up` does with both slots of a service. */
export interface SlotsPlan {
  readonly slots: BySlot<SlotPlan>;
  /** The slot that serves. */
  readonly active: SlotName;
  /** The slot that holds, or is about to get, a version that waits for its release. */
  readonly staged: { readonly slot: SlotName; readonly digest: string } | undefined;
  /** Whether the migrations of the desired template belong to this run. */
  readonly migrate: boolean;
  /** Sentences for the preview: what happens, or why nothing does. */
  readonly notes: readonly string[];
}

export interface SlotsPlanInput {
  readonly service: string;
  /** Digest of the desired template, and the replicas (with autoscaling: the fewest) that it is to run with. */
  readonly desired: { readonly digest: string; readonly replicas: number };
  /** Whether a HorizontalPodAutoscaler sets the replicas of a slot that runs. */
  readonly autoscaled: boolean;
  /** `undefined` is the first run. */
  readonly live: LiveRelease | undefined;
}

/** The slot that serves, by the ledger, has no Deployment. */
export class ActiveSlotMissingError extends UserError {
  override readonly name = "ActiveSlotMissingError";
  readonly slot: SlotName;

  constructor(service: string, slot: SlotName) {
    super(
      `The ledger says that ${slot} serves ${service}, but the Deployment ${slotName(service, slot)} does not exist.\n` +
        "Nothing was changed. Restore the Deployment, or move the traffic to the other slot by a rollback, and try again.",
    );
    this.slot = slot;
  }
}

const frozenProperties = ["spec.template", "spec.replicas"];

/**
 * Decides what each slot gets. `pulumi up` never moves traffic, so only an idle slot may change, and only to stage a version that is
 * new, not quarantined, and not in the way of a release. Throws an {@link ActiveSlotMissingError}.
 */
export function planSlots({ service, desired, autoscaled, live }: SlotsPlanInput): SlotsPlan {
  if (live === undefined) return firstRun(desired);
  const { active, current, quarantine } = live.ledger;
  const idle = otherSlot(active);
  const activeSlot = live.slots[active];
  if (activeSlot === undefined) throw new ActiveSlotMissingError(service, active);

  if (current !== null)
    return frozen(live, [
      `${service}: release ${current.id} is under way, so both slots are left as they are. Run this again when it has ended.`,
    ]);
  if (activeSlot.digest === desired.digest) return frozen(live, notesOnIdle(service, idle, live.slots[idle]));
  const quarantined = quarantine.find(({ template }) => template === desired.digest);
  if (quarantined !== undefined)
    return frozen(live, [
      `${service}: template ${desired.digest} is quarantined and not staged: release ${quarantined.release} rolled it back at ${quarantined.at} (${quarantined.reason}). ` +
        "Change the service, or lift the quarantine with a reason.",
    ]);

  const staged = isStaged(live.slots[idle], desired.digest);
  return {
    slots: {
      ...frozenSlots(live),
      [idle]: {
        outcome: "desired",
        replicas: desired.replicas,
        // Once it runs, its autoscaler owns the number; before that somebody must start it, for an autoscaler leaves 0 at 0.
        ignoreChanges: staged && autoscaled ? ["spec.replicas"] : [],
      },
    },
    active,
    staged: { slot: idle, digest: desired.digest },
    migrate: true,
    notes: [
      staged
        ? `${service}: template ${desired.digest} is staged in ${idle} and waits for its release; ${active} serves.`
        : `${service}: template ${desired.digest} is staged in ${idle} at 0 % of the traffic; ${active} goes on serving ${activeSlot.digest ?? "a template without a digest"}.`,
    ],
  };
}

/** A candidate whose change was taken back keeps its pods, because an idle slot with nothing pending is left alone. */
function notesOnIdle(service: string, idle: SlotName, slot: LiveSlot | undefined): string[] {
  if (slot === undefined || slot.replicas === 0) return [];
  return [
    `${service}: nothing waits for a release; ${idle} still runs ${slot.digest ?? "a template without a digest"} at 0 % of the traffic, and is left as it is.`,
  ];
}

function firstRun(desired: SlotsPlanInput["desired"]): SlotsPlan {
  return {
    slots: {
      blue: { outcome: "desired", replicas: desired.replicas, ignoreChanges: [] },
      green: { outcome: "desired", replicas: 0, ignoreChanges: [] },
    },
    active: "blue",
    staged: undefined,
    migrate: true,
    notes: [],
  };
}

function frozen(live: LiveRelease, notes: readonly string[]): SlotsPlan {
  return { slots: frozenSlots(live), active: live.ledger.active, staged: undefined, migrate: false, notes };
}

/** Declares what runs, so that even an `up` whose state was lost changes nothing; a slot that is not there comes without pods. */
function frozenSlots(live: LiveRelease): BySlot<SlotPlan> {
  const plan = (slot: LiveSlot | undefined): SlotPlan => ({
    outcome: "frozen",
    replicas: slot?.replicas ?? 0,
    ignoreChanges: frozenProperties,
  });
  return { blue: plan(live.slots.blue), green: plan(live.slots.green) };
}

function isStaged(slot: LiveSlot | undefined, digest: string): boolean {
  return slot?.digest === digest && slot.replicas > 0;
}
