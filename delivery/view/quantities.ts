// Numbers as people read them in passing: fewer digits than a report has.
import { count } from "../report/figures.ts";

/** `0.25 s`, `4.2 s`, `45 s`, `5 min`, `5 min 20 s`, `1 h 10 min`; `never` for Infinity. */
export function duration(ms: number): string {
  if (ms === Infinity) return "never";
  if (ms < 995) return `${trimmed((ms / 1000).toFixed(2))} s`;
  if (ms < 9_950) return `${trimmed((ms / 1000).toFixed(1))} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return pair(minutes, "min", seconds % 60, "s");
  const wholeMinutes = Math.round(seconds / 60);
  return pair(Math.floor(wholeMinutes / 60), "h", wholeMinutes % 60, "min");
}

/** What a countdown shows: `0:07`, `4:05`, `1:02:03`. A second that has begun counts. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** A share from 0 to 1 in percent, to two significant digits: `0.1 %`, `12 %`, `100 %`. */
export function percentage(share: number): string {
  const percent = 100 * share;
  return `${percent >= 10 ? percent.toFixed(0) : trimmed(percent.toPrecision(2))} %`;
}

/** A rate a second: `0.4`, `12`, `1,250`. */
export function rate(perSecond: number): string {
  return perSecond < 9.95 ? trimmed(perSecond.toFixed(1)) : count(perSecond);
}

/** `1 request`, `3 requests`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

function trimmed(digits: string): string {
  return digits.includes(".") ? digits.replace(/0+$/, "").replace(/\.$/, "") : digits;
}
