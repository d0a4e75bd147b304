import { z } from "zod";

const multipliers = {
  "": 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
} as const;

const cpuPattern = /^(\d{1,6}(?:\.\d{1,3})?)(m?)$/;
const bytesPattern = /^(\d{1,12}(?:\.\d{1,3})?)(Ki|Mi|Gi|Ti|k|M|G|T|)$/;

/** CPU in Kubernetes' notation: `250m`, `2`. */
export const cpu = quantity(cpuPattern, "allowed: CPUs above 0, such as 250m or 2");

/** Bytes in Kubernetes' notation: `512Mi`, `2Gi`. */
export const bytes = quantity(bytesPattern, "allowed: bytes above 0 with a unit, such as 512Mi or 2Gi");

function quantity(pattern: RegExp, allowed: string): z.ZodString {
  return z
    .string({ error: allowed })
    .regex(pattern, { error: allowed, abort: true })
    .refine((text) => amount(text) > 0, { error: allowed });
}

/** The number that a quantity stands for: CPUs or bytes. NaN where it is none. */
export function amount(quantity: string): number {
  const [, digits, unit] = cpuPattern.exec(quantity) ?? bytesPattern.exec(quantity) ?? [];
  return digits === undefined ? Number.NaN : Number(digits) * multipliers[unit as keyof typeof multipliers];
}
