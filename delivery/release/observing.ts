import { isWeightStep, type ReleasePlan } from "../../components/release-plan/release-plan.ts";
import type { Autoscalers } from "./pods.ts";
import type { Journal, ReleasePorts } from "./ports.ts";
import { untilAborted } from "./until-aborted.ts";

/** The same release with nothing moved, scaled, written or asked for: it judges what is there and says what it would have done. */
export function observing(ports: ReleasePorts): ReleasePorts {
  const nothing = (): Promise<void> => Promise.resolve();
  const journal: Journal = { append: nothing, quarantine: nothing };
  return {
    ...ports,
    router: {
      shift: nothing,
      confirm: () => Promise.resolve({ status: "unknown", detail: "observing: nothing is moved" }),
      weight: () => Promise.resolve(undefined),
      selectSlot: () => Promise.resolve(false),
    },
    slots: {
      look: (slot, signal) => ports.slots.look(slot, signal),
      // What is not moved needs no pods, and none would come.
      count: () => Promise.resolve({ ready: 1, desired: 1 }),
      scale: nothing,
    },
    autoscalers: noAutoscalers,
    guard: {
      // The release that is observed may take pods away as it should; nothing here is decided on their number.
      async *watch(watch, signal) {
        for await (const snapshot of ports.guard.watch(watch, signal)) yield { ...snapshot, podsAt: null };
      },
    },
    approval: { next: (_after, signal) => untilAborted(signal).promise },
    synthetic: null,
    journal,
  };
}

/** Where nothing is moved no pods are needed. */
export const noAutoscalers: Autoscalers = {
  hold: () => Promise.resolve([]),
  giveBack: () => Promise.resolve([]),
};

/** Nobody is asked when nothing happens. */
export function observedPlan(plan: ReleasePlan): ReleasePlan {
  return { ...plan, steps: plan.steps.filter(isWeightStep) };
}
