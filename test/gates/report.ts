import type { GateResult } from "./gates.ts";

/** The gates as lines for a terminal: what was measured, what is asked, and whom to look at. */
export function renderGates(title: string, results: readonly GateResult[]): string {
  const width = Math.max(...results.map(({ gate }) => gate.length));
  const lines = results.flatMap(({ gate, met, measured, asked, culprits }) => [
    `  ${met ? "met   " : "MISSED"} ${gate.padEnd(width)}  ${measured}; asked: ${asked}`,
    ...culprits.map((culprit) => `         ${culprit}`),
  ]);
  return [title, ...lines].join("\n");
}
