import { textOf, valueOf, type Value } from "./expressions.ts";
import type { JobPart } from "./workflow-file.ts";

type Contexts = Readonly<Record<string, Value>>;

/** The values of each instance of a job. */
export function combinations(job: JobPart, contexts: Contexts): readonly Contexts[] {
  const strategy = valueOf(job.keys.find("strategy"), { contexts }) as { readonly matrix?: Contexts } | null;
  return Object.entries(strategy?.matrix ?? {}).reduce<readonly Contexts[]>(
    (all, [key, values]) =>
      all.flatMap((each) => (values as readonly Value[]).map((value) => ({ ...each, [key]: value }))),
    [{}],
  );
}

/** The environment that a job is for. */
export function environmentOf(job: JobPart, contexts: Contexts): string | undefined {
  const value = valueOf(job.keys.find("environment"), { contexts });
  if (value === null) return undefined;
  return typeof value === "string" ? value : textOf((value as Contexts).name);
}

/** The time after which GitHub cancels a job. Throws where it is left to GitHub, which waits for six hours. */
export function minutesOf(job: JobPart, contexts: Contexts): number {
  const minutes = valueOf(job.keys.find("timeout-minutes"), { contexts });
  if (typeof minutes !== "number") throw new Error(`the job ${job.id} has no timeout-minutes`);
  return minutes;
}
