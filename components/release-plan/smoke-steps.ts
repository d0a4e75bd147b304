import { z } from "zod";
import type { SmokeStep } from "../smoke-steps/smoke-step.ts";

/** A smoke step as it is written into a plan. */
export const smokeStepSchema: z.ZodType<SmokeStep, SmokeStep> = z.strictObject({
  name: z.string().min(1),
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]),
  path: z.string().startsWith("/"),
  body: z.json().exactOptional(),
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
