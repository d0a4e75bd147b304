/** Kubernetes' resource quantities, as in `cpu: 500m` and `memory: 64Mi`. */

const DECIMAL_SUFFIXES = new Map<string, number>([
  ["n", -9],
  ["u", -6],
  ["m", -3],
  ["", 0],
  ["k", 3],
  ["M", 6],
  ["G", 9],
  ["T", 12],
  ["P", 15],
  ["E", 18],
]);
const BINARY_SUFFIXES = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const NANO = 10n ** 9n;
const QUANTITY = /^([+-]?)(\d*)(?:\.(\d*))?([numkMGTPE]?|[KMGTPE]i|[eE][+-]?\d+)$/;

function divideRoundingUp(value: bigint, divisor: bigint): bigint {
  return (value + divisor - 1n) / divisor;
}

/** 1500000000 nano → "1500m": the largest suffix that needs no fraction. */
function formatDecimal(nano: bigint): string {
  let mantissa = nano;
  let exponent = -9;
  while (mantissa % 1000n === 0n && exponent < 18) {
    mantissa /= 1000n;
    exponent += 3;
  }
  const suffix = [...DECIMAL_SUFFIXES].find(([, power]) => power === exponent)?.[0] ?? "";
  return `${mantissa}${suffix}`;
}

function formatBinary(nano: bigint): string {
  let mantissa = divideRoundingUp(nano, NANO);
  let power = 0;
  while (mantissa % 1024n === 0n && power < BINARY_SUFFIXES.length - 1) {
    mantissa /= 1024n;
    power += 1;
  }
  // Without a suffix of its own it is read back from storage as a decimal one.
  return power === 0 ? formatDecimal(mantissa * NANO) : `${mantissa}${BINARY_SUFFIXES[power] ?? ""}`;
}

/**
 * The form in which the API server gives the quantity back: "1000m" → "1", "0.5Gi" → "512Mi". A text that is no quantity comes back as it is:
 * refusing it is the API server's part.
 */
export function canonicalQuantity(text: string): string {
  const match = QUANTITY.exec(text.trim());
  const [, sign = "", whole = "", fraction = "", suffix = ""] = match ?? [];
  if (match === null || whole + fraction === "") return text;
  const digits = BigInt(whole + fraction);
  const scale = 10n ** BigInt(fraction.length);
  const minus = sign === "-" && digits !== 0n ? "-" : "";
  if (digits === 0n) return "0";

  if (suffix.endsWith("i")) {
    const nano = divideRoundingUp(digits * 1024n ** BigInt(BINARY_SUFFIXES.indexOf(suffix)) * NANO, scale);
    return minus + (nano < 1024n * NANO ? formatDecimal(nano) : formatBinary(nano));
  }
  const power = DECIMAL_SUFFIXES.get(suffix);
  // The API server keeps the notation with an exponent ("1e3").
  if (power === undefined) return text;
  return minus + formatDecimal(divideRoundingUp(digits * 10n ** BigInt(power + 9), scale));
}
