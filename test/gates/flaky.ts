import type { Finding } from "./examination.ts";

/**
 * The flaky tests that fail a run: those which an earlier run of the same checkout found flaky too, and all of them where there are more than
 * are let through.
 *
 * @param most flaky tests that are let through
 */
export function refusedFlaky(findings: readonly Finding[], most: number): ReadonlySet<Finding> {
  const flaky = findings.filter(({ kind }) => kind === "flaky");
  return new Set(flaky.length > most ? flaky : flaky.filter(({ flakyBefore }) => flakyBefore !== undefined));
}
