import { release } from "../infra/config/release-schema.ts";
import { readStackFile, StackFileMissingError } from "../infra/config/stack-file.ts";
import type { Thresholds } from "./production-thresholds.ts";

/** What releases are judged by in staging, by its configuration; undefined where there is no staging. */
export async function stagingThresholds(project: string): Promise<Thresholds | undefined> {
  try {
    const { values } = await readStackFile(project, "staging");
    const { errorRate, p95Latency } = release.parse(values.release).thresholds;
    return {
      errorRate: { max: errorRate.max, policy: errorRate.onBreach },
      latency: { quantile: 0.95, seconds: p95Latency.max / 1000, policy: p95Latency.onBreach },
    };
  } catch (error) {
    if (error instanceof StackFileMissingError) return undefined;
    throw error;
  }
}
