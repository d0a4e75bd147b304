/** What a value must be in a unit that the panels use, by Grafana's name of the unit. */
const units: Readonly<Record<string, { readonly what: string; readonly fits: (value: number) => boolean }>> = {
  percentunit: { what: "a fraction from 0 to 1", fits: (value) => value >= 0 && value <= 1 + tolerance },
  percent: { what: "from 0 to 100", fits: (value) => value >= 0 && value <= 100 + tolerance },
  s: { what: "seconds, not below 0", fits: (value) => value >= 0 },
  reqps: { what: "a rate, not below 0", fits: (value) => value >= 0 },
  short: { what: "a count: whole, not below 0", fits: (value) => value >= 0 && Number.isInteger(value) },
  bool_yes_no: { what: "0 or 1", fits: (value) => value === 0 || value === 1 },
};

/** Of sums of binary fractions. */
const tolerance = 1e-9;

/** The units that are known here. */
export const knownUnits = Object.keys(units);

/** The first value that cannot be one of this unit, in words; undefined where all can. NaN and infinities are values of no unit. */
export function misfit(unit: string, values: readonly number[]): string | undefined {
  const known = units[unit];
  if (known === undefined) return `nobody has said what a value in ${unit} is`;
  const wrong = values.find((value) => !Number.isFinite(value) || !known.fits(value));
  return wrong === undefined ? undefined : `${wrong} is not ${known.what}`;
}
