// Which messages a transition causes. They enter the outbox in the write that makes the transition true, so that no death loses one.
import type { Ledger } from "../../components/ledger/ledger.ts";
import { isUnread } from "../../components/ledger/open.ts";
import { emptyOutbox, type Outbox, type Outgoing } from "../../components/ledger/outbox.ts";
import type { JournalEntry, Reason } from "../../components/ledger/release-record.ts";
import { notificationsOf, type Notifications } from "../../components/release-plan/notifications.ts";
import { isFinal } from "../release/state-machine.ts";
import type { ReleaseRecord } from "../report/story.ts";
import { tidied, withDraft, type Draft } from "./outbox.ts";

/** The ledger with the messages that the way from `before` to `after` causes. Pure, and total: it must not be able to fail a release. */
export function withMessages(before: Ledger, after: Ledger): Ledger {
  const record = movedOn(before, after);
  if (record === undefined) return after;
  const settings = notificationsOf(record.plan);
  // Beside an outbox that only a newer version can read there is no place for another one.
  if (settings === null || isUnread(after, "outbox")) return after;
  const seen = before.current?.id === record.id ? (before.current.journal.at(-1)?.seq ?? 0) : 0;
  const lines = record.journal.filter(({ seq }) => seq > seen);
  const last = lines.at(-1);
  if (last === undefined) return after;
  const filled = lines.reduce<Outbox>(
    (outbox, line) => draftsOf(line, record, settings, outbox).reduce(withDraft, outbox),
    after.outbox ?? emptyOutbox(),
  );
  return { ...after, outbox: tidied(filled, Date.parse(last.at), keeps(after, filled)) };
}

/** The release that `after` knows more of. */
function movedOn(before: Ledger, after: Ledger): ReleaseRecord | undefined {
  if (after.current !== null) return after.current;
  return after.releases.find(({ id }) => id === before.current?.id);
}

/** Told messages of which the reference is still needed. */
export function keeps({ current, releases }: Ledger, outbox: Outbox): (message: Outgoing) => boolean {
  const newest = current?.id ?? releases[0]?.id;
  const served = releases.filter(({ outcome }) => outcome === "released").map(({ id }) => id);
  const closed = outbox.messages.findLastIndex(({ kind, told }) => kind === "github-recovery" && told !== undefined);
  const open = outbox.messages.slice(closed + 1).filter(({ kind }) => kind === "github-issue");
  const newestIssue = open.findLast(({ told }) => told !== undefined);
  return (message) => {
    const { kind, release, id } = message;
    switch (kind) {
      case "slack-message":
        return (
          release === newest || outbox.messages.some((each) => each.kind === "slack-line" && each.release === release)
        );
      case "slack-alert":
      case "grafana-annotation":
        return release === newest;
      // The one before becomes inactive when the next one serves.
      case "github-deployment":
        return release === newest || served.slice(0, 2).includes(release);
      case "github-issue":
        return id === newestIssue?.id;
      // Only a newer version knows what it is needed for.
      case "unknown":
        return true;
      case "slack-line":
      case "slack-end":
      case "github-recovery":
      case "grafana-dashboards":
        return false;
    }
  };
}

function draftsOf(
  line: JournalEntry,
  record: ReleaseRecord,
  settings: Notifications,
  outbox: Outbox,
): readonly Draft[] {
  return [
    ...(settings.slack === null ? [] : slackDrafts(line, record, outbox)),
    ...(settings.github === null ? [] : githubDrafts(line, record, outbox)),
    ...(settings.grafana === null ? [] : grafanaDrafts(line, record, settings.grafana)),
  ];
}

/** Lines that change nothing that people look for in the message. */
const silent: readonly string[] = ["shifted", "quarantined"];

/** Lines worth a reply in the message's thread. */
const detailed: readonly string[] = [
  "smoke-passed",
  "step-passed",
  "approved",
  "warned",
  "unconfirmed",
  "failed",
  "held",
  "resumed",
  "taken-over",
  "return-confirmed",
  "return-unconfirmed",
  "return-contradicted",
  "capacity-lost",
  "pods-kept",
  "rollback-too-late",
  "noted",
];

function slackDrafts(line: JournalEntry, { id: release }: ReleaseRecord, outbox: Outbox): readonly Draft[] {
  const { event, seq } = line;
  const draft = drafting(line, release);
  const alert = outbox.messages.findLast((each) => each.kind === "slack-alert" && each.release === release);
  const trouble = event === "failed" || event === "held";
  return [
    ...(silent.includes(event) ? [] : [draft("slack-message", "slack/message")]),
    ...(trouble ? [draft("slack-alert", `slack/alert-${seq}`, { line: seq })] : []),
    ...(!trouble && alert !== undefined && !silent.includes(event)
      ? [{ ...draft("slack-alert", ""), id: alert.id }]
      : []),
    ...(detailed.includes(event) ? [draft("slack-line", `slack/line-${seq}`, { line: seq })] : []),
    ...(isFinal(line.phase) ? [draft("slack-end", "slack/end")] : []),
  ];
}

/** Ends that people asked for are no defects. */
const asked: readonly Reason[] = ["manual", "superseded"];

function githubDrafts(
  line: JournalEntry,
  { id: release, change, state }: ReleaseRecord,
  outbox: Outbox,
): readonly Draft[] {
  const draft = drafting(line, release);
  const over = isFinal(line.phase);
  const wentBack = over && line.phase !== "released";
  const closes = outbox.messages.findLastIndex(({ kind }) => kind === "github-recovery");
  const hasIssue = outbox.messages.slice(closes + 1).some(({ kind }) => kind === "github-issue");
  return [
    // A deployment is of a commit.
    ...(change !== undefined && (over || line.seq === 1) ? [draft("github-deployment", "github/deployment")] : []),
    ...(wentBack && !(state.cause !== undefined && asked.includes(state.cause.reason))
      ? [draft("github-issue", "github/issue")]
      : []),
    ...(line.phase === "released" && hasIssue ? [draft("github-recovery", "github/recovery")] : []),
  ];
}

function grafanaDrafts(
  line: JournalEntry,
  { id: release, change }: ReleaseRecord,
  { dashboards }: NonNullable<Notifications["grafana"]>,
): readonly Draft[] {
  const draft = drafting(line, release);
  const over = isFinal(line.phase);
  const wentBack = over && line.phase !== "released";
  return [
    ...(over || line.seq === 1 ? [draft("grafana-annotation", "grafana/annotation")] : []),
    // Their history tells the versions of a commit.
    ...(wentBack && dashboards.length > 0 && change !== undefined
      ? [draft("grafana-dashboards", "grafana/dashboards")]
      : []),
  ];
}

type Drafting = (kind: Draft["kind"], what: string, more?: { readonly line: number }) => Draft;

function drafting({ seq, at }: JournalEntry, release: string): Drafting {
  return (kind, what, more) => ({ id: `${release}/${what}`, release, kind, wanted: seq, at: Date.parse(at), ...more });
}
