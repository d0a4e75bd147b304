/** A straight line from values to pixels. */
export type Scale = (value: number) => number;

/** Brings `domain` onto `pixels`, either of which may be of no length. */
export function scaleOf(domain: readonly [number, number], pixels: readonly [number, number]): Scale {
  const length = domain[1] - domain[0] || 1;
  return (value) => pixels[0] + ((value - domain[0]) / length) * (pixels[1] - pixels[0]);
}

/**
 * Round values from 0 on, the last of them at or above `top`: what an axis shows.
 *
 * @param least the smallest step, such as 1 for a count @default any
 */
export function ticksUpTo(top: number, least = 0): number[] {
  const wanted = top > 0 ? top : 1;
  const step = Math.max(roundStep(wanted / 4), least);
  const last = Math.ceil(wanted / step - 1e-9);
  return Array.from({ length: last + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

/** The same for a unit: whole counts, and seconds in steps that are round in minutes, hours or days. */
export function ticksIn(unit: string, top: number): number[] {
  if (unit === "short") return ticksUpTo(top, 1);
  const size = unit === "s" ? ([86_400, 3_600, 60].find((each) => top >= 2 * each) ?? 1) : 1;
  return ticksUpTo(top / size).map((tick) => tick * size);
}

/** The next of 1, 2, 2.5, 5 and 10 times a power of ten. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return (([1, 2, 2.5, 5, 10] as const).find((each) => each * power >= step * (1 - 1e-9)) ?? 10) * power;
}
