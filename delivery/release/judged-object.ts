// The port to what a verdict rests on beside counts: pod templates, routes, Services, the release plan, as the API server has them.
import { createHash } from "node:crypto";
import { canonicalJson } from "../../components/workload/digest.ts";
import type { Router, Slot, Split } from "./ports.ts";

export interface JudgedState {
  /** What of it is judged, as JSON; `null` where the object does not exist. Equal contents are the same. */
  readonly content: unknown;
  /** What of it the releaser moves, as JSON. */
  readonly moved?: unknown;
  /** Who changed the object last beside the releaser, by its field managers: `kubectl-set`; `undefined` where that is not known. */
  readonly by: string | undefined;
}

export interface JudgedWatcher {
  /** How it is now, and after each change. */
  readonly onState: (state: JudgedState) => void;
  readonly onConnected: () => void;
  /** Changes are not reported until it is connected again; for each try that fails, and why. */
  readonly onDisconnected: (why: string, error: unknown) => void;
}

/** An object of the cluster that a verdict rests on. */
export interface JudgedObject {
  /** Unique; in the ledger and for users: `Deployment atom-blue`. */
  readonly name: string;
  /** The slot whose pod template it is; `release`: a change of it matters wherever the traffic is. */
  readonly of: Slot | "release";
  /** A slot that serves nobody where this is so: pods behind it that are ready change nothing. @default there is none */
  readonly cutOff?: { readonly slot: Slot; readonly by: (content: unknown) => boolean } | undefined;
  /** Reads it once. Rejects with a ClusterError other than NotFoundError. */
  read(signal: AbortSignal): Promise<JudgedState>;
  /** Watches it until the signal fires; rejects with its reason. */
  watch(watcher: JudgedWatcher, signal: AbortSignal): Promise<never>;
  /** What the releaser moves of it, as a split has it. @default it moves nothing of it */
  readonly movedFor?: ((split: Split) => unknown) | undefined;
  /** By which verb of the router. @default `shift` */
  readonly movedBy?: keyof Pick<Router, "shift" | "selectSlot"> | undefined;
}

/** By which a content is recognised: 16 hex characters. The order of keys does not matter. */
export function fingerprintOf(content: unknown): string {
  return createHash("sha256")
    .update(canonicalJson(content ?? null))
    .digest("hex")
    .slice(0, 16);
}

/** The most paths that a description names. */
const mostPaths = 4;

/**
 * In which fields two contents differ, for users: `spec.containers.atom.env.HOTPATCH (added)`. Elements of lists go by their names. No value is
 * named but that of an image: a value may be a secret.
 */
export function describeDifference(before: unknown, after: unknown): string {
  if (after === null || after === undefined) return "it was deleted";
  if (before === null || before === undefined) return "it was created";
  const paths = differences(before, after, []);
  const more = paths.length > mostPaths ? ` and ${paths.length - mostPaths} more` : "";
  return `${paths.slice(0, mostPaths).join(", ")}${more}`;
}

function differences(before: unknown, after: unknown, path: readonly string[]): readonly string[] {
  if (fingerprintOf(before) === fingerprintOf(after)) return [];
  const place = path.join(".") || "its content";
  if (before === undefined) return [`${place} (added)`];
  if (after === undefined) return [`${place} (removed)`];
  const [from, to] = [partsOf(before), partsOf(after)];
  if (from === undefined || to === undefined)
    return [path.at(-1) === "image" ? `${place} (${JSON.stringify(before)} → ${JSON.stringify(after)})` : place];
  return [...new Set([...from.keys(), ...to.keys()])].flatMap((key) =>
    differences(from.get(key), to.get(key), [...path, key]),
  );
}

/** The parts of an object or a list by their names; `undefined` for a plain value. */
function partsOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (Array.isArray(value))
    return new Map(
      value.map((part: unknown, index) => {
        const name = (part as { readonly name?: unknown } | null)?.name;
        return [typeof name === "string" ? name : String(index), part];
      }),
    );
  return typeof value === "object" && value !== null ? new Map(Object.entries(value)) : undefined;
}
