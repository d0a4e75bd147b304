import { UserError } from "../../components/errors/user-error.ts";
import { servingRelease, type Ledger } from "../../components/ledger/ledger.ts";
import { hasServed, type PastRelease } from "../../components/ledger/release-record.ts";
import { otherSlot } from "../../components/names/slot-name.ts";
import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import type { PodTemplate } from "../cluster/resources.ts";
import { podsDue } from "./capacity.ts";
import { QuarantinedError } from "./opening.ts";
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
function placesToGo(ledger: Ledger): Ledger["releases"] {
  const serving = servingRelease(ledger)?.template;
  return ledger.releases.filter(
    (release) => hasServed(release) && release.podTemplate !== undefined && release.template !== serving,
  );
}

/**
 * The release that is gone back to. Throws a {@link NotKeptError}.
 *
 * @param id @default the last one that served before
 */
function keptRelease(ledger: Ledger, id: string | undefined): PastRelease {
  const release = placesToGo(ledger).find((each) => id === undefined || each.id === id);
  if (release === undefined) throw new NotKeptError(ledger.service, id, ledger);
  return release;
}

/**
 * The template that is gone back to; undefined where it is what served before. Throws a {@link NotKeptError}.
 *
 * @param id of a release, as `atom history` names it
 */
export function rollbackTarget(ledger: Ledger, id: string | undefined): string | undefined {
  if (id === undefined) return undefined;
  // What serves until the release under way is over is not released again: its rollback leads there.
  const named = ledger.releases.find((each) => each.id === id)?.template;
  return named !== undefined && named === ledger.current?.from.template ? named : keptRelease(ledger, id).template;
}

/** The last one that served before and that nothing speaks against, neither a verdict nor users. Throws a {@link NotKeptError}. */
export function soundRelease(ledger: Ledger): PastRelease {
  const refused = [...ledger.quarantine, ...(ledger.withdrawn ?? [])];
  const sound = placesToGo(ledger).find(({ template }) => refused.every((each) => each.template !== template));
  if (sound === undefined) throw new NotKeptError(ledger.service, undefined, ledger);
  return sound;
}

type Prepare = (tools: SessionTools, ledger: Ledger, signal: AbortSignal) => Promise<ReleasePlan>;

/**
 * A session's `prepare` that stages what a past release ran, in place of `pulumi up`: a rollback needs the cluster alone.
 *
 * @param id @default the last one that served before
 */
export function stageKept(id: string | undefined): Prepare {
  return async ({ slots, plan }, ledger, signal) => {
    await slots.stage(otherSlot(ledger.active), templateOf(keptRelease(ledger, id)), signal);
    return plan;
  };
}

/**
 * The same with all the pods that it needs to take over from what serves now, or is to serve: one that is broken may have few that are ready.
 *
 * @param id @default the last one that served before, and that neither a verdict nor users have rolled back since
 */
export function stageAtFullCapacity(id: string | undefined): Prepare {
  return async ({ slots, plan }, ledger, signal) => {
    const release = id === undefined ? soundRelease(ledger) : keptRelease(ledger, id);
    const entry = ledger.quarantine.find(({ template }) => template === release.template);
    // Before anything is changed.
    if (entry !== undefined) throw new QuarantinedError(entry, release.version);
    const pods = Math.max(plan.replicas, podsDue(await slots.count(ledger.active, signal)));
    await slots.stage(otherSlot(ledger.active), templateOf(release), signal, pods);
    return plan;
  };
}

/** It was read from a Deployment, which is where it goes back to. */
function templateOf({ podTemplate }: PastRelease): PodTemplate {
  return podTemplate as PodTemplate;
}
