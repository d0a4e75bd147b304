import type { SlotName } from "../names/slot-name.ts";
import { nextApplied, type LiveSlot } from "./live-release.ts";
import type { SlotPlan } from "./plan.ts";

/** What the stack's file says about the replicas of a slot that serves. */
export interface DesiredReplicas {
  /** With autoscaling, the fewest. */
  readonly count: number;
  readonly autoscaled: boolean;
}

/** What the file says, in the form in which it is noted on a Deployment. */
export function replicasMark({ count, autoscaled }: DesiredReplicas): string {
  return autoscaled ? "autoscaled" : String(count);
}

export interface ServingReplicas {
  /** How the plan of the serving slot differs from that of a frozen one. */
  readonly plan: Partial<SlotPlan>;
  readonly notes: readonly string[];
}

/**
 * The replicas of the slot that serves. A number that has changed in the stack's file is applied; one that was set by hand, against a file
 * that did not change, is left, because it may be what carries the load. An autoscaler owns the number of a slot that runs at all, and the
 * releaser during a release. Whatever the file says and the slot does not have is noted.
 */
export function planServingReplicas(
  service: string,
  active: SlotName,
  slot: LiveSlot,
  desired: DesiredReplicas,
  releasing: boolean,
): ServingReplicas {
  const mark = replicasMark(desired);
  const known = slot.marks.replicas;
  const differs = desired.autoscaled ? slot.replicas === 0 : slot.replicas !== desired.count;
  if (releasing) {
    if (!differs || known === mark) return { plan: {}, notes: [] };
    return {
      plan: {},
      notes: [
        `${service}: ${active} keeps its ${replicas(slot.replicas)} until then; the stack's file says ${desired.count}.`,
      ],
    };
  }
  const marks = { ...slot.marks, replicas: mark };
  if (!differs) return { plan: { marks }, notes: [] };
  if (setByHand(slot, desired))
    return {
      plan: { marks },
      notes: [
        `${service}: ${active} serves with ${replicas(slot.replicas)}, and not with the ${desired.count} of the stack's file: it was scaled outside Pulumi, and is left as it is. ` +
          "Scale it back, or put the number into the file.",
      ],
    };
  return {
    plan: {
      replicas: desired.count,
      ignoreChanges: ["spec.template"],
      marks: { ...marks, applied: nextApplied(slot.marks.applied) },
    },
    notes: [
      `${service}: ${active}, which serves, gets ${replicas(desired.count)} in place of ${slot.replicas}, as the stack's file says.`,
    ],
  };
}

/** Where nothing was noted yet, more than the file says is taken for a person's doing. No pods at all are nobody's intention. */
function setByHand({ replicas, marks }: LiveSlot, desired: DesiredReplicas): boolean {
  if (replicas === 0) return false;
  return marks.replicas === undefined ? replicas > desired.count : marks.replicas === replicasMark(desired);
}

function replicas(count: number): string {
  return `${count} ${count === 1 ? "replica" : "replicas"}`;
}
