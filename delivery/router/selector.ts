type Labels = Readonly<Record<string, string>>;

/** A merge patch of a selector. It leaves what it does not name, so labels that are no longer asked for go by null. */
export function replacingSelector(live: Labels = {}, wanted: Labels): Readonly<Record<string, string | null>> {
  return { ...Object.fromEntries(Object.keys(live).map((label) => [label, null])), ...wanted };
}
