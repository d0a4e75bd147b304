// Callers inside the cluster reach a service by its own name; that Service selects one slot, and follows the weights.
import { ForbiddenError, LeaseLostError } from "../cluster/errors.ts";
import { messageOf } from "./persist.ts";
import { tryUntil, type Workplace } from "./workplace.ts";

/** How long the Service may hold up what comes next, where it is turned once more at the end, in milliseconds. */
const turnPatience = 5_000;

/**
 * Has the Service of the service's own name select the candidate's pods at 100 % and the active slot's at any other weight. Called once the weights
 * are where they are to be. Resolves with what is in the way, which was told: users are not moved because of it, but no pods are taken away.
 */
export async function turnService(
  percent: number,
  place: Workplace,
  patience = turnPatience,
): Promise<string | undefined> {
  const { subject, ports, signal, tell } = place;
  const { service } = subject.plan;
  const slot = percent === 100 ? subject.candidate.slot : subject.active;
  try {
    const turned = await tryUntil(place, patience, () => ports.router.selectSlot(slot, signal));
    if (turned)
      tell({ type: "noted", detail: `the Service ${service} selects ${slot} for callers inside the cluster` });
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof LeaseLostError) throw error;
    const granted = error instanceof ForbiddenError ? " (bring the environment up once more: it grants this)" : "";
    const problem = `the Service ${service} cannot be turned to ${slot}: ${messageOf(error)}${granted}`;
    ports.notifier.trouble(problem);
    return problem;
  }
}
