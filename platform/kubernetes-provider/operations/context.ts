import { NotReadyError } from "../await/readiness.ts";
import { waitUntilReady } from "../await/wait.ts";
import { readinessCheckFor, timeoutFor } from "../await/kinds.ts";
import { toOutputs, type Checkpoint } from "../checkpoint.ts";
import type { Cluster } from "../cluster.ts";
import type { EngineLog } from "../engine-log.ts";
import type { JsonObject } from "../json.ts";
import { annotationOf, annotations } from "../kubernetes-object.ts";
import type { Settings } from "../settings.ts";

/** What every operation works with. */
export interface Context {
  readonly cluster: Cluster;
  readonly settings: Settings;
  readonly log: EngineLog;
  /** Aborted when the person cancels the update. */
  readonly signal: AbortSignal;
}

/** The object exists and Pulumi must remember it, although it did not become ready. */
export class InitializationError extends Error {
  override readonly name = "InitializationError";
  readonly id: string;
  readonly outputs: JsonObject;
  readonly inputs: JsonObject | undefined;
  /** Each a line for the person who reads the output. */
  readonly reasons: readonly string[];

  constructor(
    id: string,
    cause: NotReadyError,
    state: { readonly outputs: JsonObject; readonly inputs?: JsonObject | undefined },
  ) {
    super(cause.message, { cause });
    this.id = id;
    this.outputs = state.outputs;
    this.inputs = state.inputs;
    this.reasons = [cause.message, ...cause.problems];
  }
}

/** A force that the inputs or the provider ask for: take fields that other managers own. */
export function forcesConflicts(inputs: JsonObject, settings: Settings): boolean {
  return settings.patchForce || annotationOf(inputs, annotations.patchForce) === "true";
}

export interface Awaited {
  readonly urn: string;
  readonly id: string;
  readonly inputs: JsonObject;
  /** The inputs as the engine sent them, with their secret marks. */
  readonly marked: JsonObject;
  /** The object as the API server accepted it. */
  readonly live: JsonObject;
  readonly timeoutSeconds: number;
  readonly checkpoint: Pick<Checkpoint, "fieldManager" | "initialApiVersion">;
}

/** Waits until the object is ready and returns the outputs to keep. Throws an {@link InitializationError} that carries them. */
export async function awaitOutputs(context: Context, awaited: Awaited): Promise<JsonObject> {
  const { urn, id, inputs, marked, live, timeoutSeconds, checkpoint } = awaited;
  const outputsOf = (seen: JsonObject): JsonObject => toOutputs({ ...checkpoint, inputs, live: seen }, marked);
  const check = readinessCheckFor(inputs);
  if (check === undefined) return outputsOf(live);
  try {
    const ready = await waitUntilReady(context.cluster, live, check, {
      timeoutMs: timeoutFor(inputs, timeoutSeconds),
      signal: context.signal,
      onProgress: (message) => void context.log.status(urn, message),
    });
    return outputsOf(ready);
  } catch (error) {
    if (!(error instanceof NotReadyError)) throw error;
    throw new InitializationError(id, error, { outputs: outputsOf(error.live) });
  } finally {
    await context.log.status(urn, "");
  }
}
