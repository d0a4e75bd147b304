import { UserError } from "../../components/errors/user-error.ts";
import type { Ledger } from "../../components/ledger/ledger.ts";
import { otherSlot } from "../../components/names/slot-name.ts";
import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import type { SessionTools } from "./session.ts";

/** The release cannot be gone back to. */
export class NotKeptError extends UserError {
  override readonly name = "NotKeptError";

  constructor(service: string, id: string | undefined, ledger: Ledger) {
    const places = placesToGo(ledger).map((release) => `${release.id} (${release.version})`);
    super(
      `${id === undefined ? `There is no earlier release of ${service}` : `Release ${id} of ${service} is not kept`}, so there is no way back to it ` +
        `(there is: ${places.join(", ") || "none"}).\nRelease the version anew: put its image into the stack's configuration.`,
    );
  }
}

/** Past releases that can be staged again, the newest first: they served, do not serve now, and their template is kept. */
export function placesToGo({ releases, active }: Ledger): Ledger["releases"] {
  const served = releases.filter(({ outcome }) => outcome === "released" || outcome === "baseline");
  const serving = served.find(({ slot }) => slot === active)?.template;
  return served.filter(({ podTemplate, template }) => podTemplate !== undefined && template !== serving);
}

/**
 * A session's `prepare` that stages what a past release ran, in place of `pulumi up`: a rollback needs the cluster alone.
 *
 * @param id @default the last one that served before
 */
export function stageKept(
  id: string | undefined,
): (tools: SessionTools, ledger: Ledger, signal: AbortSignal) => Promise<ReleasePlan> {
  return async ({ slots, plan }, ledger, signal) => {
    const release = placesToGo(ledger).find((each) => id === undefined || each.id === id);
    if (release?.podTemplate === undefined) throw new NotKeptError(plan.service, id, ledger);
    // It was read from a Deployment, which is where it goes back to.
    const template = release.podTemplate as Parameters<typeof slots.stage>[1];
    await slots.stage(otherSlot(ledger.active), template, signal);
    return plan;
  };
}
