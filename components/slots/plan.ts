import type { QuarantineEntry } from "../ledger/ledger.ts";
import { otherSlot, slotNames, type BySlot, type SlotName } from "../names/slot-name.ts";
import { whoIsLedTo } from "./idle-slot.ts";
import { planMissing } from "./missing-slot.ts";
import { nextApplied, type LiveRelease, type LiveSlot, type SlotMarks } from "./live-release.ts";
import type { PodTemplate } from "../workload/pod-template.ts";
import { planServingReplicas, replicasMark, type DesiredReplicas } from "./replicas.ts";

/** What `pulumi up` does with one slot. */
export interface SlotPlan {
  /**
   * `desired`: it gets the pod template of the configuration. `frozen`: it keeps what it runs, and the releaser and people may change
   * it; what is declared counts only where the Deployment does not exist. `retired`: it keeps its template and loses its pods. `restored`: it is gone,
   * and is made again as it was.
   */
  readonly outcome: "desired" | "frozen" | "retired" | "restored";
  /** What a slot that is restored ran. @default what the configuration says */
  readonly template?: PodTemplate | undefined;
  /** Replicas to declare. */
  readonly replicas: number;
  /** Properties of the Deployment that `pulumi up` leaves alone. */
  readonly ignoreChanges: readonly string[];
  /** What to note on the Deployment. */
  readonly marks: SlotMarks;
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
  readonly desired: {
    /** Of the desired template. */
    readonly digest: string;
    /** Of the template that the stack's file describes by itself. @default the desired one */
    readonly configured?: string | undefined;
    /** With autoscaling, the fewest. */
    readonly replicas: number;
  };
  /** Whether a HorizontalPodAutoscaler sets the replicas of a slot that runs. */
  readonly autoscaled: boolean;
  /** `undefined` is the first run. */
  readonly live: LiveRelease | undefined;
}

/** Of a Deployment, what its slot runs. */
export const frozenProperties = ["spec.template", "spec.replicas"];

/**
 * Decides what each slot gets. `pulumi up` never moves traffic, so the template of an idle slot alone may change, and only to stage a
 * version that is new, not quarantined, and not in the way of a release. The slot that serves gets the replicas of the stack's file once
 * these have changed. Throws what {@link planMissing} throws.
 */
export function planSlots({ service, desired, autoscaled, live }: SlotsPlanInput): SlotsPlan {
  const wanted: DesiredReplicas = { count: desired.replicas, autoscaled };
  if (live === undefined) return firstRun(wanted);
  const { active, current, quarantine } = live.ledger;
  const idle = otherSlot(active);
  const activeSlot = live.slots[active];
  if (activeSlot === undefined) return planMissing(service, live, wanted, frozenSlots(live));

  const serving = planServingReplicas(service, active, activeSlot, wanted, current !== null);
  const slots = { ...frozenSlots(live), [active]: { ...frozenSlot(activeSlot), ...serving.plan } };
  const unstaged = { active, staged: undefined, migrate: false };
  if (current !== null)
    return {
      ...unstaged,
      slots,
      notes: [
        `${service}: release ${current.id} is under way, so both slots are left as they are. So is its release plan. Run this again when it has ended.`,
        ...(slotNames.some((slot) => live.slots[slot]?.digest === desired.digest)
          ? []
          : [
              `${service}: the stack's file asks for template ${desired.digest}, which neither slot has; it is not staged before release ${current.id} has ended.`,
            ]),
        ...serving.notes,
      ],
    };

  const unwanted = planUnwanted(service, idle, live);
  const left = { ...unstaged, slots: { ...slots, [idle]: unwanted.plan } };
  if (activeSlot.digest === desired.digest) return { ...left, notes: [...unwanted.notes, ...serving.notes] };
  const quarantined = quarantine.find(({ template }) => template === desired.digest);
  if (quarantined !== undefined)
    return {
      ...left,
      notes: [
        `${service}: template ${desired.digest} is quarantined and not staged: release ${quarantined.release} rolled it back at ${quarantined.at} (${quarantined.reason}). ` +
          "Change the service, or lift the quarantine with a reason.",
        ...unwanted.notes,
        ...serving.notes,
      ],
    };

  const withdrawn = withdrawal(live, desired);
  if (withdrawn !== undefined)
    return {
      ...left,
      notes: [
        `${service}: the stack's file asks for template ${withdrawn.template}, which was ${withdrawn.reason} (release ${withdrawn.release}, ${withdrawn.at}); it is not staged again, and ${active} goes on serving. ` +
          `Change the service, or lift it: atom quarantine lift ${withdrawn.template} --reason "…".`,
        ...unwanted.notes,
        ...serving.notes,
      ],
    };

  const staged = isStaged(live.slots[idle], desired.digest);
  const led = whoIsLedTo(idle, service, live);
  if (!staged && led !== undefined)
    return {
      ...left,
      notes: [
        `${service}: template ${desired.digest} is not staged: ${led}, though ${active} serves, and what is staged there would reach them unjudged. ` +
          (live.weights[idle] > 0
            ? `Lead them to ${active}, or let what ${idle} runs serve by a release or a rollback, and run this again.`
            : `Run this again once it selects ${active}, as a note says where this run sees to it.`),
        ...serving.notes,
      ],
    };
  return {
    slots: { ...slots, [idle]: stagedSlot(live.slots[idle], desired.digest, wanted) },
    active,
    staged: { slot: idle, digest: desired.digest },
    migrate: true,
    notes: [
      staged
        ? `${service}: template ${desired.digest} is staged in ${idle} and waits for its release; ${active} serves.`
        : `${service}: template ${desired.digest} is staged in ${idle} at 0 % of the traffic; ${active} goes on serving ${activeSlot.digest ?? "a template without a digest"}.`,
      ...serving.notes,
    ],
  };
}

