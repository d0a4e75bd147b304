import { z } from "zod";
import { depthOf } from "../json/json.ts";
import type { Json, SmokeStep } from "../smoke-steps/smoke-step.ts";

const deepest = 64;

/** What a text of JSON can hold, and no deeper than what is done with it can follow. */
function isReadable(value: unknown): boolean {
  return depthOf(value, deepest + 1) <= deepest && z.json().safeParse(value).success;
}

/** A smoke step as it is written into a plan. */
export const smokeStepSchema: z.ZodType<SmokeStep, SmokeStep> = z.strictObject({
  name: z.string().min(1),
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]),
  path: z.string().startsWith("/"),
  body: z.custom<Json>(isReadable, "it must be JSON, nested at most 64 levels deep").exactOptional(),
  auth: z.boolean().exactOptional(),
  expect: z
    .strictObject({
      status: z.int().min(100).max(599).exactOptional(),
      bodyHas: z.array(z.string().min(1)).exactOptional(),
    })
    .exactOptional(),
  take: z.strictObject({ token: z.string().min(1) }).exactOptional(),
  repeatable: z.boolean().exactOptional(),
});
