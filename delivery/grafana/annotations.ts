// Marks on the time axis of every dashboard that asks for their tags: https://grafana.com/docs/grafana/latest/developers/http_api/annotations/
import { z } from "zod";
import { GrafanaError, type GrafanaClient } from "./client.ts";

/** A moment, or a stretch of time, with a text. */
export interface Annotation {
  /** All of them together must be this annotation's alone: it is found again by them. See `releaseAnnotationTags`. */
  readonly tags: readonly string[];
  readonly text: string;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  /** The end of a stretch, in milliseconds since the Unix epoch. @default it marks a moment, or what is not over */
  readonly timeEnd?: number | undefined;
}

/** An annotation that Grafana has. */
export interface KnownAnnotation extends Annotation {
  readonly id: number;
}

const known = z.looseObject({
  id: z.int(),
  tags: z.array(z.string()).nullish(),
  text: z.string(),
  time: z.int(),
  timeEnd: z.int().nullish(),
});
const added = z.looseObject({ id: z.int() });
const patched = z.looseObject({});

/** The annotation with all of these tags; undefined where there is none. The newest, if there are several. */
export async function findAnnotation(
  client: GrafanaClient,
  tags: readonly string[],
  signal: AbortSignal,
): Promise<KnownAnnotation | undefined> {
  const query = [
    ...tags.map((tag) => ["tags", tag] as const),
    ["type", "annotation"] as const,
    ["limit", "1"] as const,
  ];
  const found = await client.ask({ path: "api/annotations", query, answer: z.array(known) }, signal);
  const [first] = found ?? [];
  if (first === undefined) return undefined;
  const { id, text, time } = first;
  return { id, text, time, tags: first.tags ?? [], timeEnd: first.timeEnd ?? undefined };
}

/**
 * Has Grafana show this annotation: makes it, or changes the one with the same tags. To call it again does nothing, so a call whose answer
 * was lost can be repeated. For one caller at a time. Throws a GrafanaError, or the signal's reason.
 */
export async function annotate(
  client: GrafanaClient,
  annotation: Annotation,
  signal: AbortSignal,
): Promise<"created" | "updated" | "unchanged"> {
  const { text, time, timeEnd } = annotation;
  const tags = [...annotation.tags];
  const earlier = await findAnnotation(client, tags, signal);
  const body = { tags, text, time, ...(timeEnd === undefined ? {} : { timeEnd }) };
  if (earlier === undefined) {
    await told(client.ask({ method: "POST", path: "api/annotations", body, answer: added }, signal));
    return "created";
  }
  // Grafana gives a moment an end, which is its begin.
  if (earlier.text === text && earlier.time === time && (earlier.timeEnd ?? time) === (timeEnd ?? time))
    return "unchanged";
  const path = `api/annotations/${earlier.id}`;
  await told(client.ask({ method: "PATCH", path, body, answer: patched }, signal));
  return "updated";
}

async function told(answer: Promise<unknown>): Promise<void> {
  if ((await answer) === undefined)
    throw new GrafanaError("refused", "Grafana has no annotations at this address", 404);
}
