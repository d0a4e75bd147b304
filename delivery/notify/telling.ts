// What every channel says of a release, in one place: the facts that R5 and R6 ask for.
import { notificationsOf } from "../../components/release-plan/notifications.ts";
import type { Change } from "../../components/ledger/release-record.ts";
import { adviceOf, command } from "../report/advice.ts";
import { restorationText } from "../report/restoration.ts";
import { isQuarantined } from "../report/text.ts";
import { storyOf, type ReleaseRecord, type Story, type Surroundings } from "../report/story.ts";
import { headlineOf, whyOf } from "../report/words.ts";

/** A release as people elsewhere hear of it. Texts are as the record has them: each channel escapes what it shows. */
export interface Facts {
  readonly story: Story;
  readonly id: string;
  readonly service: string;
  readonly environment: string;
  /** What happened, as a sentence without its end. */
  readonly headline: string;
  readonly urgent: boolean;
  readonly change: Change | undefined;
  /** Of the change, else whoever released it. */
  readonly author: string;
  /** Why it went back or is held; undefined while nothing speaks against it. */
  readonly reason: string | undefined;
  /** What was done about that. */
  readonly action: string | undefined;
  /** What to do next, a sentence each; `…` marks what is to be typed. */
  readonly next: readonly string[];
  /** The command that tells the whole story. */
  readonly explain: string;
}

/** Pure. */
export function factsOf(record: ReleaseRecord, names: Required<Surroundings>): Facts {
  const story = storyOf(record, names);
  const { header } = story;
  const { change, cause } = header;
  return {
    story,
    id: record.id,
    ...names,
    headline: headlineOf(story),
    urgent: notificationsOf(record.plan)?.urgent ?? false,
    change,
    author: change?.author ?? header.by,
    reason: cause && `${whyOf(header)} (${cause.reason}): ${cause.detail}`,
    action: cause && actionOf(story),
    next: adviceOf(header, isQuarantined(story)),
    explain: command(`explain ${record.id}`, header),
  };
}

/** What was done about a release that something speaks against. */
function actionOf(story: Story): string {
  const { header, restoration, timeline } = story;
  const { from, to, phase, percent, outcome, candidateStays } = header;
  const version = `${from.version === "" ? "the version before" : from.version} (${from.slot})`;
  if (outcome === "held") return `Held with ${percent} % of the traffic on ${to.slot}; it waits for a person.`;
  if (phase === "stepping-back") return `Traffic goes back to the last good share, ${percent} %, to wait for a person.`;
  if (!timeline.some((line) => line.percent > 0)) return `No user had reached it: ${version} goes on serving.`;
  if (phase === "returning" || restoration === undefined) return `All traffic goes back to ${version}.`;
  const kept = isQuarantined(story) ? " The candidate is quarantined." : "";
  const left = candidateStays ? ` Requests still reached ${to.slot}, so its pods were left.` : "";
  const where =
    restoration.result === "verified" ? `All traffic is back on ${version}` : `All traffic was sent back to ${version}`;
  return `${where}: ${restorationText(restoration)}.${kept}${left}`;
}
