import type { RecordedSmoke } from "./evidence.ts";
import type { Line } from "./story.ts";

/** One run of the smoke test. */
export interface SmokeStory {
  readonly since: number;
  /** Through the x-canary header at 0 %, or as any user at 100 %. */
  readonly through: "candidate" | "public";
  readonly passed: boolean;
  readonly detail: string;
  readonly durationSeconds: number | undefined;
  /** Empty where the evidence is gone. */
  readonly steps: readonly {
    readonly name: string;
    readonly passed: boolean;
    readonly durationSeconds: number;
    readonly detail: string | undefined;
  }[];
}

/** The smoke test that a line tells of. */
export function smokeOf({ event, since, detail, before, phase, evidence }: Line): readonly SmokeStory[] {
  const result: RecordedSmoke | undefined = evidence.smoke;
  if (result === undefined && event !== "smoke-passed") return [];
  const isPublic = before === "smoking-public" || (before === undefined && phase === "soaking");
  const steps = (result?.steps ?? []).map(({ name, passed, duration, detail: how }) => {
    return { name, passed, durationSeconds: duration / 1000, detail: how };
  });
  return [
    {
      since,
      through: isPublic ? "public" : "candidate",
      passed: event === "smoke-passed",
      detail,
      durationSeconds: result && result.duration / 1000,
      steps,
    },
  ];
}
