import { setTimeout as delay } from "node:timers/promises";
import { isNotFound } from "../api-client.ts";
import { timeoutFor } from "../await/kinds.ts";
import { pauses } from "../await/wait.ts";
import { fromOutputs } from "../checkpoint.ts";
import { referenceTo, type ObjectReference } from "../cluster.ts";
import { UnknownKindError } from "../discovery.ts";
import { asObject, asObjects, asString, type Json, type JsonObject } from "../json.ts";
import { annotationOf, annotations, describe, metadataOf } from "../kubernetes-object.ts";
import type { Context } from "./context.ts";

export interface DeleteRequest {
  readonly urn: string;
  readonly olds: JsonObject;
  /** `customTimeouts` of the resource; 0 when there is none. */
  readonly timeoutSeconds: number;
}

/** Kinds for which `pulumi.com/skipAwait` also means not to wait for the end; the official provider has it so. */
const SKIP_AWAIT_KINDS = new Set([
  "Namespace",
  "Pod",
  "ReplicationController",
  "DaemonSet",
  "Deployment",
  "StatefulSet",
  "Job",
]);

/** Foreground: the object goes after what it owns, so that "deleted" means that its pods are gone too. */
function propagationOf(inputs: JsonObject): string {
  const policy = annotationOf(inputs, annotations.deletionPropagation).toLowerCase();
  if (policy === "orphan") return "Orphan";
  return policy === "background" ? "Background" : "Foreground";
}

function isGone(error: unknown): boolean {
  return isNotFound(error) || error instanceof UnknownKindError;
}

/** What holds up a deletion: the conditions of a namespace say it, finalizers hint at it. */
function obstacles(live: JsonObject): string {
  const conditions = asObjects(asObject(live.status).conditions)
    .filter(({ type, status }) => status === "True" && asString(type).startsWith("Namespace"))
    .map(({ message }) => asString(message));
  const finalizers = metadataOf(live).finalizers;
  const held = Array.isArray(finalizers) && finalizers.length > 0 ? [`finalizers ${JSON.stringify(finalizers)}`] : [];
  return [...conditions, ...held].join("; ");
}

async function waitUntilGone(
  context: Context,
  {
    urn,
    reference,
    uid,
    timeoutMs,
  }: { urn: string; reference: ObjectReference; uid: Json | undefined; timeoutMs: number },
): Promise<void> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const ended = AbortSignal.any([context.signal, deadline]);
  let last = "";
  try {
    for (const pause of pauses()) {
      const live = await context.cluster.get(reference, ended);
      if (metadataOf(live).uid !== uid) return;
      const obstacle = obstacles(live);
      if (obstacle !== last) void context.log.status(urn, `waiting for the deletion; ${obstacle}`);
      last = obstacle;
      await delay(pause, undefined, { signal: ended });
    }
  } catch (error) {
    if (isGone(error)) return;
    if (!ended.aborted) throw error;
    const how = context.signal.aborted ? "was cancelled" : `took longer than ${timeoutMs / 1000} s`;
    throw new Error(`the deletion ${how}; ${last}`, { cause: error });
  } finally {
    await context.log.status(urn, "");
  }
}

/** Deletes the object and waits until it is gone. One that is gone already is fine. */
export async function remove(context: Context, { urn, olds, timeoutSeconds }: DeleteRequest): Promise<void> {
  const { inputs, live } = fromOutputs(olds);
  const reference = referenceTo(live);
  try {
    const { uid } = metadataOf(await context.cluster.get(reference));
    await context.cluster.delete(reference, propagationOf(inputs));
    if (annotationOf(inputs, annotations.skipAwait) === "true" && SKIP_AWAIT_KINDS.has(reference.kind)) return;
    await waitUntilGone(context, { urn, reference, uid, timeoutMs: timeoutFor(inputs, timeoutSeconds) });
  } catch (error) {
    if (isGone(error)) return;
    throw error instanceof Error ? new Error(`${describe(live)}: ${error.message}`, { cause: error }) : error;
  }
}
