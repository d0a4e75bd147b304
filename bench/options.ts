import { InvalidArgumentError, type Command } from "commander";
import type { Rounds } from "./sections.ts";

/** How much is measured. */
export interface Amount extends Rounds {
  /** Changes of weight by bare patches, to know what the mesh takes by itself. */
  readonly barePatches: number;
}

interface Options {
  readonly rollbacks?: number;
  readonly withoutPrometheus?: number;
  readonly deadEnds?: number;
  readonly judgements?: number;
  readonly quick?: boolean;
  readonly json?: string;
}

const full: Amount = { rollbacks: 50, withoutPrometheus: 20, deadEnds: 20, judgements: 10, barePatches: 20 };
const quick: Amount = { rollbacks: 4, withoutPrometheus: 2, deadEnds: 2, judgements: 1, barePatches: 5 };

/** Reads the command line; ends the process for `--help` and for mistakes. */
export function readOptions(command: Command): { readonly amount: Amount; readonly json: string | undefined } {
  const options = command
    .description(
      "Measures how fast a bad release is seen and taken back, on real traffic through Envoy in an embedded cluster of its own.\n" +
        "Prints a table with the project's bars. Ends with 0 unless it could not measure: timings decide nothing.",
    )
    .option(
      "--rollbacks <n>",
      `releases whose every request fails, at both rates together (default: ${full.rollbacks})`,
      count,
    )
    .option(
      "--without-prometheus <n>",
      `such releases with Prometheus stopped; each looks for it first (default: ${full.withoutPrometheus})`,
      count,
    )
    .option(
      "--dead-ends <n>",
      `such releases with metrics and messages for places that never answer, and as many without, in turn (default: ${full.deadEnds})`,
      count,
    )
    .option(
      "--judgements <n>",
      `releases of each of the six kinds that fail a share of their requests (default: ${full.judgements})`,
      count,
    )
    .option(
      "--quick",
      `a first impression: ${quick.rollbacks} rollbacks, ${quick.withoutPrometheus} without Prometheus, ${quick.deadEnds} with dead ends, ${quick.judgements} judgement of each kind`,
    )
    .option("--json <file>", "write every release's figures to a file")
    .addHelpText(
      "after",
      "\nExamples:\n" +
        "  npm run bench:rollback                                      about 25 minutes\n" +
        "  npm run bench:rollback -- --quick                           a first impression\n" +
        "  npm run bench:rollback -- --judgements 0 --json out.json    the times alone, about 10 minutes",
    )
    .parse()
    .opts<Options>();
  const { quick: isQuick, json, ...chosen } = options;
  return { amount: { ...(isQuick === true ? quick : full), ...chosen }, json };
}

function count(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError("It must be a whole number from 0 to 9999.");
  return Number(text);
}
