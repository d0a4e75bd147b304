// The outbox as a value: what comes in, who may send, what became of it. Pure; the courier stores it.
import {
  emptyOutbox,
  longestProblem,
  type MessageKind,
  type Outbox,
  type Outgoing,
  type Reference,
} from "../../components/ledger/outbox.ts";

/** How long it is tried to tell something, in milliseconds. */
export const triedFor = 24 * 3_600_000;
/** Messages in the outbox, sent or not: above it details go first, then whatever is oldest. */
export const mostMessages = 150;
const mostGivenUp = 20;
/** Messages of one lane that one claim takes. */
const mostClaimed = 4;

/** Messages of a lane are sent one after the other, in order; lanes do not wait for one another. */
export type Lane = "slack" | "deployments" | "issues" | "annotations" | "dashboards" | "unknown";

const lanes: Readonly<Record<MessageKind, { readonly lane: Lane; readonly rank: number }>> = {
  // What people must know comes before the details; and replies need the message that they belong to.
  "slack-message": { lane: "slack", rank: 0 },
  "slack-alert": { lane: "slack", rank: 1 },
  "slack-end": { lane: "slack", rank: 2 },
  "slack-line": { lane: "slack", rank: 3 },
  "github-deployment": { lane: "deployments", rank: 0 },
  "github-issue": { lane: "issues", rank: 0 },
  "github-recovery": { lane: "issues", rank: 1 },
  "grafana-annotation": { lane: "annotations", rank: 0 },
  "grafana-dashboards": { lane: "dashboards", rank: 0 },
  unknown: { lane: "unknown", rank: 0 },
};

export function laneOf({ kind }: Pick<Outgoing, "kind">): Lane {
  return lanes[kind].lane;
}

/** Something to be told. */
export interface Draft extends Pick<Outgoing, "id" | "release" | "kind" | "wanted"> {
  readonly line?: number;
  /** Instant. */
  readonly at: number;
}

/** What became of an attempt. */
export type Outcome =
  | { readonly kind: "told"; readonly upTo: number; readonly reference?: Reference | undefined }
  /** `delay`: milliseconds until the next attempt. `uncertain`: it may have come through all the same. */
  | { readonly kind: "failed"; readonly problem: string; readonly delay: number; readonly uncertain: boolean }
  /** Trying again is useless. */
  | { readonly kind: "refused"; readonly problem: string }
  /** It was not its turn any more. */
  | { readonly kind: "untried" };

/** Whether there is something that it has not told. */
export function isPending({ told, wanted }: Pick<Outgoing, "told" | "wanted">): boolean {
  return told === undefined || told < wanted;
}

/** The outbox with something more to be told; what is told under an id already is told anew, as far as there is more to it. */
export function withDraft(outbox: Outbox = emptyOutbox(), { at, ...draft }: Draft): Outbox {
  const deadline = instant(at + triedFor);
  const earlier = outbox.messages.find(({ id }) => id === draft.id);
  if (earlier === undefined) {
    const message: Outgoing = { ...draft, attempts: 0, notBefore: instant(at), deadline };
    return { ...outbox, messages: [...outbox.messages, message] };
  }
  if (earlier.wanted >= draft.wanted) return outbox;
  return replaced(outbox, { ...earlier, wanted: draft.wanted, deadline });
}

export interface Claiming {
  /** Unique in the world. */
  readonly by: string;
  /** Instant. */
  readonly now: number;
  /** Milliseconds until others may have it. */
  readonly claimFor: number;
  /** Whether the claimant can send such a message. */
  readonly can: (kind: MessageKind) => boolean;
}

/** Whether there is something to claim now; else when there may be, an instant; undefined when there is nothing to be sent. */
export function nextDue(outbox: Outbox, { now, can }: Pick<Claiming, "now" | "can">): number | undefined {
  const heads = inOrder(outbox).filter((message, index, all) => {
    const first = all.findIndex((each) => laneOf(each) === laneOf(message));
    return first === index && can(message.kind);
  });
  const due = heads.map((message) => Math.max(now, freeAt(message)));
  return due.length === 0 ? undefined : Math.min(...due);
}

/** The outbox with claims on what is due, and what was claimed. */
export function claimed(
  outbox: Outbox,
  { by, now, claimFor, can }: Claiming,
): { readonly outbox: Outbox; readonly messages: readonly Outgoing[] } {
  const taken: Outgoing[] = [];
  const closed = new Set<Lane>();
  for (const message of inOrder(outbox)) {
    const lane = laneOf(message);
    const full = taken.filter((each) => laneOf(each) === lane).length >= mostClaimed;
    // An earlier try of the same claim may have got through unanswered.
    const ours = message.claim?.by === by;
    if (closed.has(lane) || full || !can(message.kind) || (!ours && freeAt(message) > now)) closed.add(lane);
    else taken.push(ours ? message : claimedBy(message, by, instant(now + claimFor)));
  }
  return { outbox: taken.reduce<Outbox>(replaced, outbox), messages: taken };
}

