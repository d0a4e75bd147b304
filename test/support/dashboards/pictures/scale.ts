/** A straight line from values to pixels. */
export type Scale = (value: number) => number;

/** Brings `domain` onto `pixels`, either of which may be of no length. */
export function scaleOf(domain: readonly [number, number], pixels: readonly [number, number]): Scale {
  const length = domain[1] - domain[0] || 1;
  return (value) => pixels[0] + ((value - domain[0]) / length) * (pixels[1] - pixels[0]);
}

/** Round values from 0 on, the last of them at or above `top`: what an axis shows. */
export function ticksUpTo(top: number, count = 4): number[] {
  const step = roundStep((top > 0 ? top : 1) / count);
  const last = Math.ceil((top > 0 ? top : 1) / step - 1e-9);
  return Array.from({ length: last + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

/** The next of 1, 2, 2.5, 5 and 10 times a power of ten. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return (([1, 2, 2.5, 5, 10] as const).find((each) => each * power >= step * (1 - 1e-9)) ?? 10) * power;
}
