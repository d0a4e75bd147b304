// What machines call it, in words for people.
import type { Change, Phase, Reason } from "../../components/ledger/release-record.ts";
import { seconds } from "./figures.ts";
import type { StepResult, StepStory } from "./step-story.ts";
import type { Header, Outcome, Story } from "./story.ts";
import type { Timing, TimingName } from "./timings.ts";

/** How something is meant: what is coloured by it is also said in words. */
export type Tone = "good" | "bad" | "warning" | "neutral";

export const outcomeWords: Readonly<Record<Outcome, { readonly title: string; readonly tone: Tone }>> = {
  released: { title: "Released", tone: "good" },
  "rolled-back": { title: "Rolled back", tone: "bad" },
  aborted: { title: "Aborted", tone: "warning" },
  baseline: { title: "Baseline", tone: "neutral" },
  held: { title: "Held", tone: "warning" },
  "under-way": { title: "Under way", tone: "neutral" },
};

const reasonWords: Readonly<Record<Reason, string>> = {
  smoke_test_failed: "its smoke test failed",
  high_error_rate: "it failed too many requests",
  high_latency: "it answered too many requests too slowly",
  metric_breached: "a metric of its own was above its limit",
  pods_restarted: "its containers restarted",
  not_ready: "its pods were not ready",
  pods_unavailable: "it did not have the ready pods that it needed, for no known fault of its own",
  active_slot_lost: "the version that served lost its pods",
  metrics_unavailable: "it could not be measured",
  no_traffic: "it got no request to judge it by",
  too_few_requests: "it got too few requests to judge it by",
  shared_fault: "the version that served was in the same trouble",
  shift_not_confirmed: "its routes did not take effect",
  approval_timeout: "nobody approved it in time",
  converge_failed: "the environment could not be brought up",
  manual: "a person wanted it",
  superseded: "another release took its place, or what it was judged by was changed",
  watch_lost: "what it is judged by could not be watched",
  releaser_lost: "the releaser was gone with traffic on the candidate",
  internal_error: "the releaser could not go on",
};

/** `abc1234 by Ann: Faster agents`. */
export function changeText({ commit, author, message }: Change): string {
  const by = author === undefined ? "" : ` by ${author}`;
  return `${commit.slice(0, 10)}${by}${message === undefined ? "" : `: ${message}`}`;
}

export const resultWords: Readonly<Record<StepResult, { readonly title: string; readonly tone: Tone }>> = {
  passed: { title: "passed", tone: "good" },
  "passed-warned": { title: "passed with a warning", tone: "warning" },
  approved: { title: "approved", tone: "good" },
  failed: { title: "failed", tone: "bad" },
  held: { title: "held", tone: "warning" },
  "taken-back": { title: "taken back", tone: "warning" },
  "not-measured": { title: "not measured", tone: "warning" },
  "under-way": { title: "under way", tone: "neutral" },
  "not-reached": { title: "not reached", tone: "neutral" },
};

export const phaseWords: Readonly<Record<Phase, string>> = {
  preparing: "preparing",
  "waiting-ready": "waiting for pods",
  smoking: "smoke test",
  shifting: "shifting",
  confirming: "confirming",
  measuring: "measuring",
  "awaiting-approval": "awaiting approval",
  "smoking-public": "public smoke test",
  soaking: "soak",
  finishing: "finishing",
  "stepping-back": "stepping back",
  held: "held",
  returning: "returning",
  "confirming-return": "confirming the return",
  quarantining: "quarantining",
  "scaling-down": "scaling down",
  released: "released",
  "rolled-back": "rolled back",
  aborted: "aborted",
};

