// What a release does, in words that teach: what has become true, and what is done now.
import { isWeightStep } from "../../components/release-plan/release-plan.ts";
import type { JournalEntry, Phase, ReleaseState } from "../release/state.ts";
import { isFinal, type EventType } from "../release/state-machine.ts";
import { wayToCandidate } from "../smoke/way.ts";
import { counted, duration } from "./quantities.ts";
import type { Role, ViewedRelease } from "./release-view.ts";
import { oneLine } from "./terminal-text.ts";

/** What stands before an event's detail; `undefined` where the detail speaks for itself. */
const labels: Readonly<Partial<Record<EventType, string>>> = {
  prepared: "opened",
  ready: "ready",
  confirmed: "seen in effect",
  unconfirmed: "not seen in effect",
  "step-passed": "passed",
  approved: "approved",
  failed: "FAILED",
  held: "HELD",
  warned: "breach, and the policy is to go on",
  "stepped-back": "stepped back",
  resumed: "resumed",
  "return-confirmed": "the way back is seen in effect",
  "return-unconfirmed": "the way back is not seen in effect",
  "return-contradicted": "the way back is NOT in effect",
  "capacity-lost": "the pods are gone",
  noted: "NOTE",
  quarantined: "quarantined",
  "taken-over": "taken up",
};

/** What has become true, with what it was found by. One line. */
export function happened({ event, detail }: JournalEntry): string {
  const label = labels[event as EventType];
  const told = oneLine(detail);
  if (label === undefined) return told === "" ? event : told;
  return told === "" ? label : `${label}: ${told}`;
}

/** The phase in a word or two. */
export const phaseNames: Readonly<Record<Phase, string>> = {
  preparing: "preparing",
  "waiting-ready": "starting",
  smoking: "smoke test",
  shifting: "shifting",
  confirming: "confirming",
  measuring: "measuring",
  "awaiting-approval": "awaiting approval",
  "smoking-public": "smoke test",
  soaking: "soaking",
  finishing: "finishing",
  "stepping-back": "stepping back",
  held: "held",
  returning: "going back",
  "confirming-return": "going back",
  quarantining: "quarantining",
  "scaling-down": "tidying up",
  released: "released",
  "rolled-back": "rolled back",
  aborted: "aborted",
};

/** What is done now, and for how long at most. One line. */
export function doneNow(state: ReleaseState, release: ViewedRelease): string {
  const { plan, hotfix } = release;
  const { deadlines } = plan;
  const [older, newer] = versionsOf(release);
  const step = plan.steps[state.step];
  const atMost = (ms: number): string => `at most ${duration(ms)}`;
  switch (state.phase) {
    case "preparing":
      return "bringing the environment up, with the new version at 0 %";
    case "waiting-ready":
      return `waiting until the pods of ${newer} are ready, ${atMost(deadlines.ready)}; no user reaches them yet`;
    case "smoking":
      return `running the smoke test: ${counted(plan.smoke.steps.length, "step")} ${wayToCandidate(plan)}, no user reaches ${newer} yet`;
    case "shifting":
      return `moving ${state.percent} % of the traffic to ${newer}`;
    case "confirming":
      return `looking at the data plane until ${state.percent} % is seen in effect, ${atMost(deadlines.confirm)}`;
    case "measuring":
      if (hotfix !== undefined || step === undefined || !isWeightStep(step)) return "no wait: this is a hotfix";
      return `measuring for ${duration(step.wait)} and at least ${counted(plan.gate.minRequests, "request")}; a breach is acted on at once`;
    case "awaiting-approval": {
      const wait = step === undefined || isWeightStep(step) ? "" : `, ${atMost(step.deadline)}`;
      return `waiting for a person${wait}: ${command("approve", release)}`;
    }
    case "smoking-public":
      return `running the smoke test again, as a user; ${newer} has all the traffic`;
    case "soaking":
      return `keeping ${older} warm for ${duration(plan.soak)}, one patch away; ${newer} has all the traffic`;
    case "finishing":
      return `taking the pods of ${older} away; from here on the way back is another release`;
    case "stepping-back":
      return `going back to ${state.percent} %, the last weight that was found good`;
    case "held":
      return `held at ${state.percent} % for a person: ${command("resume", release)} goes on, ${command("abort", release)} takes it back`;
    case "returning":
      return `moving all traffic back to ${older}`;
    case "confirming-return":
      return `looking until no request reaches ${newer}, ${atMost(deadlines.return)}`;
    case "quarantining":
      return `marking template ${release.to.template}, so that it does not come again by itself`;
    case "scaling-down":
      return `taking the pods of ${newer} away`;
    case "released":
      return `released: ${newer} serves all traffic`;
    case "rolled-back":
      return `rolled back: ${older} serves all traffic`;
    case "aborted":
      return `aborted: ${older} serves all traffic`;
  }
}

/** What a person can do about it now. One line, "" where there is nothing. */
export function advice(state: ReleaseState, release: ViewedRelease, role: Role): string {
  const [older, newer] = versionsOf(release);
  const { phase } = state;
  if (role === "observer") return isFinal(phase) ? "" : "Ctrl-C ends the observing. Nothing is moved.";
  if (isFinal(phase)) return phase === "released" ? `A way back: ${command("rollback", release)}` : "";
  const leave = role === "watcher" ? "Ctrl-C ends the watching, the release goes on. " : "";
  if (phase === "finishing") return `${leave}Too late to take it back; then: ${command("rollback", release)}`;
  if (goesBack(phase)) return `${leave}It is on its way back to ${older}; let it end.`;
  const back = role === "watcher" ? command("abort", release) : "Ctrl-C";
  if (phase === "awaiting-approval" || phase === "held") {
    const verb = phase === "held" ? "resume" : "approve";
    return `${leave}${command(verb, release)} lets it go on; ${back} takes it back.`;
  }
  if (role === "watcher") return `${leave}${back} takes it back.`;
  const what = state.percent === 0 ? `${newer} gets no traffic` : `all traffic to ${older} at once`;
  return `Ctrl-C takes it back (${what}). A second Ctrl-C leaves; ${command("resume", release)} takes it up.`;
}

/** What a person can do about a release that is no longer shown here. One line, "" where there is nothing. */
export function afterwards(state: ReleaseState, release: ViewedRelease, role: Role): string {
  if (isFinal(state.phase) || role === "observer") return advice(state, release, role);
  const on =
    role === "watcher"
      ? `${command("status", release)} --watch shows it again`
      : `${command("resume", release)} takes it up`;
  return state.phase === "finishing" || goesBack(state.phase)
    ? `It is not over: ${on}.`
    : `It is not over: ${on}, ${command("abort", release)} takes it back.`;
}

/** Both versions by name; by slot where the name does not tell them apart. */
export function versionsOf({ from, to }: Pick<ViewedRelease, "from" | "to">): readonly [string, string] {
  const older = oneLine(from.version);
  const newer = oneLine(to.version);
  if (older !== "" && newer !== "" && older !== newer) return [older, newer];
  return [older === "" ? from.slot : `${older} (${from.slot})`, newer === "" ? to.slot : `${newer} (${to.slot})`];
}

/** On its way back, or back and tidying up. */
export function goesBack(phase: Phase): boolean {
  return ["returning", "confirming-return", "quarantining", "scaling-down", "rolled-back", "aborted"].includes(phase);
}

function command(verb: string, { plan }: ViewedRelease): string {
  return `atom ${verb} --stack ${plan.environment}`;
}
