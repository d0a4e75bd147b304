// Numbers as people read them.

/** Seconds: `91 ms`, `12.4 s`, `3 min 05 s`, `1 h 02 min`. */
export function seconds(value: number): string {
  if (!Number.isFinite(value)) return "an unknown time";
  if (value < 0) return `−${seconds(-value)}`;
  if (value > 0 && value < 0.9995) return `${Math.max(1, Math.round(1000 * value))} ms`;
  if (value < 9.995) return `${trimmed(value, 2)} s`;
  if (value < 59.95) return `${trimmed(value, 1)} s`;
  const whole = Math.round(value);
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(value / 60);
  if (minutes < 2_880) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  return `${Math.round(minutes / 1_440)} days`;
}

/** A share as percent, in three digits: `0.1 %`, `12.5 %`, `100 %`. */
export function share(value: number): string {
  const percent = 100 * value;
  if (percent === 0) return "0 %";
  if (percent < 0.001) return "< 0.001 %";
  return `${Number(percent.toPrecision(3))} %`;
}

/** `bad` as a share of `total`; undefined where nothing was seen. */
export function shareOf({ bad, total }: { readonly bad: number; readonly total: number }): number | undefined {
  return total > 0 ? bad / total : undefined;
}

/** A whole number with its thousands apart: `12,345`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** An e-value from its natural logarithm: `0.4`, `37`, `10¹²`. */
export function eValue(logarithm: number): string {
  const decimal = logarithm / Math.LN10;
  if (decimal >= 5) return `10${superscript(Math.round(decimal))}`;
  const value = Math.exp(logarithm);
  if (value >= 100) return count(value);
  if (value >= 0.01) return String(Number(value.toPrecision(2)));
  return "< 0.01";
}

function superscript(value: number): string {
  return Array.from(String(value), (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]).join("");
}

/** An instant in UTC, for people: `2026-01-01 00:00:20`. What is no instant stays as it is. */
export function instant(iso: string): string {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? iso : at.toISOString().slice(0, 19).replace("T", " ");
}

/** Seconds from one instant to another. */
export function secondsBetween(from: string, until: string): number {
  return (Date.parse(until) - Date.parse(from)) / 1000;
}

function trimmed(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