/** What users rolled back stays so while the file still asks for it, also where an image of an earlier release overrides the file's. */
function withdrawal(
  { ledger }: LiveRelease,
  { digest, configured }: SlotsPlanInput["desired"],
): QuarantineEntry | undefined {
  return ledger.withdrawn?.find(({ template }) => template === digest || template === configured);
}

function firstRun(desired: DesiredReplicas): SlotsPlan {
  const none: SlotPlan = { outcome: "desired", replicas: 0, ignoreChanges: [], marks: {} };
  return {
    slots: {
      blue: { ...none, replicas: desired.count, marks: { replicas: replicasMark(desired) } },
      green: none,
    },
    active: "blue",
    staged: undefined,
    migrate: true,
    notes: [],
  };
}

/** What is said to be staged has its pods, whatever the engine's state believes of them. */
function stagedSlot(slot: LiveSlot | undefined, digest: string, desired: DesiredReplicas): SlotPlan {
  const staged = isStaged(slot, digest);
  const asDesired = staged && (desired.autoscaled || slot?.replicas === desired.count);
  return {
    outcome: "desired",
    replicas: desired.count,
    // Once it runs, its autoscaler owns the number; before that somebody must start it, for an autoscaler leaves 0 at 0.
    ignoreChanges: staged && desired.autoscaled ? ["spec.replicas"] : [],
    marks: {
      applied: asDesired ? slot?.marks.applied : nextApplied(slot?.marks.applied),
      replicas: replicasMark(desired),
    },
  };
}

/**
 * An idle slot that nothing waits in. Pods that are ready are left as they are: an `up` takes away nothing that works. Where some are
 * not, and nobody is led to the slot, all are removed: the engine would wait for them in each `up` until its deadline.
 */
function planUnwanted(
  service: string,
  idle: SlotName,
  live: LiveRelease,
): { readonly plan: SlotPlan; readonly notes: readonly string[] } {
  const slot = live.slots[idle];
  const plan = frozenSlot(slot);
  if (slot === undefined || slot.replicas === 0) return { plan, notes: [] };
  const runs = slot.digest ?? "a template without a digest";
  // That Service is turned after the slots: without its pods callers would have none until then.
  const led = whoIsLedTo(idle, service, live);
  if (led !== undefined)
    return {
      plan,
      notes: [`${service}: nothing waits for a release, but ${idle} runs ${runs} and ${led}; it is left as it is.`],
    };
  if (slot.settled)
    return {
      plan,
      notes: [
        `${service}: nothing waits for a release; ${idle} still runs ${runs} at 0 % of the traffic, and is left as it is.`,
      ],
    };
  return {
    plan: {
      ...plan,
      outcome: "retired",
      replicas: 0,
      ignoreChanges: ["spec.template"],
      marks: { ...slot.marks, applied: nextApplied(slot.marks.applied) },
    },
    notes: [
      `${service}: nothing waits for a release, and the pods of ${runs} in ${idle} are not ready: they are removed; no weight and no Service of its name sends it requests.`,
    ],
  };
}

/** Declares what runs, so that even an `up` whose state was lost changes nothing; a slot that is not there comes without pods. */
function frozenSlots(live: LiveRelease): BySlot<SlotPlan> {
  return { blue: frozenSlot(live.slots.blue), green: frozenSlot(live.slots.green) };
}

function frozenSlot(slot: LiveSlot | undefined): SlotPlan {
  return {
    outcome: "frozen",
    replicas: slot?.replicas ?? 0,
    ignoreChanges: frozenProperties,
    marks: slot?.marks ?? {},
  };
}

function isStaged(slot: LiveSlot | undefined, digest: string): boolean {
  return slot?.digest === digest && slot.replicas > 0;
}
