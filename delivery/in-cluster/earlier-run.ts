import type { Ledger } from "../../components/ledger/ledger.ts";
import type { PastRelease } from "../../components/ledger/release-record.ts";

/**
 * The release that an earlier pod of the same Job has ended, if that is so. A pod that comes when it is all over must end with its outcome: it
 * would find nothing to release, or release what somebody has staged since.
 *
 * @param by who releases, with the Job's name in it: see `releasesFor`
 */
export function releaseOfRun({ current, releases }: Ledger, by: string): PastRelease | undefined {
  if (current?.startedBy === by) return undefined;
  return releases.find(({ startedBy, outcome }) => startedBy === by && outcome !== "baseline");
}
