import { createReporter, type Reporter } from "../platform/progress.ts";
import { stopCluster } from "../platform/cluster/cluster.ts";
import { shortestIntervalMs } from "../delivery/guard/schedule.ts";
import { ownClusterName, startOwnCluster } from "../test/support/own-cluster.ts";
import { machine, type Measured, type Measurements } from "./report.ts";
import { Rig } from "./rig.ts";
import type { Section } from "./sections.ts";
import { OddEndError, strangersOf, type Trial } from "./trial.ts";

export interface RunOptions {
  readonly sections: readonly Section[];
  /** Changes of weight by bare patches, to know what the mesh takes by itself. */
  readonly barePatches: number;
  readonly signal: AbortSignal;
}

/** Releases that may end otherwise than they should before the measurement is given up. */
const mostOdd = 5;

/** Measures in an embedded cluster of its own, which is gone afterwards whatever happens. */
export async function measure({ sections, barePatches, signal }: RunOptions): Promise<Measurements> {
  const reporter = createReporter();
  const startedAt = new Date().toISOString();
  try {
    const shared = await startOwnCluster("bench", { signal });
    await using rig = await reporter.task("Bringing the bench's stack up", { estimateSeconds: 40 }, () =>
      Rig.create(shared, signal),
    );
    const bare =
      barePatches === 0
        ? []
        : await reporter.task("Bare patches", { estimateSeconds: 15 + 2.2 * barePatches }, async () => {
            await using load = rig.load(500);
            return await rig.barePatches(barePatches, load, signal);
          });
    const measured: Measured[] = [];
    let prometheus = true;
    for (const section of sections) {
      if (prometheus && !section.prometheus) await rig.stopPrometheus();
      prometheus &&= section.prometheus;
      measured.push(await measureSection(rig, section, reporter, signal));
    }
    return { startedAt, machine: machine(), guardInterval: shortestIntervalMs, bare, measured };
  } finally {
    await stopCluster(ownClusterName("bench"), reporter);
  }
}

async function measureSection(rig: Rig, section: Section, reporter: Reporter, signal: AbortSignal): Promise<Measured> {
  const { name, rounds, estimate, perSecond } = section;
  const trials: Trial[] = [];
  const odd: string[] = [];
  await reporter.task(name, { estimateSeconds: rounds * estimate }, async (update) => {
    await rig.setActiveFaults(section.activeFaults);
    await rig.setSteps(section.steps);
    await using load = rig.load(perSecond);
    while (trials.length < rounds) {
      update(`release ${trials.length + 1} of ${rounds}`);
      try {
        await rig.setTelling(section.purpose === "dead-ends" && trials.length % 2 === 1);
        const trial = await rig.rollback(section.faults, load, signal);
        trials.push(trial);
        reporter.note(`        ${told(trial)}`);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof OddEndError) || odd.length === mostOdd) throw error;
        odd.push(`${name}: ${error.message}`);
        reporter.note(`        ${error.message}`);
      }
    }
  });
  return { section, trials, odd };
}

function told(trial: Trial): string {
  const { release, judgedBy, atCandidate, badAnswers, firstToLast, verdictToLast, patched, skipped } = trial;
  return (
    `${release}: ${judgedBy} at ${atCandidate.bad} bad of ${atCandidate.total}; patched after ${ms(patched)}, last bad answer after ` +
    `${ms(verdictToLast)}; ${badAnswers} bad answers within ${ms(firstToLast)}` +
    `${strangersOf(trial) === 0 ? "" : `; other failures: ${JSON.stringify(trial.strangers)}`}${skipped === 0 ? "" : `; ${skipped} requests not sent`}`
  );
}

function ms(value: number): string {
  return `${value.toFixed(0)} ms`;
}
