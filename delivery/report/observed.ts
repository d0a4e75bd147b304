import type { PastRelease, ReleaseUnderWay } from "../../components/ledger/release-record.ts";
import type { Observation } from "../release/observer.ts";
import { isFinal } from "../release/state-machine.ts";
import type { ReleaseRecord } from "./story.ts";

/** What an observation does not tell itself. */
export interface Observer {
  readonly by: string;
  readonly startedAt: string;
}

/** An observation as a release's record, so that the same reports can be made of it; it is never written to a ledger. Pure. */
export function recordOfObservation(
  { subject, journal, state }: Pick<Observation, "subject" | "journal" | "state">,
  { by, startedAt }: Observer,
): ReleaseRecord {
  const { id, candidate, active, plan, hotfix } = subject;
  const underWay: ReleaseUnderWay = {
    id,
    slot: candidate.slot,
    template: candidate.template,
    version: candidate.version,
    image: candidate.image,
    startedAt,
    startedBy: by,
    mode: hotfix === undefined ? "canary" : "hotfix",
    ...(hotfix === undefined ? {} : { hotfix }),
    from: { slot: active, template: "unknown", version: "", image: "" },
    state,
    journal: [...journal],
    plan: JSON.parse(JSON.stringify(plan)) as ReleaseUnderWay["plan"],
    podTemplate: null,
    requests: [],
    observed: true,
  };
  const { phase } = state;
  if (!isFinal(phase)) return underWay;
  const past: PastRelease = { ...underWay, endedAt: journal.at(-1)?.at ?? startedAt, outcome: phase };
  return past;
}
