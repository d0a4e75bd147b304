import type { Finding } from "./examination.ts";
import { countsOf, type Evidence, type GateResult, type Thresholds } from "./gates.ts";
import { renderGates } from "./report.ts";

export interface Summary {
  readonly evidence: Evidence;
  /** The last ones decide. */
  readonly gates: readonly {
    readonly title: string;
    readonly thresholds: Thresholds;
    readonly results: readonly GateResult[];
  }[];
  /** Flaky tests that are not let through. */
  readonly refused: ReadonlySet<Finding>;
  /** The file that holds all errors of the flaky tests. */
  readonly recordFile: string;
  readonly seed: number;
  /** Groups that did not run since they run nightly. */
  readonly leftOut: Readonly<Record<string, { readonly about: string }>>;
}

/** What a run prints at its end: a log may be read from its last lines only. The last one is `N passed, N failed`. */
export function renderSummary(summary: Summary): string {
  const { evidence, gates, leftOut, seed } = summary;
  const ours = gates.at(-1);
  if (ours === undefined) throw new Error("a run is held against at least one table of gates");
  const { passed, failed, flaky } = countsOf(evidence, ours.thresholds);
  // A gate that no failed test explains counts as one more.
  const unexplained = ours.results.filter(
    ({ gate, met }) => !met && (gate === "complete" || gate === "time" || gate === "coverage"),
  );
  const blocks = [
    ...failures(evidence),
    ...flakyTests(summary),
    ...gates.map(({ title, results }) => renderGates(title, results)),
    ...Object.entries(leftOut).map(
      ([name, { about }]) => `Not run: the group ${name} (${about}). It runs nightly; here: npm test -- --only ${name}`,
    ),
    ...(ours.results.every(({ met }) => met) ? [] : [`The order's seed was ${seed}`]),
    ...(flaky === 0
      ? []
      : [
          `${flaky} flaky ${flaky === 1 ? "test counts" : "tests count"} as passed below: each failed once, and passed twice when it was run again`,
        ]),
    `${passed} passed, ${failed + unexplained.length} failed`,
  ];
  return blocks.map((block) => `\n${block}`).join("\n");
}

function failures({ runs }: Evidence): readonly string[] {
  return runs.flatMap(({ name, findings }) =>
    findings
      .filter(({ kind }) => kind !== "flaky")
      .map(({ failure }) => [`FAILED ${name}: ${failure.name}`, ...failure.error].join("\n    ")),
  );
}

function flakyTests({ evidence, refused, recordFile }: Summary): readonly string[] {
  const flaky = evidence.runs.flatMap(({ name, findings }) =>
    findings
      .filter(({ kind }) => kind === "flaky")
      .map((finding) => {
        const verdict = refused.has(finding) ? "FLAKY, and not let through" : "FLAKY";
        return [`${verdict} ${name}: ${finding.failure.name}`, ...finding.failure.error].join("\n    ");
      }),
  );
  return flaky.length === 0 ? [] : [...flaky, `All results of the flaky tests, with their errors: ${recordFile}`];
}
