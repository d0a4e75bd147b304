import { releasePlanKey, releasePlanName, releasePlanSchema } from "../../components/release-plan/release-plan.ts";
import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import type { StackChanges } from "../engine-events/changes.ts";
import { readEvents, type EngineEvent } from "../engine-events/event.ts";
import { changesOf, partsOfUrn } from "../engine-events/parse.ts";
import { scrubbedChanges } from "../engine-events/scrub.ts";

/** What a change would do to one stack. */
export interface StackPreview {
  readonly stack: string;
  readonly changes: StackChanges;
  /** How its services are to be released, as the change declares it; those that could be read. */
  readonly plans: readonly ReleasePlan[];
  /** The end of what the preview printed, where it failed and its events do not say why. @default nothing is known beyond the events */
  readonly lastLines?: string;
}

export interface PreviewSource {
  /** Counts where the events name no stack: the engine did not come to its first resource. */
  readonly stack: string;
  /** The engine's events, JSON on each line. */
  readonly events: string;
  /** Names the events in messages. */
  readonly source: string;
  readonly lastLines?: string;
  /** Takes secrets out of a text. */
  readonly scrub: (text: string) => string;
}

/** Reads a preview from the engine's events. Nothing unscrubbed is in it. Throws an EngineEventsError. */
export function readPreview({ stack, events: text, source, lastLines, scrub }: PreviewSource): StackPreview {
  const events = readEvents(text, source);
  const changes = scrubbedChanges(changesOf(events), scrub);
  return {
    stack: changes.stack ?? stack,
    changes,
    plans: plansIn(events),
    ...(lastLines === undefined ? {} : { lastLines: scrub(lastLines) }),
  };
}

/** The release plans among the resources as they will be, whether they change or not. */
function plansIn(events: readonly EngineEvent[]): readonly ReleasePlan[] {
  const plans = events.flatMap(({ resOutputsEvent }) => {
    const data = resOutputsEvent?.metadata.new?.inputs?.data;
    if (resOutputsEvent === undefined || typeof data !== "object" || data === null || Array.isArray(data)) return [];
    const plan = releasePlanSchema.safeParse(jsonOf(data[releasePlanKey]));
    const { name } = partsOfUrn(resOutputsEvent.metadata.urn);
    return plan.success && name === releasePlanName(plan.data.service) ? [plan.data] : [];
  });
  return [...new Map(plans.map((plan) => [plan.service, plan])).values()];
}

/** Undefined for what is no JSON, as a text that is not known yet. */
function jsonOf(text: unknown): unknown {
  try {
    return typeof text === "string" ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}