const timingWords: Readonly<Record<TimingName, string>> = {
  "until-ready": "staged → pods ready",
  smoke: "smoke test of the candidate",
  shift: "set the weight",
  confirm: "weight seen in effect",
  measure: "measured",
  approval: "waited for an approval",
  "public-smoke": "smoke test as a user",
  soak: "soak",
  finish: "old slot scaled down",
  held: "held",
  "to-return": "verdict → rollback accepted by the router",
  "to-confirmed-return": "verdict → restored, verified",
  "tidy-up": "quarantine and scale down",
};

const toneOfEvent: Readonly<Record<string, Tone>> = {
  failed: "bad",
  held: "warning",
  warned: "warning",
  unconfirmed: "warning",
  "return-unconfirmed": "warning",
  "return-contradicted": "bad",
  "capacity-lost": "bad",
  "pods-kept": "warning",
  "rollback-too-late": "warning",
  noted: "warning",
  "taken-over": "warning",
  "step-passed": "good",
  "smoke-passed": "good",
  approved: "good",
  soaked: "good",
  finished: "good",
};

export function eventTone(event: string): Tone {
  return toneOfEvent[event] ?? "neutral";
}

export function timingText({ name, percent }: Timing): string {
  return percent === undefined ? timingWords[name] : `${percent} %: ${timingWords[name]}`;
}

/** What took how long, and what was not verified. */
export function timingRows({
  timings,
  restoration,
}: Pick<Story, "timings" | "restoration">): readonly { readonly what: string; readonly took: string }[] {
  const rows = timings.map((timing) => ({ what: timingText(timing), took: seconds(timing.seconds) }));
  if (restoration === undefined || restoration.result === "verified") return rows;
  return [...rows, { what: "verdict → restored", took: restoration.result.replaceAll("-", " ") }];
}

/** `50 %`, `approval at 10 %`, `soak`. */
export function stepTitle({ kind, percent }: Pick<StepStory, "kind" | "percent">): string {
  if (kind === "soak") return "soak";
  return kind === "approval" ? `approval at ${percent} %` : `${percent} %`;
}

/** What happened, as a sentence without its end: `Rolled back at 10 %: it failed too many requests`. */
export function headlineOf(story: Pick<Story, "header" | "steps" | "decisions" | "timeline">): string {
  const { header, decisions } = story;
  const { outcome, observed, cause } = header;
  const end = `${reachedOf(story)}${cause === undefined ? "" : `: ${whyOf(header)}`}`;
  if (observed) return `Observed: it would have ${outcome === "released" ? "been released" : `ended${end}`}`;
  const warned = decisions.some(({ event }) => event === "warned") ? ", with a warning" : "";
  switch (outcome) {
    case "released":
      return `Released${header.mode === "hotfix" ? " as a hotfix" : ""}${warned}`;
    case "baseline":
      return "Served before the first release";
    case "under-way":
      // What is stepped back from is held, and not rolled back.
      return cause === undefined || header.phase === "stepping-back"
        ? `Under way: ${phaseWords[header.phase]} at ${header.percent} %`
        : `Rolling back${end}`;
    case "held":
      return `Held at ${header.percent} %: ${whyOf(header)}`;
    case "rolled-back":
    case "aborted":
      return `${outcomeWords[outcome].title}${end}`;
  }
}

/** How far it came, as far as its journal still tells. */
function reachedOf({ steps, timeline }: Pick<Story, "steps" | "timeline">): string {
  const reached = steps.flatMap(({ from, kind, percent }) =>
    from === undefined || kind !== "weight" ? [] : [percent],
  );
  if (reached.length > 0) return ` at ${Math.max(...reached)} %`;
  return timeline[0]?.seq === 1 ? " before it had any traffic" : "";
}

/** Why it went back or is held, as a clause. */
export function whyOf({ cause }: Pick<Header, "cause">): string {
  return cause === undefined ? "the reason is not on record" : reasonWords[cause.reason];
}

/** How the whole is meant. */
export function toneOf({ outcome, observed }: Pick<Header, "outcome" | "observed">): Tone {
  return observed && outcome !== "released" ? "warning" : outcomeWords[outcome].tone;
}