/** A claim that was never given back is that of a process that died: nobody knows how far it came. */
function claimedBy(message: Outgoing, by: string, until: string): Outgoing {
  const uncertain = message.claim === undefined ? {} : { uncertain: true };
  return { ...message, ...uncertain, claim: { by, until } };
}

/** The outbox with what became of the messages that somebody had claimed. What somebody else has claimed since is left alone. */
export function settled(
  outbox: Outbox,
  { by, now, outcomes }: { readonly by: string; readonly now: number; readonly outcomes: ReadonlyMap<string, Outcome> },
): Outbox {
  return outbox.messages.reduce<Outbox>((box, message) => {
    const outcome = outcomes.get(message.id);
    if (outcome === undefined || message.claim?.by !== by) return box;
    return concluded(box, withoutClaim(message), outcome, now);
  }, outbox);
}

function concluded(outbox: Outbox, message: Outgoing, outcome: Outcome, now: number): Outbox {
  switch (outcome.kind) {
    case "told":
      return replaced(outbox, {
        ...withoutTrouble(message),
        told: Math.max(outcome.upTo, message.told ?? 0),
        ...(outcome.reference === undefined ? {} : { reference: outcome.reference }),
      });
    case "failed":
      return replaced(outbox, {
        ...message,
        attempts: message.attempts + 1,
        notBefore: instant(now + outcome.delay),
        ...(outcome.uncertain ? { uncertain: true } : {}),
        problem: shortened(outcome.problem),
      });
    case "refused":
      return givenUp(outbox, message, now, outcome.problem);
    case "untried":
      return replaced(outbox, message);
  }
}

/**
 * The outbox without what nobody needs any more: messages that were told, unless they are kept; messages past their deadline, and what
 * is too much, which are given up.
 *
 * @param keeps whether something that was told is still needed, for its reference
 */
export function tidied(outbox: Outbox, now: number, keeps: (message: Outgoing) => boolean): Outbox {
  const late = outbox.messages.filter((message) => isPending(message) && Date.parse(message.deadline) <= now);
  const inTime = late.reduce<Outbox>(
    (box, message) => givenUp(box, message, now, `not sent in time: ${message.problem ?? "no run could try"}`),
    outbox,
  );
  const kept = { ...inTime, messages: inTime.messages.filter((message) => isPending(message) || keeps(message)) };
  const leastMissed = kept.messages.toSorted((left, right) => importance(left) - importance(right));
  const excess = leastMissed.slice(0, Math.max(0, kept.messages.length - mostMessages));
  return excess.reduce<Outbox>(
    (box, message) => without(givenUp(box, message, now, "more was to be told than the outbox holds"), message),
    kept,
  );
}

function importance({ kind, told }: Outgoing): number {
  if (kind === "slack-line") return 0;
  return told === undefined ? 2 : 1;
}

/** What was told stays told, and can be told more of later. */
function givenUp(outbox: Outbox, message: Outgoing, now: number, problem: string): Outbox {
  const { id, told } = message;
  const rest =
    told === undefined ? without(outbox, message) : replaced(outbox, { ...withoutTrouble(message), wanted: told });
  if (!isPending(message)) return rest;
  const entry = { id, at: instant(now), problem: shortened(problem) };
  return { ...rest, givenUp: [entry, ...rest.givenUp.filter((each) => each.id !== id)].slice(0, mostGivenUp) };
}

/** What is to be sent: releases in their order, and of each what matters most first. */
function inOrder({ messages }: Outbox): readonly Outgoing[] {
  const releases = [...new Set(messages.map(({ release }) => release))];
  return messages
    .filter(isPending)
    .toSorted(
      (left, right) =>
        releases.indexOf(left.release) - releases.indexOf(right.release) ||
        lanes[left.kind].rank - lanes[right.kind].rank,
    );
}

/** When it may be tried, an instant. */
function freeAt({ notBefore, claim }: Outgoing): number {
  return Math.max(Date.parse(notBefore), claim === undefined ? 0 : Date.parse(claim.until));
}

function withoutClaim(message: Outgoing): Outgoing {
  const rest = { ...message };
  delete rest.claim;
  return rest;
}

function withoutTrouble(message: Outgoing): Outgoing {
  const rest = { ...withoutClaim(message), attempts: 0 };
  delete rest.uncertain;
  delete rest.problem;
  return rest;
}

function replaced(outbox: Outbox, message: Outgoing): Outbox {
  return { ...outbox, messages: outbox.messages.map((each) => (each.id === message.id ? message : each)) };
}

function without(outbox: Outbox, { id }: Outgoing): Outbox {
  return { ...outbox, messages: outbox.messages.filter((each) => each.id !== id) };
}

function shortened(problem: string): string {
  return problem.length > longestProblem ? `${problem.slice(0, longestProblem - 1)}…` : problem;
}

function instant(at: number): string {
  return new Date(at).toISOString();
}
