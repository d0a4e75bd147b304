import { z } from "zod";
import { UserError } from "../../components/errors/user-error.ts";

/** What was given as the engine's events are none. */
export class EngineEventsError extends UserError {
  override readonly name = "EngineEventsError";
}

const properties = z.record(z.string(), z.json()).nullish();

const state = z.looseObject({
  urn: z.string(),
  type: z.string(),
  custom: z.boolean().default(false),
  parent: z.string().default(""),
  protect: z.boolean().default(false),
  retainOnDelete: z.boolean().default(false),
  inputs: properties,
  outputs: properties,
});

const metadata = z.looseObject({
  op: z.string(),
  urn: z.string(),
  type: z.string(),
  old: state.nullish(),
  new: state.nullish(),
  diffs: z.array(z.string()).nullish(),
  detailedDiff: z.record(z.string(), z.looseObject({ diffKind: z.string(), inputDiff: z.boolean() })).nullish(),
});

const step = z.looseObject({ metadata });

/** The parts of an event that are read. https://www.pulumi.com/docs/reference/automation-api: `apitype.EngineEvent`. */
const event = z.looseObject({
  resourcePreEvent: step.optional(),
  resOutputsEvent: step.optional(),
  resOpFailedEvent: step.optional(),
  diagnosticEvent: z
    .looseObject({
      urn: z.string().default(""),
      message: z.string(),
      severity: z.string(),
      ephemeral: z.boolean().default(false),
    })
    .optional(),
  policyEvent: z
    .looseObject({
      resourceUrn: z.string().default(""),
      message: z.string(),
      policyName: z.string(),
      policyPackName: z.string(),
      enforcementLevel: z.string(),
    })
    .optional(),
  summaryEvent: z.looseObject({ durationSeconds: z.number().default(0), result: z.string().optional() }).optional(),
});

export type EngineEvent = z.output<typeof event>;
export type StepMetadata = z.output<typeof metadata>;
export type ResourceState = z.output<typeof state>;

/**
 * Reads events as `pulumi preview --json` and `--event-log` write them: JSON, one on each line. A last line that was cut off is left out, for
 * the engine may have been killed. Throws an {@link EngineEventsError}.
 *
 * @param source names them in messages, e.g. a file
 */
export function readEvents(text: string, source: string): readonly EngineEvent[] {
  const lines = text.split("\n");
  return lines.flatMap((line, index) => {
    if (line.trim() === "") return [];
    const read = event.safeParse(jsonOf(line));
    if (read.success) return [read.data];
    if (index === lines.length - 1) return [];
    throw new EngineEventsError(
      `${source}, line ${index + 1} is no event of Pulumi's engine: ${z.prettifyError(read.error)}`,
      { cause: read.error },
    );
  });
}

/** Undefined for what is no JSON. */
function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
